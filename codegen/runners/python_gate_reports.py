"""Reads what the checks of a whole Python project wrote."""

import ast
from collections.abc import Mapping, Sequence

from pydantic import Field, TypeAdapter

from codegen.failure_classes import is_test_file
from codegen.failure_message import error_of
from codegen.import_graph import ImportGraph
from codegen.runners.accounts import own_account
from codegen.runners.findings_reading import MAX_CASES, below, finding_case, parsed
from codegen.runners.frames import read_frames
from codegen.runners.results import StepRun
from codegen.source.syntax import python_tree
from core.artifacts.base import Part
from core.artifacts.report import TestCaseResult, TestOutcome
from core.artifacts.run_plan import Step
from core.printable import stable_text


class _Loaded(Part):
    path: str
    kind: str
    account: str


class _LoadReport(Part):
    findings: list[_Loaded]


_PROGRAM = frozenset({"program", "late"})
"""What a program does when it is imported: it ends the process, or goes on for ever."""


def read_load(
    step: Step, run: StepRun, paths: Mapping[str, str], files: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    """Read what the load probe wrote: a case for each cause, and a skipped one for each program.

    A module that other modules import is no program: whoever imports it ends with it.
    """
    report = parsed(TypeAdapter(_LoadReport), run.report)
    alone = any(finding.kind in _PROGRAM for finding in report.findings)
    graph = ImportGraph(files) if alone else None
    cases: dict[object, TestCaseResult] = {}
    for finding in report.findings[:MAX_CASES]:
        path = below(step.folder, finding.path)
        if finding.kind in _PROGRAM or finding.kind == "ended":
            importers = _importers(path, graph) if graph and finding.kind in _PROGRAM else []
            cases[path] = _ending_case(path, finding, importers)
            continue
        account = own_account(stable_text(finding.account, paths), "python")
        frames = read_frames(account, known=files, folder=step.folder, ecosystem="python")
        place = frames[-1] if frames else None
        # One module that cannot be loaded takes all with it that import it.
        key = (place, error_of(account, "python"))
        cause = place.path if place else path
        known = cases.get(key)
        if known is None or path == cause:
            cases[key] = finding_case(f"load {cause}", cause, account)
    return tuple(cases.values())


def _importers(path: str, graph: ImportGraph) -> list[str]:
    """Who imports a module; what a test does with it the test itself shows."""
    return [
        other for other in graph.importers_of(path) if other != path and not is_test_file(other)
    ]


def _ending_case(path: str, finding: _Loaded, importers: Sequence[str]) -> TestCaseResult:
    """A case for a module that does not come back from its import."""
    told = f"{path}: when it is imported, {finding.account}."
    excused = finding.kind in _PROGRAM and not importers
    if importers:
        told += f" It is imported by {', '.join(importers[:5])}."
    outcome = TestOutcome.SKIPPED if excused else TestOutcome.ERROR
    return TestCaseResult(name=path, path=path, outcome=outcome, message=told)


class _Location(Part):
    row: int = 0
    column: int = 0


class _RuffFinding(Part):
    code: str | None = None
    path: str = Field(alias="filename")
    message: str = ""
    location: _Location = _Location()


def read_ruff(
    step: Step, run: StepRun, paths: Mapping[str, str], files: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    """Read what ruff wrote: a case for each finding that is about the program as it runs."""
    findings = parsed(TypeAdapter(list[_RuffFinding]), run.report)
    cases: list[TestCaseResult] = []
    for finding in findings[:MAX_CASES]:
        path = stable_text(finding.path, paths)
        if finding.code in {None, "invalid-syntax"}:
            continue  # the load check compiles every file, and Python itself has the last word
        if finding.code == "F821" and _in_string(files.get(path, ""), finding.location):
            continue
        told = f"{path}:{finding.location.row}: {finding.code} {finding.message}"
        name = f"{finding.code} {finding.message}"
        cases.append(finding_case(name, path, told))
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
