"""What the run form refuses, and how it says so."""

import pytest
from playwright.sync_api import Page, expect

from tests.real_browser.prefect_stack import PrefectStack
from tests.real_browser.run_form import RunForm


def filled_in(page: Page, stack: PrefectStack) -> RunForm:
    form = RunForm(page, stack.url)
    form.text("Project name").fill("Plant Diary")
    form.text("Summary").fill("A household keeps track of its plants.")
    return form


pytestmark = pytest.mark.timeout(900)


def test_an_empty_form_is_refused_by_the_names_of_its_required_fields(
    page: Page, stack: PrefectStack
) -> None:
    form = RunForm(page, stack.url)
    form.submit()
    expect(form.field("Project name")).to_contain_text("'project_name' is a required property")
    expect(form.field("Summary")).to_contain_text("'summary' is a required property")


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "'project_name' is a required property"),
        ("   ", "'   ' does not match"),
        ("x" * 81, "is too long"),
    ],
    ids=["emptied", "blank", "too long"],
)
def test_a_wrong_project_name_is_refused_at_its_field(
    page: Page, stack: PrefectStack, name: str, problem: str
) -> None:
    form = filled_in(page, stack)
    form.text("Project name").fill(name)
    form.submit()
    expect(form.field("Project name")).to_contain_text(problem)
    expect(form.field("Summary")).not_to_contain_text("required")


def test_what_only_the_flow_can_refuse_fails_the_run_before_any_task(
    page: Page, stack: PrefectStack
) -> None:
    form = filled_in(page, stack)
    form.text("Redo from stage (Optional)").fill("99")
    run = form.start()
    assert run.wait_for_end() == "Failed"
    run.tab("Details")
    expect(page.get_by_text("InputError: there is no stage '99'; the stages are")).to_be_visible()
    expect(page.get_by_text("did not generate any task or subflow runs")).to_be_visible()
