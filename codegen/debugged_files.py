"""Chooses which files a debugger is shown in full."""

import json
import posixpath
from collections.abc import Iterable, Mapping, Sequence

from codegen.failure_classes import is_test_file
from codegen.import_graph import ImportGraph
from core.artifacts.failure import Failure, FailureClass
from core.artifacts.structure import FileContract, FileStructure

_MANIFESTS = frozenset(
    {
        *("pyproject.toml", "requirements.txt", "requirements-dev.txt", "setup.cfg", "pytest.ini"),
        *("package.json", "tsconfig.json", "vite.config.ts", "vite.config.js", "svelte.config.js"),
        *("jest.config.js", "vitest.config.ts", "go.mod"),
    }
)


def files_to_show(
    texts: Mapping[str, str],
    graph: ImportGraph,
    focus: Sequence[Failure],
    structure: FileStructure,
    room: int,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files that a debugger should see, the likeliest first.

    They are those in the trace, the test's own, for dependencies the manifests; then those whose
    contracts are about the same requirements and entities as the failing tests, because a test that
    asks over HTTP imports nothing of what answers; then what all these import and what imports
    them, step by step outwards.

    Args:
        texts: every file of the repository by its path.
        graph: its imports.
        focus: what is to be mended.
        structure: the contracts and the planned tests.
        room: most characters, as the files stand in the prompt.

    Returns:
        The files that fit, and those involved themselves that do not.
    """
    involved = _involved(texts, focus)
    related = [path for path in _related(focus, structure) if path in texts]
    shown: list[str] = []
    for path in _outwards([*involved, *related], graph):
        size = _size(path, texts[path])
        if size <= room:
            shown.append(path)
            room -= size
    return tuple(shown), tuple(path for path in involved if path not in shown)


def _involved(texts: Mapping[str, str], focus: Sequence[Failure]) -> list[str]:
    paths = [path for failure in focus for path in (*failure.files, failure.test_path)]
    known = [path for path in dict.fromkeys(paths) if path in texts]
    classes = {failure.failure_class for failure in focus}
    if FailureClass.DEPENDENCY in classes or not known:
        manifests = sorted(path for path in texts if posixpath.basename(path) in _MANIFESTS)
        known += [path for path in manifests if path not in known]
    return known


def _related(focus: Sequence[Failure], structure: FileStructure) -> list[str]:
    """Files of the code by how much of what the failing tests are about they are about, too."""
    contracts = {file.path: file for file in structure.files}
    requirements: set[str] = set()
    entities: set[str] = set()
    for failure in focus:
        planned = {
            test.requirement
            for test in structure.tests
            if test.path == failure.test_path and test.case in failure.test
        }
        test_file = contracts.get(failure.test_path)
        requirements |= planned or set(test_file.requirements if test_file else ())
        entities |= set(test_file.entities if test_file else ())
    scores = {
        file.path: _score(file, requirements, entities)
        for file in structure.files
        if not is_test_file(file.path)
    }
    return sorted((path for path in scores if scores[path]), key=lambda path: -scores[path])


def _score(file: FileContract, requirements: set[str], entities: set[str]) -> int:
    """Entities tell more: a requirement can concern half of the repository."""
    return len(requirements & set(file.requirements)) + 2 * len(entities & set(file.entities))


def _outwards(start: Sequence[str], graph: ImportGraph) -> Iterable[str]:
    """Files, then what they import, then what imports those of the code, and so on."""
    seen = dict.fromkeys(start)
    ring = list(seen)
    yield from ring
    while ring:
        near = [other for path in ring for other in graph.used_by(path)]
        near += [
            other
            for path in ring
            if not is_test_file(path)
            for other in sorted(graph.importers_of(path), key=is_test_file)
        ]
        ring = [path for path in dict.fromkeys(near) if path not in seen]
        seen.update(dict.fromkeys(ring))
        yield from ring


def _size(path: str, text: str) -> int:
    """Characters of a file as a prompt shows it, as JSON."""
    return len(json.dumps({"path": path, "content": text}, ensure_ascii=False)) + 8
