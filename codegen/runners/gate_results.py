"""What one step of the gate showed: a case for each thing that is wrong with the repository."""

from collections.abc import Callable, Mapping, Sequence

from codegen.runners.go_report import read_builds
from codegen.runners.npm_gate_reports import read_eslint, read_node_check, read_tsc
from codegen.runners.python_gate_reports import read_load, read_ruff
from codegen.runners.results import StepResult, StepRun, ending_problem, whole_case
from core.artifacts.report import TestCaseResult, TestOutcome
from core.artifacts.run_plan import ReportFormat, Step
from core.errors import UnreadableResultsError
from core.printable import stable_text

_Reader = Callable[
    [Step, StepRun, Mapping[str, str], Mapping[str, str]], tuple[TestCaseResult, ...]
]


_FINDS_TASTE = frozenset({ReportFormat.RUFF, ReportFormat.ESLINT})
"""What linters write: they end with 1 also where they find only what does not count here."""


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
            cases = _READERS[step.report](step, run, paths, files)
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
    good = {0, 1} if step.report in _FINDS_TASTE else {0}
    return "" if exit_code in good else f"{step.name} ended with exit code {exit_code}."


def gate_reason(step: Step, cases: Sequence[TestCaseResult]) -> str:
    """What a step of the gate found, in a sentence; nothing where it found nothing."""
    bad = [case for case in cases if case.outcome is TestOutcome.ERROR]
    if not bad:
        return ""
    places = list(dict.fromkeys(case.path for case in bad if case.path))
    shown = ", ".join(places[:5]) + (f" and {len(places) - 5} more" if len(places) > 5 else "")
    many = "1 error" if len(bad) == 1 else f"{len(bad)} errors"
    return f"{step.name}: {many} in {shown}." if shown else f"{step.name}: {many}."


def _read_vet(
    step: Step, run: StepRun, paths: Mapping[str, str], _files: Mapping[str, str]
) -> tuple[TestCaseResult, ...]:
    said = "\n".join(line.removeprefix("vet: ") for line in run.output.splitlines())
    return tuple(read_builds(said, paths, step.folder))


_READERS: dict[ReportFormat, _Reader] = {
    ReportFormat.LOAD: read_load,
    ReportFormat.RUFF: read_ruff,
    ReportFormat.NODE_CHECK: read_node_check,
    ReportFormat.TSC: read_tsc,
    ReportFormat.ESLINT: read_eslint,
    ReportFormat.GO_VET: _read_vet,
}
