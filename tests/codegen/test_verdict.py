import json
from typing import Any

import pytest

from codegen.failure_analysis import analyse
from codegen.runners.gate_results import gate_result
from codegen.runners.results import StepResult, StepRun
from codegen.verdict import StepEvidence, draw_verdict, evidence_of, not_taken
from core.artifacts.failure import Failure, FailureClass, Frame
from core.artifacts.report import StepReport, TestCaseResult, TestOutcome
from core.artifacts.run_plan import ReportFormat, Runner, Step
from core.artifacts.structure import PlannedTest

PASSED = TestCaseResult(name="test_a", path="test_a.py", outcome=TestOutcome.PASSED)
PLANNED = (PlannedTest(requirement="FR-1", path="test_a.py", case="test_a"),)


def step(kind: str, runner: Runner) -> Step:
    values = {"kind": kind, "runner": runner, "ecosystem": "python", "command": ("x",)}
    return Step.model_validate(values)


def evidence(
    kind: Any, status: Any = "green", *, failures: tuple[Failure, ...] = (), **more: Any
) -> StepEvidence:
    reason = f"{kind} is {status}." if status != "green" else ""
    report = StepReport(name=kind, kind=kind, status=status, reason=reason, seconds=1.5)
    return StepEvidence.model_validate({"report": report, "failures": failures, **more})


def a_test_run(status: str = "green", **more: Any) -> StepEvidence:
    values: dict[str, Any] = {"runner": "pytest", "cases": (PASSED,), **more}
    return evidence("test", status, **values)


def failure(step_name: str, path: str, line: int, test: str = "t") -> Failure:
    return Failure(
        step=step_name,
        test=test,
        frames=(Frame(path=path, line=line),),
        files=(path,),
        failure_class=FailureClass.CODE,
        reasons=("So.",),
        signature=f"{step_name} {path} {line}",
    )


def test_everything_green_is_green():
    steps = [evidence("install"), evidence("gate"), a_test_run(output="1 passed"), evidence("boot")]
    report, failures = draw_verdict(steps, PLANNED, sandbox="bubblewrap")
    assert (report.status, report.reason, failures) == ("green", "", ())
    assert (report.runner, report.sandbox, report.output) == ("pytest", "bubblewrap", "1 passed")
    assert [item.name for item in report.steps] == ["install", "gate", "test", "boot"]
    assert report.seconds == 6.0
    assert report.unverified == ()


@pytest.mark.parametrize("kind", ["install", "gate", "build", "boot"])
def test_one_red_step_makes_it_red(kind: str):
    bad = evidence(kind, "red", output="why")
    report, _ = draw_verdict([bad, a_test_run()], PLANNED, sandbox="b")
    assert (report.status, report.reason, report.output) == ("red", f"{kind} is red.", "why")


def test_a_step_that_was_not_taken_is_not_green_and_listed():
    left = not_taken("vitest in web", "test", "vitest in web was not run: no Node.")
    report, failures = draw_verdict([a_test_run(), left], PLANNED, sandbox="b", notes=("A note.",))
    assert (report.status, failures) == ("red", ())
    assert report.reason == "vitest in web was not run: no Node."
    assert report.unverified == ("vitest in web was not run: no Node.", "A note.")


def test_without_tests_nothing_is_verified():
    report, failures = draw_verdict([evidence("gate")], PLANNED, sandbox="b")
    assert (report.status, failures) == ("not-run", ())
    assert report.reason == "The repository has no tests that a known runner runs."


@pytest.mark.parametrize(("kind", "status"), [("install", "not-run"), ("gate", "red")])
def test_without_a_test_run_only_what_ran_can_be_red(kind: str, status: str):
    left = not_taken("pytest", "test", "pytest was not run.")
    report, _ = draw_verdict([evidence(kind, "red"), left], PLANNED, sandbox="b")
    assert report.status == status
    assert report.reason.startswith(f"{kind} is red. pytest was not run.")


def test_what_the_gate_found_in_a_line_explains_what_breaks_there():
    gate = evidence(
        "gate", "red", failures=(failure("ruff", "a.py", 3), failure("ruff", "a.py", 3))
    )
    load = evidence(
        "gate", "red", failures=(failure("load", "a.py", 3), failure("load", "b.py", 1))
    )
    ran = a_test_run("red", failures=(failure("pytest", "a.py", 3), failure("pytest", "c.py", 9)))
    again = evidence(
        "boot", "red", failures=(failure("boot", "c.py", 9), failure("boot", "b.py", 1))
    )
    _, failures = draw_verdict([gate, load, ran, again], PLANNED, sandbox="b")
    assert [item.signature for item in failures] == [
        "ruff a.py 3",
        "ruff a.py 3",
        "load b.py 1",
        "pytest c.py 9",
        "boot c.py 9",
    ]


def test_planned_tests_without_a_case_are_failures_unless_something_explains_them():
    report, failures = draw_verdict([a_test_run(cases=())], PLANNED, sandbox="b")
    assert report.status == "red"
    assert [item.step for item in failures] == ["acceptance tests"]
    explained = a_test_run("red", cases=(), failures=(failure("pytest", "test_a.py", 1),))
    _, failures = draw_verdict([explained], PLANNED, sandbox="b")
    assert [item.step for item in failures] == ["pytest"]


