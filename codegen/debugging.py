"""Chooses what a debugger is shown: which failures, and which files in full."""

import json
import posixpath
from collections.abc import Collection, Iterable, Mapping, Sequence

from codegen.failure_classes import is_test_file
from codegen.import_graph import ImportGraph
from core.artifacts.failure import Failure, FailureClass

SHOWN_IN_FULL = 6
"""Failures of one prompt that are told in the runner's own words."""

SHOWN_BY_NAME = 20
"""Further failures that are named in a line each."""

_ACCOUNT_CHARACTERS = 3_000
_LINE_CHARACTERS = 200
_MANIFESTS = frozenset(
    {
        *("pyproject.toml", "requirements.txt", "requirements-dev.txt", "setup.cfg", "pytest.ini"),
        *("package.json", "tsconfig.json", "vite.config.ts", "vite.config.js", "svelte.config.js"),
        *("jest.config.js", "vitest.config.ts", "go.mod"),
    }
)


def mendable(failures: Iterable[Failure]) -> tuple[Failure, ...]:
    """The failures that an edit could mend: all but those of the machine the tests ran on."""
    return tuple(
        failure for failure in failures if failure.failure_class is not FailureClass.ENVIRONMENT
    )


def focus_of(failures: Sequence[Failure]) -> tuple[Failure, ...]:
    """The first failure, and those that likely have the same cause, at most `SHOWN_IN_FULL`.

    They broke at the same place, or with the same error and words.
    """
    if not failures:
        return ()
    first = failures[0]
    alike = [failure for failure in failures[1:] if _are_alike(first, failure)]
    return (first, *alike[: SHOWN_IN_FULL - 1])


def _are_alike(first: Failure, other: Failure) -> bool:
    places = [
        (failure.frames[-1].path, failure.frames[-1].function) if failure.frames else None
        for failure in (first, other)
    ]
    if places[0] is not None and places[0] == places[1] and not is_test_file(places[0][0]):
        return True
    return bool(first.message) and (first.error, first.message) == (other.error, other.message)


def label_of(failure: Failure) -> str:
    """A failure by its test, as `tests/test_tasks.py::test_lists_tasks`, on one line."""
    place = f"{failure.test_path}::" if failure.test_path else ""
    name = failure.test.removeprefix(place)
    return " ".join(f"{place}{name}".split())[:_LINE_CHARACTERS]


def failure_text(focus: Sequence[Failure], others: Sequence[Failure], unseen: Sequence[str]) -> str:
    """The failures as the debugger is told them: some in full, others by name.

    Args:
        focus: what is to be mended.
        others: what fails besides.
        unseen: files involved that are too long to be shown.
    """
    parts = [_told(failure) for failure in focus]
    if others:
        lines = [f"- {label_of(failure)}: {_first_line(failure)}" for failure in others]
        more = len(lines) - SHOWN_BY_NAME
        lines = [*lines[:SHOWN_BY_NAME], *([f"- … and {more} more"] if more > 0 else [])]
        parts.append("These fail as well, perhaps for the same reason:\n" + "\n".join(lines))
    if unseen:
        parts.append(f"Too long to be shown here: {', '.join(unseen)}.")
    return "\n\n".join(parts)


def _told(failure: Failure) -> str:
    head = f"{label_of(failure)} failed in {failure.step}."
    account = (failure.account or failure.message).strip()[:_ACCOUNT_CHARACTERS]
    return "\n".join(filter(None, [head, *failure.reasons, account]))


def _first_line(failure: Failure) -> str:
    said = f"{failure.error}: {failure.message}" if failure.error else failure.message
    return " ".join((said.strip().splitlines() or [""])[0].split())[:_LINE_CHARACTERS]


def files_to_show(
    texts: Mapping[str, str], graph: ImportGraph, focus: Sequence[Failure], room: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Files that a debugger should see, the likeliest first.

    They are those in the trace, the test's own, for dependencies the manifests, then what these
    import, then what imports them.

    Args:
        texts: every file of the repository by its path.
        graph: its imports.
        focus: what is to be mended.
        room: most characters, as the files stand in the prompt.

    Returns:
        The files that fit, and those involved themselves that do not.
    """
    involved = _involved(texts, focus)
    near = [other for path in involved for other in graph.imported_by(path)]
    users = [
        other
        for path in involved
        if not is_test_file(path)
        for other in sorted(graph.importers_of(path), key=is_test_file)
    ]
    shown: list[str] = []
    for path in dict.fromkeys([*involved, *near, *users]):
        size = _size(path, texts[path])
        if size <= room:
            shown.append(path)
            room -= size
    return tuple(shown), tuple(path for path in involved if path not in shown)


def _involved(texts: Mapping[str, str], focus: Sequence[Failure]) -> list[str]:
    paths = [path for failure in focus for path in (*failure.files, failure.test_path)]
    manifests = sorted(path for path in texts if posixpath.basename(path) in _MANIFESTS)
    classes = {failure.failure_class for failure in focus}
    known = [path for path in dict.fromkeys(paths) if path in texts]
    if FailureClass.DEPENDENCY in classes or not known:
        known += [path for path in manifests if path not in known]
    return known


def _size(path: str, text: str) -> int:
    """Characters of a file as a prompt shows it, as JSON."""
    return len(json.dumps({"path": path, "content": text}, ensure_ascii=False)) + 8


def tests_with_failures(failures: Iterable[Failure], known: Collection[str]) -> frozenset[str]:
    """Test files in which something failed."""
    return frozenset(failure.test_path for failure in failures if failure.test_path in known)
