"""Reads the events of `go test -json`, which the tested code could have printed as well."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import BaseModel, Field, ValidationError

from codegen.runners.accounts import own_account
from codegen.test_results import MAX_BYTES
from codegen.tracebacks import shortened
from core.artifacts.report import TestCaseResult, TestOutcome
from core.errors import UnreadableResultsError
from core.printable import printable, stable_text

MAX_CASES = 100_000
"""Most tests of a report."""

_NAME_CHARACTERS = 500
_OUTCOMES = {
    "pass": TestOutcome.PASSED,
    "fail": TestOutcome.FAILED,
    "skip": TestOutcome.SKIPPED,
}
_MARKER = re.compile(r"\s*(?:=== (?:RUN|PAUSE|CONT|NAME)|--- (?:PASS|FAIL|SKIP):)")
_PLACE = re.compile(r"(?m)^([ \t]*)([\w.-]+\.go)(?=:\d+: )")
_TEST_FILE = re.compile(r"(?<![\w./-])([\w./-]*_test\.go):\d+")
_TEST = re.compile(r"(?m)^func ((?:Test|Example|Fuzz)\w*)\(")
_BUILD = re.compile(r"# (\S+)")


class _Event(BaseModel):
    action: str = Field(alias="Action")
    package: str = Field(default="", alias="Package")
    test: str = Field(default="", alias="Test")
    output: str = Field(default="", alias="Output")
    elapsed: float = Field(default=0.0, alias="Elapsed")


@dataclass(slots=True)
class _Test:
    outcome: TestOutcome = TestOutcome.ERROR
    seconds: float = 0.0
    lines: list[str] = field(default_factory=list[str])


def read_go(
    document: bytes,
    printed: str,
    paths: Mapping[str, str],
    files: Mapping[str, str],
    *,
    module: str,
    folder: str = "",
) -> tuple[TestCaseResult, ...]:
    """Read the tests of a Go module; a package that cannot be built is a case of its own.

    Args:
        document: the events, a JSON object a line; other lines are what programs print between.
        printed: what the command printed beside them, where the compiler's errors are.
        paths: what to write instead of certain absolute folders; see `stable_text`.
        files: texts of the repository's files by path, which say where each test stands.
        module: the module's import path.
        folder: the module's folder in the repository.

    Raises:
        UnreadableResultsError: it is larger than a report should be.
    """
    if len(document) > MAX_BYTES:
        limit = MAX_BYTES // (1024 * 1024)
        raise UnreadableResultsError(f"the test results are larger than {limit} MiB")
    tests: dict[tuple[str, str], _Test] = {}
    for event in _events(document):
        _take(event, tests)
        if len(tests) > MAX_CASES:
            raise UnreadableResultsError(f"the test results have over {MAX_CASES} cases")
    places = _places(files)
    cases = [
        _case(package, name, test, paths, _package_folder(package, module, folder), places)
        for (package, name), test in tests.items()
        if name or test.outcome is TestOutcome.FAILED
    ]
    failed = {package for package, name in tests if name}
    explained = [case for case in cases if case.name not in failed]
    return (*explained, *read_builds(printed, paths, folder))


def _events(document: bytes) -> Iterator[_Event]:
    for line in document.splitlines():
        try:
            yield _Event.model_validate(json.loads(line))
        except (ValidationError, ValueError, RecursionError):
            continue  # what a test printed, or Go about a package that does not build


def _take(event: _Event, tests: dict[tuple[str, str], _Test]) -> None:
    test = tests.setdefault((event.package, event.test), _Test())
    if event.action == "output" and not _MARKER.match(event.output):
        test.lines.append(event.output)
    elif event.action in _OUTCOMES:
        test.outcome = _OUTCOMES[event.action]
        test.seconds = event.elapsed if math.isfinite(event.elapsed) and event.elapsed > 0 else 0.0


def _places(files: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """The file of each test, by its folder and its function.

    Go never says it of a test that passes, but a folder has each function only once.
    """
    return {
        (path.rpartition("/")[0], name): path
        for path, text in files.items()
        if path.endswith("_test.go")
        for name in _TEST.findall(text)
    }


def _case(
    package: str,
    name: str,
    test: _Test,
    paths: Mapping[str, str],
    folder: str,
    places: Mapping[tuple[str, str], str],
) -> TestCaseResult:
    prefix = f"{folder}/" if folder else ""
    said = _PLACE.sub(rf"\g<1>{prefix}\g<2>", stable_text("".join(test.lines), paths))
    printed = _TEST_FILE.search(said)
    path = places.get((folder, name.partition("/")[0])) or (printed[1] if printed else "")
    ended = "" if test.outcome is not TestOutcome.ERROR else "The test did not end.\n"
    text = "" if test.outcome is TestOutcome.PASSED else ended + said
    return TestCaseResult(
        name=printable(name.replace("/", "::") or package)[:_NAME_CHARACTERS].strip() or "unnamed",
        path="" if path.startswith("/") else path[:_NAME_CHARACTERS],
        outcome=test.outcome if name else TestOutcome.ERROR,
        seconds=test.seconds,
        message=own_account(text, "go"),
    )


def _package_folder(package: str, module: str, folder: str) -> str:
    """The folder of a package in the repository."""
    inside = package[len(module) + 1 :] if package.startswith(f"{module}/") else ""
    return "/".join(part for part in (folder, inside) if part)


def read_builds(printed: str, paths: Mapping[str, str], folder: str) -> Iterator[TestCaseResult]:
    """A case for each package the compiler refuses, and one for what keeps Go from starting.

    Args:
        printed: what the command printed.
        paths: what to write instead of certain absolute folders; see `stable_text`.
        folder: the module's folder in the repository.
    """
    package, lines = "go build", list[str]()
    for line in [*stable_text(printed, paths).splitlines(), "# end"]:
        if heading := _BUILD.match(line):
            if any(text.strip() for text in lines):
                yield _build(package, lines, folder)
            package, lines = heading[1], []
        elif not line.startswith("go: downloading"):
            lines.append(line)


def _build(package: str, lines: list[str], folder: str) -> TestCaseResult:
    prefix = f"{folder}/" if folder else ""
    places = [re.sub(r"^(?:\./)?(?=[\w./-]+\.go:\d+)", prefix, line) for line in lines]
    return TestCaseResult(
        name=printable(package)[:_NAME_CHARACTERS].strip() or "unnamed",
        outcome=TestOutcome.ERROR,
        message=shortened("\n".join(places).strip()),
    )
