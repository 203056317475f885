"""Reads the reports of jest, vitest and mocha, which the tested code could have written as well."""

import json
import math
from collections.abc import Collection, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TypeVar

from pydantic import BaseModel, Field, ValidationError

from codegen.runners.accounts import own_account
from codegen.test_results import MAX_BYTES
from core.artifacts.report import TestCaseResult, TestOutcome
from core.errors import UnreadableResultsError
from core.printable import printable, stable_text

MAX_CASES = 100_000
"""Most test cases of a report."""

_NAME_CHARACTERS = 500
_Report = TypeVar("_Report", bound=BaseModel)
_OUTCOMES = {
    "passed": TestOutcome.PASSED,
    "failed": TestOutcome.FAILED,
    "pending": TestOutcome.SKIPPED,
    "skipped": TestOutcome.SKIPPED,
    "disabled": TestOutcome.SKIPPED,
    "todo": TestOutcome.SKIPPED,
}


class _JestCase(BaseModel):
    title: str = ""
    groups: list[str] = Field(default=[], alias="ancestorTitles")
    status: str
    duration: float | None = None  # in milliseconds
    messages: list[str] | None = Field(default=None, alias="failureMessages")


class _JestFile(BaseModel):
    path: str = Field(alias="name")
    status: str
    message: str = ""
    cases: list[_JestCase] = Field(alias="assertionResults")


class _JestReport(BaseModel):
    files: list[_JestFile] = Field(alias="testResults")


class _MochaError(BaseModel):
    message: str = ""
    stack: str = ""


class _MochaCase(BaseModel):
    title: str = ""
    full_title: str = Field(default="", alias="fullTitle")
    file: str | None = None
    duration: float | None = None  # in milliseconds
    error: _MochaError = Field(default=_MochaError(), alias="err")


class _MochaReport(BaseModel):
    tests: list[_MochaCase]
    pending: list[_MochaCase] = []
    failures: list[_MochaCase] = []
    passes: list[_MochaCase] = []


def read_jest(document: bytes, paths: Mapping[str, str]) -> tuple[TestCaseResult, ...]:
    """Read what `jest --json` wrote, or vitest's reporter `json`; a case a test.

    A file that could not be loaded is a case of its own, named by its path.

    Args:
        document: the report.
        paths: what to write instead of certain absolute folders; see `stable_text`.

    Raises:
        UnreadableResultsError: it is no such report, or larger than one should be.
    """
    report = _parse(document, _JestReport)
    return _bounded(case for file in report.files for case in _jest_cases(file, paths))


def _jest_cases(file: _JestFile, paths: Mapping[str, str]) -> Iterator[TestCaseResult]:
    path = _tree_path(stable_text(file.path, paths))
    for case in file.cases:
        yield TestCaseResult(
            name=_name([*case.groups, case.title]),
            path=path,
            outcome=_OUTCOMES.get(case.status, TestOutcome.ERROR),
            seconds=_seconds(case.duration),
            message=_account("\n".join(case.messages or []), paths),
        )
    if file.status == "failed" and all(case.status != "failed" for case in file.cases):
        yield TestCaseResult(
            name=path or "a test file",
            path=path,
            outcome=TestOutcome.ERROR,
            message=_account(file.message or "The file could not be run.", paths),
        )


def read_mocha(document: bytes, paths: Mapping[str, str]) -> tuple[TestCaseResult, ...]:
    """Read what mocha's reporter `json` wrote; a hook that failed is a case of its own.

    Args:
        document: the report.
        paths: what to write instead of certain absolute folders; see `stable_text`.

    Raises:
        UnreadableResultsError: it is no such report, or larger than one should be.
    """
    report = _parse(document, _MochaReport)
    skipped = frozenset((case.full_title, case.file) for case in report.pending)
    known = frozenset((case.full_title, case.file) for case in report.tests)
    hooks = [case for case in report.failures if (case.full_title, case.file) not in known]
    return _bounded(_mocha_case(case, skipped, paths) for case in [*report.tests, *hooks])


def _mocha_case(
    case: _MochaCase, skipped: Collection[tuple[str, str | None]], paths: Mapping[str, str]
) -> TestCaseResult:
    failed = bool(case.error.message or case.error.stack)
    outcome = TestOutcome.PASSED
    if failed:
        hook = case.title.startswith('"')  # as in `"before all" hook for "adds"`
        outcome = TestOutcome.ERROR if hook else TestOutcome.FAILED
    elif (case.full_title, case.file) in skipped:
        outcome = TestOutcome.SKIPPED
    groups = case.full_title.removesuffix(case.title).strip()
    return TestCaseResult(
        name=_name([groups, case.title]),
        path=_tree_path(stable_text(case.file or "", paths)),
        outcome=outcome,
        seconds=_seconds(case.duration),
        message=_account(case.error.stack or case.error.message, paths),
    )


def _account(text: str, paths: Mapping[str, str]) -> str:
    """A JavaScript error, fit for a report."""
    return own_account(stable_text(text, paths), "npm")


def _tree_path(text: str) -> str:
    """A path relative to the tree, or nothing when it is not one."""
    path = PurePosixPath(text.removeprefix("file://"))
    inside = text and not path.is_absolute() and ".." not in path.parts
    return printable(str(path))[:_NAME_CHARACTERS] if inside else ""


def _parse(document: bytes, kind: type[_Report]) -> _Report:
    if len(document) > MAX_BYTES:
        limit = MAX_BYTES // (1024 * 1024)
        raise UnreadableResultsError(f"the test results are larger than {limit} MiB")
    try:
        return kind.model_validate(json.loads(document))
    except (ValidationError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise UnreadableResultsError(f"the test results have another form: {first}") from error
    except ValueError as error:
        raise UnreadableResultsError(f"the test results are not JSON: {error}") from error


def _bounded(cases: Iterator[TestCaseResult]) -> tuple[TestCaseResult, ...]:
    read: list[TestCaseResult] = []
    for case in cases:
        if len(read) == MAX_CASES:
            raise UnreadableResultsError(f"the test results have over {MAX_CASES} cases")
        read.append(case)
    return tuple(read)


def _name(parts: list[str]) -> str:
    name = printable("::".join(part for part in parts if part))
    return name[:_NAME_CHARACTERS].strip() or "unnamed"


def _seconds(milliseconds: float | None) -> float:
    if milliseconds is None or not math.isfinite(milliseconds) or milliseconds < 0:
        return 0.0
    return milliseconds / 1000
