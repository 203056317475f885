"""A person fills in the form, and follows the build to its repository."""

import re
import shlex
import subprocess
from pathlib import Path
from urllib.parse import urljoin

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from core.stages import read_stage_rows
from tests.real_browser.pictures import Pictures, heighten
from tests.real_browser.prefect_stack import PrefectStack
from tests.real_browser.run_form import RunForm
from tests.real_browser.run_page import RunPage

SUMMARY = (
    "A household keeps track of its plants: what they are called, where they stand, and when each "
    "was watered last."
)
pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def build(context: BrowserContext, stack: PrefectStack, pictures: Pictures) -> str:
    """Fill in the form and wait for the build.

    Returns:
        Address of the run's page.
    """
    with context.new_page() as page:
        heighten(page, 1_300)
        form = RunForm(page, stack.url)
        form.text("Project name").fill("Plant Diary")
        form.text("Summary").fill(SUMMARY)
        form.add_item("Users (Optional)").locator("textarea").fill("Household member")
        feature = form.add_item("Features (Optional)")
        form.text("Title", feature).fill("Watering log")
        form.text("Description (Optional)", feature).fill(
            "Each watering is noted with its day; a plant shows when it was watered last."
        )
        entity = form.add_item("Entities (Optional)")
        form.text("Name", entity).fill("Plant")
        page.mouse.wheel(0, -10_000)
        pictures.take(page, "run-form")
        run = form.start()
        assert run.wait_for_end() == "Completed", (stack.home.parent / "worker.log").read_text()
        return page.url


@pytest.fixture
def run(page: Page, build: str) -> RunPage:
    """The page of the run."""
    page.goto(build)
    expect(page.get_by_role("tab", name="Task Runs")).to_be_visible()
    return RunPage(page)


def test_the_run_is_named_after_the_project(page: Page, run: RunPage) -> None:
    expect(page.get_by_role("main").get_by_text("Plant Diary", exact=True)).to_be_visible()
    run.tab("Logs")
    expect(page.get_by_text(re.compile("A demo model answers in this build"))).to_be_visible()


def test_task_runs_have_names_a_person_recognises(
    page: Page, run: RunPage, pictures: Pictures
) -> None:
    heighten(page, 1_200)
    run.lay_out("Dependency grid")
    run.tab("Task Runs")
    expect(page.get_by_text("8 repo-creation", exact=True)).to_be_visible()
    expect(page.get_by_text("7.5 test-and-self-fix", exact=True)).to_be_visible()
    pictures.take(page, "run")
    page.get_by_placeholder("Search by run name").fill("app/models")
    expect(page.get_by_text("7 code-generation app/models/plant.py", exact=True)).to_be_visible()
    expect(page.get_by_text("8 repo-creation", exact=True)).to_be_hidden()


def test_every_artifact_is_listed_once(page: Page, run: RunPage, pictures: Pictures) -> None:
    heighten(page, 1_200)
    run.tab("Artifacts")
    for what in ("documentation", "files", "report", "repository", "stages"):
        expect(run.artifact(what)).to_have_count(1)
    pictures.take(page, "artifacts")


def test_the_stage_table_says_what_each_stage_took(
    page: Page, run: RunPage, pictures: Pictures
) -> None:
    run.open_artifact("stages")
    table = page.get_by_role("table")
    header = ["stage", "status", "model", "attempts", "calls", "tokens in / out", "cost", "time"]
    assert table.get_by_role("columnheader").all_inner_texts() == header
    row = table.get_by_role("row").filter(has_text="7 code-generation")
    expect(row).to_contain_text("completed")
    expect(row).to_contain_text("demo/demo")
    seen = [text.split("\t")[0].strip() for text in table.get_by_role("row").all_inner_texts()[1:]]
    assert seen == [f"{stage['number']} {stage['name']}" for stage in read_stage_rows()]
    pictures.take(page, "stages")


def test_the_stage_table_leads_to_what_was_asked_and_answered(page: Page, run: RunPage) -> None:
    run.open_artifact("stages")
    row = page.get_by_role("table").get_by_role("row").filter(has_text="2 docs-creator")
    target = row.get_by_role("link").get_attribute("href")
    assert target is not None
    page.goto(urljoin(page.url, target))
    page.locator("a[href*='/artifacts/artifact/']").first.click()
    expect(page.get_by_role("heading", name=re.compile("Stage 2: docs-creator"))).to_be_visible()


def test_the_documentation_is_a_page(page: Page, run: RunPage, pictures: Pictures) -> None:
    heighten(page, 1_300)
    run.open_artifact("documentation")
    expect(page.get_by_role("heading", name="Plant Diary", level=1, exact=True)).to_be_visible()
    expect(page.get_by_role("heading", name="FR-1: Watering log")).to_be_visible()
    shown = page.get_by_test_id("markdown-display")
    expect(shown.get_by_text(SUMMARY)).to_be_visible()
    expect(shown.get_by_role("cell", name="/api/plants", exact=True).first).to_be_visible()
    pictures.take(page, "documentation")


def test_progress_of_the_files_is_shown(page: Page, run: RunPage) -> None:
    run.open_artifact("files")
    expect(page.get_by_text("Progress: 100%")).to_be_visible()
    expect(page.get_by_text(re.compile(r"\d+ files of Plant Diary"))).to_be_visible()


def test_the_report_is_a_page(page: Page, run: RunPage, pictures: Pictures) -> None:
    heighten(page, 1_900)
    run.open_artifact("report")
    shown = page.get_by_test_id("markdown-display")
    expect(shown.get_by_text("A demo model wrote this")).to_be_visible()
    for heading in ("Build", "Stages", "Tests"):
        expect(page.get_by_role("heading", name=heading, level=2, exact=True)).to_be_visible()
    pictures.take(page, "report")


def test_the_repository_can_be_cloned_as_shown(page: Page, run: RunPage, tmp_path: Path) -> None:
    run.open_artifact("repository")
    command = page.get_by_test_id("markdown-display").locator("pre").inner_text()
    assert command.startswith("git clone --branch ")
    clone = tmp_path / "clone"
    subprocess.run([*shlex.split(command), "--quiet", clone], check=True)
    assert (clone / "README.md").read_text().startswith("# Plant Diary")
