from typing import Any

from codegen.debugging import (
    SHOWN_BY_NAME,
    SHOWN_IN_FULL,
    failing_test_files,
    failure_text,
    focus_of,
    in_order_of_hope,
    label_of,
)
from core.artifacts.failure import Failure, FailureClass, Frame


def failure(name: str = "test_a", **fields: Any) -> Failure:
    values: dict[str, Any] = {
        "step": "pytest",
        "test": name,
        "test_path": "tests/test_a.py",
        "error": "AssertionError",
        "message": f"assert {name}",
        "failure_class": FailureClass.CODE,
        "reasons": ("The code is wrong.",),
        "signature": name,
        "account": f"E   assert {name}",
        **fields,
    }
    return Failure.model_validate(values)


PLACE = (Frame(path="tests/test_a.py", line=3), Frame(path="app/a.py", line=9, function="f"))


def test_failures_of_the_machine_come_last_and_alone() -> None:
    machine = failure("b", failure_class=FailureClass.ENVIRONMENT, message="assert test_a")
    ordered = in_order_of_hope([machine, failure()])
    assert ordered == (failure(), machine)
    assert focus_of(ordered) == (failure(),)


def test_the_focus_is_the_first_failure_and_those_of_the_same_place_or_words() -> None:
    first = failure("a", frames=PLACE)
    same_place = failure("b", frames=(Frame(path="app/a.py", line=12, function="f"),))
    same_words = failure("c", message="assert a")
    other = failure("d", frames=(Frame(path="app/b.py", line=9, function="f"),))
    assert focus_of([first, other, same_place, same_words]) == (first, same_place, same_words)
    assert focus_of([]) == ()


def test_failing_in_the_same_test_file_is_no_common_cause() -> None:
    place = (Frame(path="tests/test_a.py", line=3, function="check"),)
    assert len(focus_of([failure("a", frames=place), failure("b", frames=place)])) == 1


def test_the_focus_is_bounded() -> None:
    many = [failure(f"t{number}", message="same") for number in range(20)]
    assert len(focus_of(many)) == SHOWN_IN_FULL


def test_a_label_names_file_and_test_once_and_on_one_line() -> None:
    assert label_of(failure("test_a[x\ny]")) == "tests/test_a.py::test_a[x y]"
    assert label_of(failure("tests/test_a.py::test_a")) == "tests/test_a.py::test_a"
    assert label_of(failure("npm run build", test_path="")) == "npm run build"


def test_the_focus_is_told_in_full_and_the_rest_by_name() -> None:
    others = [failure(f"t{number}") for number in range(SHOWN_BY_NAME + 2)]
    text = failure_text([failure()], [*others, failure("z", error="")], ["big.py"])
    assert text.startswith(
        "tests/test_a.py::test_a failed in pytest.\nThe code is wrong.\nE   assert test_a"
    )
    assert "- tests/test_a.py::t0: AssertionError: assert t0\n" in text
    assert "- … and 3 more" in text
    assert text.endswith("Too long to be shown here: big.py.")


def test_without_an_account_the_message_is_told() -> None:
    assert "assert test_a" in failure_text([failure(account="")], (), ())


def test_the_test_files_with_failures_are_those_that_are_there() -> None:
    failures = [failure(), failure(test_path="gone.py"), failure(test_path="")]
    assert failing_test_files(failures, {"tests/test_a.py"}) == {"tests/test_a.py"}


def test_a_file_of_the_code_that_a_check_names_is_no_test_file() -> None:
    assert not failing_test_files([failure(test_path="src/server.js")], {"src/server.js"})
