"""Holds a structure to what was asked for: all of it has a file, and nothing else is named."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath

from codegen.issues import Problem
from codegen.source.languages import SCRIPTS, Language, language_of
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileContract, FileStructure, PlannedModule, PlannedTest

_NO_CODE = frozenset(
    {Language.JSON, Language.YAML, Language.TOML, Language.MARKDOWN, Language.DOCKERFILE}
)
_TESTS = re.compile(r"(?:^|/)(?:tests?|__tests__)/|(?:\.(?:test|spec)\.\w+|_test\.go)$")
"""Files of tests wherever they lie; `app/models/test_result.py` may keep results of tests."""
_PROSE = frozenset({"", "plain", "plaintext", "rst", "text", "txt"})
_PYTHON_CASE = re.compile(r"(?:Test\w*(?:::|\.))*test\w*")
_SCRIPT_TEST = re.compile(r"[.-](?:test|spec)\.\w+$|(?:^|/)(?:tests?|__tests__)/|^(?:.*/)?test-")


def stranger_problems(
    spec: CleanSpec, schema: Schema, items: Iterable[FileContract | PlannedModule | PlannedTest]
) -> Iterator[Problem]:
    """Requirements, entities and endpoints that files, modules or tests name and nobody knows."""
    requirements = {item.id for item in spec.requirements}
    entities = {item.name for item in spec.entities} | {item.name for item in schema.entities}
    endpoints = {item.id for item in schema.endpoints}
    for item in items:
        if isinstance(item, PlannedTest):
            named = (("requirement", (item.requirement,), requirements),)
            place = item.path
        else:
            served = item.endpoints if isinstance(item, FileContract) else ()
            named = (
                ("requirement", item.requirements, requirements),
                ("entity", item.entities, entities),
                ("endpoint", served, endpoints),
            )
            place = item.path if isinstance(item, FileContract) else item.name
        for kind, names, known in named:
            for name in names:
                if name not in known:
                    yield Problem(
                        place,
                        f"it names the {kind} {name!r}, which there is not",
                        f"Name an {kind} exactly as it is given, or leave it out."
                        if kind != "requirement"
                        else "Name an existing one, or leave it out.",
                    )


def ownership_problems(
    spec: CleanSpec, schema: Schema, structure: FileStructure
) -> Iterator[Problem]:
    """Requirements, entities and endpoints that no file has, or more than one must not have.

    Code has them, and neither tests, documents nor files from templates: these say that something
    is there, and it would not be. A requirement that is about no entity, as that there be a manual,
    may also be met by a file that is no code.
    """
    paths = {file.path for file in structure.files}
    code = _code_of(structure)
    coded = {number for file in code for number in file.requirements}
    named = {
        number
        for file in structure.files
        if not _TESTS.search(file.path)
        for number in file.requirements
    }
    held = {name for file in code for name in file.entities}
    tested = {test.requirement for test in structure.tests if test.path in paths}
    for requirement in spec.requirements:
        if requirement.id not in (coded if requirement.entities else named):
            yield Problem(
                requirement.id,
                "no file serves it",
                "Name it in the requirements of a file of code that is no test.",
            )
        if requirement.id not in tested:
            yield Problem(
                requirement.id,
                "no acceptance test is planned for it",
                "Plan one in a test file.",
            )
    for entity in schema.entities:
        if entity.name not in held:
            yield Problem(
                entity.name,
                "no file holds this entity",
                "Name it in the entities of a file of code that is no test.",
            )
    yield from _endpoint_problems(schema, structure)


def _endpoint_problems(schema: Schema, structure: FileStructure) -> Iterator[Problem]:
    servers: defaultdict[str, list[str]] = defaultdict(list)
    code = {file.path for file in _code_of(structure)}
    for file in sorted(structure.files, key=lambda file: file.path not in code):
        for name in dict.fromkeys(file.endpoints):
            servers[name].append(file.path)
    for endpoint in schema.endpoints:
        paths = servers[endpoint.id]
        if not code.intersection(paths):
            yield Problem(
                endpoint.id,
                "no file serves this endpoint",
                "Name it in the endpoints of one file of code that is no test.",
            )
        for path in paths[1:]:
            yield Problem(
                path,
                f"it serves {endpoint.id!r}, which {paths[0]!r} serves already",
                "Let one of the two serve it, and take it out of the other's endpoints.",
            )


def _code_of(structure: FileStructure) -> list[FileContract]:
    """The files that a model writes as a part of the product that runs."""
    tested = {test.path for test in structure.tests}
    return [file for file in structure.files if file.path not in tested and _is_code(file)]


def _is_code(file: FileContract) -> bool:
    if file.template or _TESTS.search(file.path):
        return False
    language = language_of(file.path, file.language)
    if language is None:  # a language that nothing here reads, as of a shell, or prose
        return file.language.casefold() not in _PROSE
    return language not in _NO_CODE


def planned_test_problems(
    files: Iterable[FileContract], tests: Iterable[PlannedTest]
) -> Iterator[Problem]:
    """Planned tests that no runner would find, or that nobody would write.

    Args:
        files: those that may hold them.
        tests: as planned.
    """
    known = {file.path: file for file in files}
    for test in tests:
        if test.path not in known:
            yield Problem(
                test.path, f"the test {test.case!r} is planned in no file", "Add the file."
            )
        elif known[test.path].template:
            yield Problem(
                test.path,
                f"the test {test.case!r} is planned in a file that a template serves",
                "Plan it in a test file of its own.",
            )
        else:
            yield from _unfound(test, language_of(test.path, known[test.path].language))


def _unfound(test: PlannedTest, language: Language | None) -> Iterator[Problem]:
    """What pytest, Node's runners and Go take for a test, by their documentation."""
    name = PurePosixPath(test.path).name
    found, form = True, ""
    if language is Language.PYTHON:
        found = name.startswith("test_") or name.endswith("_test.py")
        form = "'test_….py'"
        if not _PYTHON_CASE.fullmatch(test.case):
            yield Problem(
                test.path,
                f"the test {test.case!r} has no name that pytest runs",
                "Name it 'test_' and what it shows, in snake case.",
            )
    elif language is Language.GO:
        found, form = name.endswith("_test.go"), "'…_test.go'"
    elif language in SCRIPTS:
        found, form = bool(_SCRIPT_TEST.search(test.path)), "'….test.js' or '….test.ts'"
    if not found:
        yield Problem(
            test.path,
            f"the test {test.case!r} is planned in a file that no test runner takes for one",
            f"Call the file {form}.",
        )
