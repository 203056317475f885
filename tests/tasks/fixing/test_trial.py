"""What makes one state better than another, and what a fix is called."""

from typing import Any

import pytest

from core.artifacts.failure import Failure, FailureClass, Frame
from core.artifacts.report import TestCaseResult, TestOutcome, TestReport
from tasks.engine.verification import Verification
from tasks.fixing.trial import commit_message, get_further
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
    values = {"status": "red" if failures else "green", **report}
    run = Verification(TestReport.model_validate(values), failures)
    return State("c" * 40, texts, run)


def test_green_is_better_than_red_and_red_than_what_was_not_run() -> None:
    green, red = state(), state(failure(), failure("b"))
    nothing = state(failure(), status="not-run")
    assert green.standing < red.standing < nothing.standing


def test_fewer_failures_are_better_and_of_equals_fewer_that_could_not_run() -> None:
    broken = TestCaseResult(name="test_a", outcome=TestOutcome.ERROR)
    failed = TestCaseResult(name="test_a", outcome=TestOutcome.FAILED)
    assert state(failure()).standing < state(failure(), failure("b")).standing
    assert state(failure(), cases=(failed,)).standing < state(failure(), cases=(broken,)).standing


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
