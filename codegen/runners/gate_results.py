"""What one step of the gate showed: a case for each thing that is wrong with the repository."""

import ast
import json
from collections.abc import Mapping, Sequence
from typing import TypeVar

from pydantic import Field, TypeAdapter, ValidationError

from codegen.failure_message import error_of
from codegen.runners.accounts import own_account
from codegen.runners.frames import read_frames
from codegen.runners.results import StepResult, StepRun, ending_problem, whole_case
from codegen.source.syntax import python_tree
from codegen.test_results import MAX_BYTES
from core.artifacts.base import Part
from core.artifacts.report import TestCaseResult, TestOutcome
from core.artifacts.run_plan import ReportFormat, Step
from core.errors import UnreadableResultsError
from core.printable import printable, stable_text

MAX_CASES = 10_000
"""Most findings of a report that are read; the rest follow from the first, or from bad luck."""

_T = TypeVar("_T")


def gate_result(
    step: Step, run: StepRun, paths: Mapping[str, str], files: Mapping[str, str]
) -> StepResult:
    """Read what a step of the gate wrote, and judge it.

    Args:
        step: what was run.
        run: how it ended.
        paths: what to write instead of certain absolute folders; see `stable_text`.
        files: texts of the repository's files by path.
    """
    output = stable_text(run.output, paths)
    cases: tuple[TestCaseResult, ...] = ()
    reason = ending_problem(step, run)
    if not reason:
        try:
            cases = _READERS[step.report](step, run.report, paths, files)
            reason = _judge(step, cases, run.exit_code)
        except UnreadableResultsError as error:
            reason = f"{step.name} ended with exit code {run.exit_code}, but {error}."
    if reason and all(case.outcome is TestOutcome.SKIPPED for case in cases):
        cases = (*cases, whole_case(step, reason, output))
    return StepResult(step=step, reason=reason, cases=cases, output=output)


def _judge(step: Step, cases: Sequence[TestCaseResult], exit_code: int) -> str:
    if reason := gate_reason(step, cases):
        return reason
    # Where no finding counts, neither does the exit code that tells of some.
    return "" if exit_code in {0, 1} else f"{step.name} ended with exit code {exit_code}."


def gate_reason(step: Step, cases: Sequence[TestCaseResult]) -> str:
    """What a step of the gate found, in a sentence; nothing where it found nothing."""
    bad = [case for case in cases if case.outcome is TestOutcome.ERROR]
    if not bad:
        return ""
    places = list(dict.fromkeys(case.path for case in bad if case.path))
    shown = ", ".join(places[:5]) + (f" and {len(places) - 5} more" if len(places) > 5 else "")
    many = "1 error" if len(bad) == 1 else f"{len(bad)} errors"
    return f"{step.name}: {many} in {shown}." if shown else f"{step.name}: {many}."


class _Loaded(Part):
    path: str
    kind: str
    account: str


class _LoadReport(Part):
    findings: list[_Loaded]


_SKIPPED = frozenset({"program", "late"})
"""A module that ends the process or goes on for ever is a program, and nothing imports it."""


def _read_load(
    step: Step, document: bytes, paths: Mapping[str, str], files: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    report = _parsed(TypeAdapter(_LoadReport), document)
    prefix = f"{step.folder}/" if step.folder else ""
    cases: dict[object, TestCaseResult] = {}
    for finding in report.findings[:MAX_CASES]:
        path = prefix + finding.path
        if finding.kind in _SKIPPED or finding.kind == "ended":
            told = f"{path}: when it is imported, {finding.account}."
            outcome = TestOutcome.SKIPPED if finding.kind in _SKIPPED else TestOutcome.ERROR
            cases[path] = _case(path, path, outcome, told)
            continue
        account = own_account(stable_text(finding.account, paths), "python")
        frames = read_frames(account, known=files, folder=step.folder, ecosystem="python")
        place = frames[-1] if frames else None
        # One module that cannot be loaded takes all with it that import it.
        key = (place, error_of(account, "python"))
        cause = place.path if place else path
        known = cases.get(key)
        if known is None or path == cause:
            cases[key] = _case(f"load {cause}", cause, TestOutcome.ERROR, account)
    return tuple(cases.values())


class _Location(Part):
    row: int = 0
    column: int = 0


class _RuffFinding(Part):
    code: str | None = None
    path: str = Field(alias="filename")
    message: str = ""
    location: _Location = _Location()


def _read_ruff(
    step: Step, document: bytes, paths: Mapping[str, str], files: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    findings = _parsed(TypeAdapter(list[_RuffFinding]), document)
    cases: list[TestCaseResult] = []
    for finding in findings[:MAX_CASES]:
        path = stable_text(finding.path, paths)
        if finding.code in {None, "invalid-syntax"}:
            continue  # the load check compiles every file, and Python itself has the last word
        if finding.code == "F821" and _in_string(files.get(path, ""), finding.location):
            continue
        told = f"{path}:{finding.location.row}: {finding.code} {finding.message}"
        name = f"{finding.code} {finding.message}"
        cases.append(_case(printable(name)[:300], path, TestOutcome.ERROR, printable(told)))
    return tuple(cases)


def _in_string(text: str, place: _Location) -> bool:
    """Whether a place is in a string, as an annotation in quotes is.

    Nobody need define what stands there: mappers such as SQLAlchemy's look such names up among
    their own classes.
    """
    try:
        tree = python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    # Before Python 3.12, the parts of an f-string have the place of all of it.
    parts = {
        id(value)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for value in node.values
    }
    spot = (place.row, place.column - 1)
    return any(
        (node.lineno, node.col_offset) <= spot < (node.end_lineno or 0, node.end_col_offset or 0)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts
    )


def _case(name: str, path: str, outcome: TestOutcome, message: str) -> TestCaseResult:
    return TestCaseResult(name=name, path=path, outcome=outcome, message=message)


def _parsed(adapter: TypeAdapter[_T], document: bytes) -> _T:
    if not document:
        raise UnreadableResultsError("it wrote no results")
    if len(document) > MAX_BYTES:
        limit = MAX_BYTES // (1024 * 1024)
        raise UnreadableResultsError(f"its results are larger than {limit} MiB")
    try:
        return adapter.validate_python(json.loads(document))
    except (ValidationError, RecursionError) as error:
        first = str(error).splitlines()[0]
        raise UnreadableResultsError(f"its results have another form: {first}") from error
    except ValueError as error:
        raise UnreadableResultsError(f"its results are not JSON: {error}") from error


_READERS = {ReportFormat.LOAD: _read_load, ReportFormat.RUFF: _read_ruff}
