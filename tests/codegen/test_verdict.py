from typing import Any

import pytest

from codegen.failure_analysis import analyse
from codegen.runners.results import StepResult
from codegen.verdict import StepEvidence, draw_verdict, evidence_of, not_taken
from core.artifacts.failure import Failure, FailureClass, Frame
from core.artifacts.report import StepReport, TestCaseResult, TestOutcome
from core.artifacts.run_plan import Runner, Step
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
