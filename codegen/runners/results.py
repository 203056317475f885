"""What one step of a run plan showed: its test cases, and why it is not green."""

import json
import re
from collections.abc import Mapping
from typing import Literal

from codegen.failure_message import timeless
from codegen.runners.accounts import own_account
from codegen.runners.go_report import read_go
from codegen.runners.javascript_reports import read_jest, read_mocha
from codegen.test_results import read_junit
from core.artifacts.base import Part
from core.artifacts.report import TestCaseResult, TestOutcome
from core.artifacts.run_plan import ReportFormat, Runner, Step
from core.errors import UnreadableResultsError
from core.printable import stable_text

Ending = Literal["exit", "timeout", "memory", "disk", "output"]
"""`exit`: the command ended by itself; else the bound at which it was stopped."""

_ENDINGS = {
    "timeout": "did not end in time",
    "memory": "took more memory than it may",
    "disk": "made too many files",
    "output": "printed without end",
}
_BAD = (TestOutcome.FAILED, TestOutcome.ERROR)
_NODE_ONLY_FAILED = re.compile(r"'test failed'")
_REFUSED_FROM, _BROKEN_FROM = 400, 500
"""Least status of an answer that refuses what was asked for, and of one that says it is broken."""
_OWN_EXIT_CODES = range(1, 126)
"""Those by which a program says that it failed; shells keep the others for what could not be run or
was killed, and the numbers of signals are negative."""
_NODE_MARK = re.compile(r"[✖✔﹣▶ℹ]")


class StepRun(Part):
    """How a step's command ended.

    Attributes:
        exit_code: the command's exit code.
        ended_by: why it ended.
        report: what it wrote to its report file.
        output: the last part of what it printed.
        seconds: wall time.
    """

    exit_code: int
    ended_by: Ending = "exit"
    report: bytes = b""
    output: str = ""
    seconds: float = 0.0


class StepResult(Part):
    """What a step showed.

    Attributes:
        step: the step.
        reason: why it is not green, in a sentence; empty when it is.
        cases: its test cases. When it is not green, at least one of them is not passed.
        output: what it printed, as it would be on any machine.
        gave_up: of a boot check, whether the application ended by itself, with an error, before it
            answered.
    """

    step: Step
    reason: str = ""
    cases: tuple[TestCaseResult, ...] = ()
    output: str = ""
    gave_up: bool = False

    @property
    def green(self) -> bool:
        """Whether it ran and nothing failed."""
        return not self.reason


def step_result(
    step: Step, run: StepRun, paths: Mapping[str, str], files: Mapping[str, str]
) -> StepResult:
    """Read what a step wrote, and judge it.

    Args:
        step: what was run.
        run: how it ended.
        paths: what to write instead of certain absolute folders, such as the sandbox's own for the
            tree; see `stable_text`.
        files: texts of the repository's files by path.
    """
    # Node names modules by URL as well as by path.
    paths = {f"file://{folder}": name for folder, name in paths.items()} | dict(paths)
    output = stable_text(run.output, paths)
    cases: tuple[TestCaseResult, ...] = ()
    problem = ending_problem(step, run)
    try:
        if run.report or step.report in {ReportFormat.NONE, ReportFormat.GO}:
            cases = _read(step, run, output, paths, files)
        elif not problem:
            problem = f"{step.name} wrote no results and ended with exit code {run.exit_code}."
    except UnreadableResultsError as error:
        problem = problem or f"{step.name} ended with exit code {run.exit_code}, but {error}."
    gave_up = step.report is ReportFormat.BOOT and not problem and _gave_up(_boot_answer(run))
    reason = problem or _judge(step, cases, run.exit_code)
    if reason and all(case.outcome not in _BAD for case in cases):
        cases = (*cases, whole_case(step, reason, output))
    return StepResult(step=step, reason=reason, cases=cases, output=output, gave_up=gave_up)


def _read(
    step: Step,
    run: StepRun,
    output: str,
    paths: Mapping[str, str],
    files: Mapping[str, str],
) -> tuple[TestCaseResult, ...]:
    match step.report:
        case ReportFormat.JUNIT:
            cases = read_junit(run.report, paths)
            if step.runner is Runner.NODE_TEST:
                return tuple(_with_crash(case, output) for case in cases)
            return tuple(_in_folder(case, step.folder) for case in cases)
        case ReportFormat.JEST:
            return read_jest(run.report, paths)
        case ReportFormat.MOCHA:
            return read_mocha(run.report, paths)
        case ReportFormat.GO:
            printed = run.output
            return read_go(
                run.report, printed, paths, files, module=step.module, folder=step.folder
            )
        case ReportFormat.BOOT:
            return _boot(step, run, output)
        case ReportFormat.NONE:
            passed = run.exit_code == 0 and run.ended_by == "exit"
            return (TestCaseResult(name=step.name, outcome=TestOutcome.PASSED),) if passed else ()
        case _:
            raise UnreadableResultsError(f"{step.report} is not what tests, builds or starts write")


