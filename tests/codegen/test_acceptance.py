import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.acceptance import hold_to_plan, unmet_tests
from core.artifacts.report import TestCaseResult, TestOutcome, TestReport
from core.artifacts.structure import PlannedTest

PATH = "tests/test_tasks.py"


def planned(*cases: str, path: str = PATH) -> list[PlannedTest]:
    return [PlannedTest(requirement="FR-1", path=path, case=case) for case in cases]


def case(
    name: str, outcome: TestOutcome = TestOutcome.PASSED, *, path: str = PATH
) -> TestCaseResult:
    return TestCaseResult(name=name, path=path, outcome=outcome)


def report(*cases: TestCaseResult) -> TestReport:
    return TestReport(status="green", cases=cases)


@pytest.mark.parametrize(
    ("plan", "name"),
    [
        ("test_a", "test_a"),
        ("test_a", "test_a[x]"),
        ("test_a", "test_a[a::b.c[0]]"),
        ("test_a", "TestX::test_a"),
        ("test_a", "TestX::TestY::test_a[1]"),
        ("TestY::test_a", "TestX::TestY::test_a[1]"),
        ("TestY.test_a", "TestY::test_a"),
        ("test_a[x]", "test_a[x]"),
        ("test_ﬁ", "test_fi"),
    ],
)
def test_a_case_stands_for_the_planned_test_of_its_name(plan: str, name: str) -> None:
    assert unmet_tests(planned(plan), [case(name)]) == []


@pytest.mark.parametrize(
    ("plan", "name"),
    [
        ("test_a", "test_nothing"),
        ("test_a", "test_a_more"),
        ("test_a", "not_test_a"),
        ("test_a", "test_b[test_a]"),
        ("TestX::test_a", "test_a"),
        ("TestX::test_a", "MyTestX::test_a"),
        ("test_a[x]", "test_a[y]"),
    ],
)
def test_another_case_does_not_stand_for_it(plan: str, name: str) -> None:
    assert unmet_tests(planned(plan), [case(name)]) == [f"{PATH}::{plan} is missing"]


@pytest.mark.parametrize(
    ("plan", "name", "met"),
    [
        ("answers 404", "GET /api/tasks/[id]::answers 404", True),
        ("GET /api/tasks/[id]::answers 404", "GET /api/tasks/[id]::answers 404", True),
        ("reads /tasks/[id]", "reads /tasks/[id]", True),
        ("answers 404", "GET /api/tasks/[id]::answers 200", False),
        ("reads /tasks/", "reads /tasks/[id]", False),
        ("reads /tasks/[id]", "reads /tasks/[name]", False),
    ],
)
def test_a_bracket_in_a_title_of_a_script_begins_no_parameters(
    plan: str, name: str, met: bool
) -> None:
    path = "src/tests/tasks.test.ts"
    unmet = unmet_tests(planned(plan, path=path), [case(name, path=path)])
    assert unmet == ([] if met else [f"{path}::{plan} is missing"])


@pytest.mark.parametrize("plan", ["TestTotal", "TestTotal/adds none", "TestTotal::adds_none"])
def test_a_subtest_of_go_is_planned_as_go_writes_it_or_as_reports_do(plan: str) -> None:
    path = "cart/cart_test.go"
    ran = [case("TestTotal", path=path), case("TestTotal::adds_none", path=path)]
    assert unmet_tests(planned(plan, path=path), ran) == []
    assert unmet_tests(planned(f"{plan}/more", path=path), ran) != []


def test_the_same_name_in_another_file_does_not_count() -> None:
    others = [case("test_a", path="tests/test_other.py"), case("test_a", path="")]
    assert unmet_tests(planned("test_a"), others) == [f"{PATH}::test_a is missing"]


def test_a_test_inherited_from_another_file_counts_where_it_was_collected() -> None:
    inherited = case("tests.test_tasks.TestX::test_a", path="tests/base.py")
    assert unmet_tests(planned("test_a"), [inherited]) == []


def test_a_skipped_test_has_shown_nothing() -> None:
    skipped = case("test_a", TestOutcome.SKIPPED)
    assert unmet_tests(planned("test_a"), [skipped]) == [f"{PATH}::test_a was skipped"]


def test_one_parameter_that_ran_is_enough() -> None:
    cases = [case("test_a[x]", TestOutcome.SKIPPED), case("test_a[y]")]
    assert unmet_tests(planned("test_a"), cases) == []


@pytest.mark.parametrize("outcome", [TestOutcome.FAILED, TestOutcome.ERROR])
def test_a_test_that_failed_did_run(outcome: TestOutcome) -> None:
    assert unmet_tests(planned("test_a"), [case("test_a", outcome)]) == []


def test_a_test_of_several_requirements_is_told_once() -> None:
    plan = [*planned("test_a"), *planned("test_a")]
    assert len(unmet_tests(plan, [])) == 1


def test_a_report_that_meets_the_plan_stays_as_it_is() -> None:
    green = report(case("test_a"), case("test_more"))
    assert hold_to_plan(green, planned("test_a")) is green


def test_a_green_run_of_other_tests_becomes_red_and_says_which_are_missing() -> None:
    held = hold_to_plan(report(case("test_nothing")), planned("test_a", "test_b"))
    assert held.status == "red"
    assert held.reason == (
        f"2 of 2 planned acceptance tests did not run: {PATH}::test_a is missing; "
        f"{PATH}::test_b is missing."
    )
    assert held.cases == (case("test_nothing"),)


def test_a_red_report_keeps_its_own_reason_first() -> None:
    red = TestReport(status="red", reason="1 failed.", cases=(case("x", TestOutcome.FAILED),))
    held = hold_to_plan(red, planned("test_a"))
    assert held.reason.startswith("1 failed. 1 of 1 planned acceptance tests did not run: ")


@pytest.mark.parametrize("status", ["red", "not-run"])
def test_a_report_without_cases_keeps_its_reason(status: str) -> None:
    nothing = TestReport.model_validate({"status": status, "reason": "No sandbox."})
    assert hold_to_plan(nothing, planned("test_a")) is nothing


def test_green_without_any_case_is_not_believed() -> None:
    assert hold_to_plan(report(), planned("test_a")).status == "red"


def test_the_list_is_bounded() -> None:
    plan = planned(*(f"test_{number}_{'x' * 190}" for number in range(64)))
    held = hold_to_plan(report(case("test_nothing")), plan)
    assert held.reason.startswith("64 of 64 ")
    assert held.reason.endswith("; and 54 more.")
    assert len(held.reason) < 2_500


names = st.text(st.characters(codec="utf-8", exclude_characters="[")).map("t{}".format)


@given(st.lists(names, min_size=1), st.text(st.characters(codec="utf-8")))
def test_whatever_is_planned_is_met_by_its_own_cases(cases: list[str], parameters: str) -> None:
    plan = planned(*(name[:200] for name in cases))
    ran = [case(f"TestX::{test.case}[{parameters}]", path=PATH) for test in plan]
    assert unmet_tests(plan, ran) == []
