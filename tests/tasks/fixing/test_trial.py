"""What makes one state better than another, and what a fix is called."""

from typing import Any

import pytest

from core.artifacts.failure import Failure, FailureClass, Frame
from core.artifacts.fixes import FixOutcome
from core.artifacts.report import StepReport, TestCaseResult, TestOutcome, TestReport
from core.artifacts.structure import PlannedTest
from tasks.engine.verification import Verification
from tasks.fixing.trial import commit_message, get_further, outcome_of
from tasks.fixing.workbench import State

TEXTS = {"tests/test_a.py": "…", "app/a.py": "…"}


def failure(test: str = "test_a", line: int = 3, **fields: Any) -> Failure:
    values: dict[str, Any] = {
        "step": "pytest",
        "test": test,
        "test_path": "tests/test_a.py",
        "frames": (
            Frame(path="tests/test_a.py", line=line),
            Frame(path="app/a.py", line=90),
        ),
        "failure_class": FailureClass.CODE,
        "reasons": ("It fails.",),
        "signature": test,
        **fields,
    }
    return Failure.model_validate(values)


def state(*failures: Failure, texts: dict[str, str] = TEXTS, **report: Any) -> State:
    values: dict[str, Any] = {"status": "red" if failures else "green", **report}
    planned = values.pop("planned", ())
    run = Verification(TestReport.model_validate(values), failures)
    return State("c" * 40, texts, run, planned)


def test_green_is_better_than_red_and_red_than_what_was_not_run() -> None:
    green, red = state(), state(failure(), failure("b"))
    nothing = state(failure(), status="not-run")
    assert green.standing < red.standing < nothing.standing


def case(outcome: TestOutcome, name: str = "test_a", path: str = "tests/test_a.py") -> Any:
    return TestCaseResult(name=name, path=path, outcome=outcome)


def test_fewer_failures_are_better_and_of_equals_fewer_that_could_not_run() -> None:
    broken, failed = case(TestOutcome.ERROR), case(TestOutcome.FAILED)
    assert state(failure()).standing < state(failure(), failure("b")).standing
    assert state(failure(), cases=(failed,)).standing < state(failure(), cases=(broken,)).standing


def test_an_import_that_hides_failures_is_worse_than_what_it_hid() -> None:
    names = [f"test_{number}" for number in range(5)]
    hiding = state(failure("core.py", test_path="app/core.py", step="import check"))
    shown = state(
        *(failure(name, number) for number, name in enumerate(names, 3)),
        cases=tuple(case(TestOutcome.FAILED, name) for name in names),
    )
    assert outcome_of(hiding, shown) is FixOutcome.BETTER
    assert outcome_of(shown, hiding) is FixOutcome.WORSE


def test_a_linter_that_complains_hides_nothing() -> None:
    lint = failure("app/a.py", test_path="app/a.py", step="ruff")
    cases = (case(TestOutcome.ERROR, "app/a.py", "app/a.py"),)
    assert state(lint, cases=cases).standing == state(failure()).standing


def test_of_as_many_that_are_hidden_more_planned_tests_that_pass_are_better() -> None:
    planned = (PlannedTest(requirement="FR-1", path="tests/test_a.py", case="test_a"),)
    passing = state(failure("b"), failure("c"), cases=(case(TestOutcome.PASSED),), planned=planned)
    failing = state(failure(), cases=(case(TestOutcome.FAILED),), planned=planned)
    assert outcome_of(failing, passing) is FixOutcome.BETTER


@pytest.mark.parametrize("gone", [TestOutcome.PASSED, TestOutcome.FAILED])
@pytest.mark.parametrize("left", [(), (case(TestOutcome.SKIPPED, "test_b"),)])
def test_a_test_that_no_longer_runs_is_no_progress(gone: TestOutcome, left: tuple[Any]) -> None:
    before = state(failure("test_b"), cases=(case(TestOutcome.PASSED), case(gone, "test_b")))
    after = state(cases=(case(TestOutcome.PASSED), *left))
    assert before.tests_gone(after) == ("tests/test_a.py::test_b",)
    assert outcome_of(before, after) is FixOutcome.WORSE


def test_what_could_not_run_or_is_a_step_may_go() -> None:
    boot = StepReport(name="boot check", kind="boot", status="red")
    cases = (
        case(TestOutcome.ERROR, "tests/test_a.py"),
        case(TestOutcome.FAILED, "boot check", ""),
        case(TestOutcome.SKIPPED, "test_c"),
    )
    before = state(failure(), cases=cases, steps=(boot,))
    assert outcome_of(before, state(cases=(case(TestOutcome.PASSED),))) is FixOutcome.MENDED


def test_the_same_words_at_a_later_line_are_better_and_at_the_same_unchanged() -> None:
    assert outcome_of(state(failure()), state(failure(line=5))) is FixOutcome.BETTER
    assert outcome_of(state(failure()), state(failure())) is FixOutcome.UNCHANGED
    assert outcome_of(state(failure()), state(failure("b"))) is FixOutcome.CHANGED


@pytest.mark.parametrize(
    ("before", "after", "further"),
    [
        ((3,), (5,), True),
        ((3,), (3,), False),
        ((5,), (3,), False),
        ((3, 3), (5, 3), True),
        ((3, 5), (5, 3), False),
    ],
)
def test_a_test_that_fails_later_got_further(
    before: tuple[int, ...], after: tuple[int, ...], *, further: bool
) -> None:
    states = [
        state(*(failure(f"test_{number}", line) for number, line in enumerate(lines)))
        for lines in (before, after)
    ]
    assert get_further(*states) is further


def test_lines_of_a_test_that_was_changed_say_nothing() -> None:
    assert not get_further(
        state(failure()), state(failure(line=9), texts={**TEXTS, "tests/test_a.py": "x"})
    )


def test_failures_of_other_tests_say_nothing() -> None:
    assert not get_further(state(failure()), state(failure("test_b", line=9)))
    assert not get_further(state(failure(frames=())), state(failure(frames=())))


def test_a_fix_is_called_by_its_test_with_cause_and_others_below() -> None:
    assert commit_message([failure()], "") == "Fix tests/test_a.py::test_a\n"
    assert commit_message([failure(), failure("test_b")], "It adds one.") == (
        "Fix tests/test_a.py::test_a\n\nIt adds one.\n\n"
        "Failed as well:\n- tests/test_a.py::test_b\n"
    )


def test_a_long_name_is_whole_in_the_body() -> None:
    subject, _, body = commit_message([failure("test_" + "x" * 120)], "Why.").partition("\n\n")
    assert len(subject) == 101
    assert subject.endswith("…")
    assert body == f"Why.\n\nFailed: tests/test_a.py::test_{'x' * 120}\n"