def _judge(step: Step, cases: tuple[TestCaseResult, ...], exit_code: int) -> str:
    failed, broken, passed = (
        sum(case.outcome is outcome for case in cases)
        for outcome in (TestOutcome.FAILED, TestOutcome.ERROR, TestOutcome.PASSED)
    )
    if step.kind != "test":
        if passed and not failed and not broken and not exit_code:
            return ""
        return f"{step.name} failed with exit code {exit_code}."
    if failed or broken:
        return (
            f"{step.name}: {failed} of {len(cases)} test cases failed, and {broken} could not be"
            " run."
        )
    if exit_code:
        so = "All tests passed, but " if passed else ""
        return f"{so}{step.name} ended with exit code {exit_code}."
    if not passed:
        so = f": all {len(cases)} were skipped" if cases else ""
        return f"{step.name}: No test ran{so}."
    return ""


def ending_problem(step: Step, run: StepRun) -> str:
    """The bound at which a step was stopped, in a sentence; nothing when it ended by itself."""
    return "" if run.ended_by == "exit" else f"{step.name} {_ENDINGS[run.ended_by]}."


def whole_case(step: Step, reason: str, output: str) -> TestCaseResult:
    """A case for what failed as a whole, with what it printed."""
    said = timeless(own_account(output, step.ecosystem))
    return TestCaseResult(
        name=step.name, outcome=TestOutcome.ERROR, message=f"{reason}\n{said}".strip()
    )


def _in_folder(case: TestCaseResult, folder: str) -> TestCaseResult:
    """The case of a runner that names files relative to the folder it runs in."""
    if not folder or not case.path:
        return case
    return case.model_copy(update={"path": f"{folder}/{case.path}"})


def _with_crash(case: TestCaseResult, output: str) -> TestCaseResult:
    """The case without foreign frames, and of a file that broke with what it printed before.

    Of such a file the report says only that it failed.
    """
    if case.outcome is not TestOutcome.FAILED or not _NODE_ONLY_FAILED.search(case.message):
        return case.model_copy(update={"message": own_account(case.message, "npm")})
    lines = output.splitlines()
    marks = [n for n, line in enumerate(lines) if line.startswith(f"✖ {case.name} (")]
    if not marks:
        return case
    start = marks[0]
    while start > 0 and not _NODE_MARK.match(lines[start - 1]):
        start -= 1
    said = [line for line in lines[start : marks[0]] if not line.startswith("Node.js v")]
    update = {
        "message": own_account("\n".join(said), "npm") or case.message,
        "outcome": TestOutcome.ERROR,
    }
    return case.model_copy(update=update)


class _BootAnswer(Part):
    status: int | None = None
    port: int | None = None
    path: str = ""
    exit_code: int | None = None
    seconds: float = 0.0


def _boot_answer(run: StepRun) -> _BootAnswer:
    try:
        return _BootAnswer.model_validate(json.loads(run.report))
    except (ValueError, RecursionError) as error:
        raise UnreadableResultsError(f"the answer of the boot check is none: {error}") from error


def _gave_up(answer: _BootAnswer) -> bool:
    return answer.status is None and answer.exit_code in _OWN_EXIT_CODES


def _boot(step: Step, run: StepRun, output: str) -> tuple[TestCaseResult, ...]:
    """A case for the start of an application, with what it printed when it failed.

    Which paths it serves is not known here. One that refuses all it is asked for may serve others,
    so that is no failure; a skipped case says what was not shown.
    """
    answer = _boot_answer(run)
    good = answer.status is not None and answer.status < _BROKEN_FROM and answer.exit_code is None
    if answer.status is not None:
        reason = f"GET {answer.path} on port {answer.port} was answered with {answer.status}."
        if answer.exit_code is not None:
            reason += f" The application ended with exit code {answer.exit_code}."
    elif answer.exit_code is not None:
        reason = f"The application ended with exit code {answer.exit_code} before it answered."
    else:
        reason = "The application did not answer in time."
    said = timeless(own_account(output, step.ecosystem))
    case = TestCaseResult(
        name=step.name,
        outcome=TestOutcome.PASSED if good else TestOutcome.FAILED,
        seconds=max(answer.seconds, 0.0),
        message=reason if good else f"{reason}\n{said}".strip(),
    )
    if not good or (answer.status or 0) < _REFUSED_FROM:
        return (case,)
    told = f"{step.name} did not show that the application serves anything: {reason}"
    return (case, TestCaseResult(name=step.name, outcome=TestOutcome.SKIPPED, message=told))
