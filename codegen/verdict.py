"""Draws the verdict on a repository from what the steps of its verification showed."""

from collections.abc import Sequence
from typing import Literal

from codegen.acceptance import hold_to_plan, plan_failures
from codegen.excuses import excuse, excused
from codegen.runners.gate_results import gate_reason
from codegen.runners.results import StepResult
from core.artifacts.base import Part
from core.artifacts.failure import Failure
from core.artifacts.report import StepReport, TestCaseResult, TestOutcome, TestReport
from core.artifacts.run_plan import Runner, StepKind
from core.artifacts.structure import PlannedTest

_TESTS = frozenset(
    {
        *(Runner.PYTEST, Runner.NODE_TEST, Runner.VITEST, Runner.JEST, Runner.MOCHA),
        *(Runner.GO_TEST, Runner.NPM_TEST),
    }
)

_BAD = frozenset({TestOutcome.FAILED, TestOutcome.ERROR})


class StepEvidence(Part):
    """What one step showed, in every form that the verdict needs.

    Attributes:
        report: the step, as reports list it.
        runner: of a step that runs tests, what ran them.
        cases: its test cases; of other steps those that failed.
        failures: what failed, analysed.
        output: what it printed.
        notes: what it did not show, a sentence each.
    """

    report: StepReport
    runner: str = ""
    cases: tuple[TestCaseResult, ...] = ()
    failures: tuple[Failure, ...] = ()
    output: str = ""
    notes: tuple[str, ...] = ()


def evidence_of(result: StepResult, failures: Sequence[Failure], seconds: float) -> StepEvidence:
    """The evidence of a step that was run.

    Args:
        result: what it showed.
        failures: the same, analysed.
        seconds: its wall time.
    """
    step = result.step
    is_test = step.runner in _TESTS
    spared = excused(result, failures)
    cases = result.cases if is_test else _failed(result, spared)
    reason = gate_reason(step, cases) if spared else result.reason
    shown = "" if is_test or reason else _shown(result)
    report = StepReport(
        name=step.name,
        kind=step.kind,
        status="red" if reason else "green",
        seconds=round(seconds, 3),
        reason=reason or shown,
    )
    return StepEvidence(
        report=report,
        runner=str(step.runner) if is_test else "",
        cases=cases,
        failures=tuple(failure for failure in failures if failure not in spared),
        output=result.output,
        notes=(*_skipped(result), *(excuse(step, failure) for failure in spared)),
    )


def not_taken(name: str, kind: StepKind | Literal["install"], reason: str) -> StepEvidence:
    """A step that was not taken, and why, in a sentence."""
    return StepEvidence(report=StepReport(name=name, kind=kind, status="not-run", reason=reason))


def draw_verdict(
    steps: Sequence[StepEvidence],
    planned: Sequence[PlannedTest],
    *,
    sandbox: str,
    notes: Sequence[str] = (),
) -> tuple[TestReport, tuple[Failure, ...]]:
    """The report on a repository, and everything that failed.

    Args:
        steps: what was done, in order.
        planned: the acceptance tests that must be among the cases.
        sandbox: where it ran.
        notes: what no step is about, and why, a sentence each.
    """
    cases = tuple(case for step in steps for case in step.cases)
    status, reason = _status(steps)
    report = TestReport(
        status=status,
        reason=reason,
        sandbox=sandbox,
        runner=", ".join(dict.fromkeys(step.runner for step in steps if step.runner)),
        cases=cases,
        seconds=round(sum(step.report.seconds for step in steps), 3),
        output=_output(steps),
        steps=tuple(step.report for step in steps),
        unverified=(*_not_run(steps), *(note for step in steps for note in step.notes), *notes),
    )
    failures = _unexplained(steps)
    if status == "not-run":
        return report, failures
    held = hold_to_plan(report, planned)
    return held, (*failures, *plan_failures(planned, cases, failures))


def _status(steps: Sequence[StepEvidence]) -> tuple[Literal["green", "red", "not-run"], str]:
    tested = any(step.runner and step.report.status != "not-run" for step in steps)
    red = [step.report.reason for step in steps if step.report.status == "red"]
    left = _not_run(steps)
    if not tested and not any(step.report.kind == "test" for step in steps):
        left = ["The repository has no tests that a known runner runs.", *left]
    reason = " ".join(dict.fromkeys([*red, *left]))
    failed = {step.report.kind for step in steps if step.report.status == "red"}
    if not tested and failed <= {"install"}:
        return "not-run", reason
    return ("red", reason) if reason else ("green", "")


def _not_run(steps: Sequence[StepEvidence]) -> list[str]:
    reasons = [step.report.reason for step in steps if step.report.status == "not-run"]
    return list(dict.fromkeys(reasons))


def _output(steps: Sequence[StepEvidence]) -> str:
    """What the first red step printed, or the last test run."""
    red = [step.output for step in steps if step.report.status == "red" and step.output.strip()]
    tests = [step.output for step in steps if step.runner]
    return (red or tests[-1:] or [""])[0]


def _failed(result: StepResult, spared: Sequence[Failure]) -> tuple[TestCaseResult, ...]:
    # A module that fails in two ways has two cases of one name.
    left_out = {(failure.test, failure.account) for failure in spared}
    bad = (case for case in result.cases if case.outcome in _BAD)
    return tuple(case for case in bad if (case.name, case.message.strip()) not in left_out)


def _skipped(result: StepResult) -> list[str]:
    """What a check of the gate or of the start left out, and why."""
    if result.step.kind not in {"gate", "boot"}:
        return []
    return [case.message for case in result.cases if case.outcome is TestOutcome.SKIPPED]


def _shown(result: StepResult) -> str:
    """What a green step has to say, such as the answer of an application that was started."""
    passed = (case for case in result.cases if case.outcome is TestOutcome.PASSED)
    return " ".join(case.message for case in passed if case.message)


def _unexplained(steps: Sequence[StepEvidence]) -> tuple[Failure, ...]:
    """All failures, without those that the gate's failures explain.

    What the gate finds in a line, and what breaks in that line when it is run, are the same.
    """
    found: list[Failure] = []
    explained: set[tuple[str, int]] = set()
    for step in steps:
        fresh = [failure for failure in step.failures if _place(failure) not in explained]
        found += fresh
        if step.report.kind == "gate":
            explained |= {place for failure in fresh if (place := _place(failure)) is not None}
    return tuple(found)


def _place(failure: Failure) -> tuple[str, int] | None:
    return (failure.frames[-1].path, failure.frames[-1].line) if failure.frames else None