def load(*cases: TestCaseResult, reason: str) -> StepEvidence:
    result = StepResult(step=step("gate", Runner.LOAD_CHECK), reason=reason, cases=cases)
    return evidence_of(result, analyse(result, ["a.py", "b.py"]), 1.0)


def bad(path: str, message: str) -> TestCaseResult:
    account = f'  File "{path}", line 1, in <module>\n{message}\n'
    return TestCaseResult(name=path, path=path, outcome=TestOutcome.ERROR, message=account)


UNSET = bad("a.py", "KeyError: 'X'").model_copy(
    update={"message": '  File "a.py", line 1, in <module>\n    os.environ["X"]\nKeyError: \'X\'\n'}
)


def test_a_module_that_needs_an_environment_of_its_own_is_only_noted():
    alone = load(UNSET, reason="load check: 1 error in a.py.")
    assert (alone.report.status, alone.report.reason) == ("green", "")
    assert (alone.failures, alone.cases) == ((), ())
    assert alone.notes == (
        "a.py was not loaded by itself: The environment variable 'X' is not set.",
    )
    both = load(UNSET, bad("b.py", "TypeError: no"), reason="load check: 2 errors in a.py, b.py.")
    assert (both.report.status, both.report.reason) == ("red", "load check: 1 error in b.py.")
    assert [item.test for item in both.failures] == ["b.py"]
    assert [case.name for case in both.cases] == ["b.py"]
    report, _ = draw_verdict([both, a_test_run()], PLANNED, sandbox="b")
    assert report.unverified == alone.notes


def test_a_green_step_may_say_what_it_saw():
    answer = PASSED.model_copy(update={"message": "GET / was answered."})
    boot = evidence_of(StepResult(step=step("boot", Runner.BOOT), cases=(answer,)), (), 2.0)
    assert (boot.report.status, boot.report.reason, boot.cases) == (
        "green",
        "GET / was answered.",
        (),
    )
    run = evidence_of(StepResult(step=step("test", Runner.PYTEST), cases=(answer,)), (), 2.0)
    assert (run.report.reason, run.cases, run.runner) == ("", (answer,), "pytest")


def test_programs_are_noted():
    program = TestCaseResult(name="p", outcome=TestOutcome.SKIPPED, message="p.py ends.")
    assert load(program, reason="").notes == ("p.py ends.",)


REFUSED = "ConnectionRefusedError: [Errno 111] Connection refused"


def loaded(*accounts: tuple[str, str], report: bytes | None = None, **run: Any) -> StepEvidence:
    """The evidence of a load check, from what its probe wrote: paths, and what kept them."""
    findings = [{"path": path, "kind": "import", "account": said} for path, said in accounts]
    written = json.dumps({"findings": findings}).encode() if report is None else report
    taken = step("gate", Runner.LOAD_CHECK).model_copy(update={"report": ReportFormat.LOAD})
    files = {"a.py": "", "b.py": ""}
    ended = StepRun.model_validate({"exit_code": 1, "report": written, **run})
    result = gate_result(taken, ended, {}, files)
    return evidence_of(result, analyse(result, files), 1.0)


@pytest.mark.parametrize("ended_by", ["timeout", "memory", "disk", "output"])
def test_a_load_check_that_was_stopped_is_red_whatever_it_printed(ended_by: str):
    stopped = loaded(ended_by=ended_by, output=f"Traceback\n{REFUSED}\n")
    assert (stopped.report.status, stopped.notes) == ("red", ())
    assert [item.test for item in stopped.failures] == ["load check"]


@pytest.mark.parametrize("report", [b"", b"{", b"[]"])
def test_a_load_check_without_a_readable_report_is_red_whatever_it_printed(report: bytes):
    unread = loaded(report=report, output=f"Traceback\n{REFUSED}\n")
    assert (unread.report.status, unread.notes) == ("red", ())
    assert unread.report.reason.startswith("load check ended with exit code 1, but it")


def at_import(path: str, error: str, *, line: int = 1, source: str = "start()") -> tuple[str, str]:
    return path, f'  File "{path}", line {line}, in <module>\n    {source}\n{error}\n'


@pytest.mark.parametrize(
    "error",
    [
        REFUSED,
        "socket.gaierror: [Errno -2] Name or service not known",
        "RuntimeError: the environment variable API_TOKEN is not set",
        "pydantic_core._pydantic_core.ValidationError: 1 validation error for Settings",
    ],
)
def test_a_module_that_asks_for_what_a_person_gives_is_only_noted(error: str):
    noted = loaded(at_import("a.py", error))
    assert (noted.report.status, noted.failures, noted.cases) == ("green", (), ())
    assert noted.notes[0].startswith("a.py was not loaded by itself: ")


@pytest.mark.parametrize(
    "error",
    [
        "MemoryError",
        "OSError: [Errno 12] Cannot allocate memory",
        "OSError: [Errno 28] No space left on device",
        "OSError: [Errno 98] Address already in use",
    ],
)
def test_a_module_that_uses_up_the_machine_is_red(error: str):
    assert loaded(at_import("a.py", error)).report.status == "red"


def test_one_lack_of_a_module_does_not_excuse_its_other_errors():
    both = loaded(
        at_import("a.py", REFUSED), at_import("a.py", "TypeError: no", line=2, source="x()")
    )
    assert (both.report.status, both.report.reason) == ("red", "load check: 1 error in a.py.")
    assert [item.error for item in both.failures] == ["TypeError"]
    assert len(both.cases) == len(both.notes) == 1
