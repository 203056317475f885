"""A person is asked what is unclear, approves the structure, and follows the build to its end."""

import json
import re

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.real_browser.pictures import Pictures, heighten
from tests.real_browser.prefect_stack import PrefectStack
from tests.real_browser.run_form import RunForm
from tests.real_browser.run_page import RunPage

WHO = "Only the people of the household."
WISH = "Keep everything on one page."
pytestmark = pytest.mark.timeout(1_500)


@pytest.fixture(scope="module")
def build(context: BrowserContext, stack: PrefectStack, pictures: Pictures) -> str:
    """Fill in the form, answer, send the structure back once, approve it, and wait for the end.

    Returns:
        Address of the run's page.
    """
    with context.new_page() as page:
        heighten(page, 1_100)
        form = RunForm(page, stack.url)
        form.text("Project name").fill("Herb Garden")
        form.text("Summary").fill("A household notes which herbs it grows, and where.")
        form.switch_on("Ask me (Optional)")
        form.switch_on("Show me the structure first (Optional)")
        pictures.take(page, "run-form-options")
        run = form.start()

        run.wait_for_question("1 clarifier")
        dialog = run.question()
        expect(dialog.get_by_text("There are 2 questions about Herb Garden.")).to_be_visible()
        expect(dialog.get_by_text(re.compile("Left empty: It keeps one kind"))).to_be_visible()
        dialog.get_by_label("Who uses it? (Optional)", exact=True).fill(WHO)
        pictures.take(page, "questions")
        run.answer(dialog)
        run.wait_until_it_goes_on()

        run.wait_for_question("5 validator")
        dialog = run.question()
        expect(dialog.get_by_text(re.compile("is expected to cost"))).to_be_visible()
        pictures.take(page, "approval")
        dialog.get_by_role("button", name="Select How to go on").click()
        page.get_by_role("option", name="Change the structure").click()
        dialog.get_by_label("What should be different (Optional)", exact=True).fill(WISH)
        run.answer(dialog)
        run.wait_until_it_goes_on()

        run.wait_for_question("5 validator")
        dialog = run.question()
        expect(dialog.get_by_text(re.compile("It can be changed 2 more times"))).to_be_visible()
        run.answer(dialog)
        run.wait_until_it_goes_on()
        assert run.wait_for_end() == "Completed", (stack.home.parent / "worker.log").read_text()
        return page.url


@pytest.fixture
def run(page: Page, build: str) -> RunPage:
    """The page of the run."""
    page.goto(build)
    expect(page.get_by_role("tab", name="Task Runs")).to_be_visible()
    return RunPage(page)


def test_the_structure_is_a_page(page: Page, run: RunPage, pictures: Pictures) -> None:
    heighten(page, 1_900)
    run.open_artifact("structure")
    for heading in ("Expected cost", "Files", "Acceptance tests", "Packages"):
        expect(page.get_by_role("heading", name=heading, level=2, exact=True)).to_be_visible()
    expect(page.get_by_role("cell", name="app/main.py", exact=True).first).to_be_visible()
    pictures.take(page, "structure")


def test_the_report_tells_who_answered_what(page: Page, run: RunPage) -> None:
    run.open_artifact("report")
    shown = page.get_by_test_id("markdown-display")
    expect(page.get_by_role("heading", name="Questions", level=2, exact=True)).to_be_visible()
    expect(shown.get_by_text(WHO).first).to_be_visible()
    expect(shown.get_by_role("cell", name="assumed", exact=True)).to_be_visible()


def test_answers_and_decisions_are_kept_with_the_build(run: RunPage, stack: PrefectStack) -> None:
    (folder,) = (stack.home / "store" / "project").glob("herb-garden-*")
    asked = json.loads((folder / "specs/clarification_history.json").read_text())["rounds"]
    assert [one["answered_by"] for one in asked[0]["questions"]] == ["assumption", "person"]
    decisions = json.loads((folder / "decisions.json").read_text())["decisions"]
    assert [one["answer"].get("action") for one in decisions.values()] == [
        None,
        "Change the structure",
        "Write the code",
    ]
    told = [path for path in (folder / "report/calls/4").rglob("*.md") if WISH in path.read_text()]
    assert told
