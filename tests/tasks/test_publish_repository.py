"""Stage 8: the report's commit, the branch, and what the report says of each file."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from core.artifacts.build_report import BuildReport, FileEffort
from core.artifacts.file_prompts import FilePrompt, FilePrompts
from core.artifacts.fixes import Fixes
from core.artifacts.report import TestReport
from core.artifacts.structure import ValidatedStructure
from core.layout import (
    CODE,
    COMMITTED_REPORT,
    FILE_PROMPTS,
    FIXES,
    REPORT,
    REPORT_JSON,
    SPECS,
    SPECS_CLEAN,
    TESTS_REPORT,
    VALIDATED_STRUCTURE,
)
from providers.vcs.history import Commit, FileChange, write_history
from tasks.engine.history import BRANCH
from tasks.publish_repository import efforts_of, publish_repository
from tests.codegen.structures import MODULE, SPEC
from tests.tasks.fixing.test_budget import row
from tests.tasks.sessions import ANSWERS, ScriptedModel, open_session, work_on

GREEN = TestReport(status="green")
RED = TestReport(status="red", reason="1 test failed.")


async def published(
    folder: Path,
    tests: TestReport,
    refused: tuple[FilePrompt, ...] = (),
    files: Mapping[str, str] = {"app/models.py": "x = 1\n"},
) -> tuple[BuildReport, str]:
    session = open_session(folder, ScriptedModel([]))
    changes = tuple(FileChange(path=path, content=text) for path, text in files.items())
    commits = [Commit(message="Write it", changes=changes)]
    (commit,) = await write_history(session.repository, commits, branch=BRANCH)
    inputs = {
        SPECS: ANSWERS,
        SPECS_CLEAN: SPEC,
        VALIDATED_STRUCTURE: ValidatedStructure(modules=(MODULE,)),
        CODE: commit,
        FILE_PROMPTS: FilePrompts(budget=1, files=refused),
        TESTS_REPORT: tests,
        FIXES: Fixes(status="not-needed"),
    }
    outputs = await publish_repository(work_on(session, "8", inputs))
    report = outputs[REPORT_JSON]
    assert isinstance(report, BuildReport)
    assert str(outputs[REPORT]).startswith("# Task Tracker\n")
    return report, commit


def git(report: BuildReport, *arguments: str) -> str:
    command = ["git", "-C", report.repository, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(autouse=True)
def no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    async def show_nothing(*_: object) -> None:
        """The page needs a Prefect server."""

    monkeypatch.setattr("tasks.engine.console.show_repository", show_nothing)


async def test_the_report_is_the_last_commit_and_changes_nothing_else(tmp_path: Path) -> None:
    report, commit = await published(tmp_path, GREEN)
    assert report.branch == "main"
    assert git(report, "rev-parse", f"{report.commit}^") == commit
    assert git(report, "diff", "--name-only", commit, report.commit) == COMMITTED_REPORT
    page = git(report, "show", f"{report.commit}:{COMMITTED_REPORT}")
    assert page.startswith("# Build report of Task Tracker\n\nThe tests are green.")
    assert [file.path for file in report.files] == ["app/models.py"]


async def test_what_is_not_green_goes_to_a_review_branch_and_says_so(tmp_path: Path) -> None:
    report, _ = await published(tmp_path, RED)
    assert report.branch == "review/b-1"
    page = git(report, "show", f"{report.commit}:{COMMITTED_REPORT}")
    assert "**This is not verified**, so it is on the review branch: 1 test failed." in page


async def test_another_place_makes_the_same_commit(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, _ = await published(tmp_path / "a", RED)
    second, _ = await published(tmp_path / "b", RED)
    assert first.repository != second.repository
    assert first.commit == second.commit


def test_what_was_asked_about_a_file_is_counted_by_kind() -> None:
    brief = row(1, "7", "0.5").model_copy(update={"file": "a.py", "template": "prompt-builder"})
    text = row(2, "7", "1").model_copy(update={"file": "a.py", "template": "coder"})
    assert efforts_of([brief, text, text, row(3, "5", "9")]) == {
        "a.py": FileEffort(attempts=2, calls=3, cost_usd=2.5)
    }


async def test_a_file_that_nobody_wrote_is_named_with_what_was_wrong(tmp_path: Path) -> None:
    path = MODULE.files[0].path
    refused = (FilePrompt(path=path, refused="Line 3: it is a stub."),)
    empty = {file.path: "" for file in MODULE.files}
    report, _ = await published(tmp_path, RED, refused, empty)
    assert report.unwritten == {path: "Line 3: it is a stub."}
    page = git(report, "show", f"{report.commit}:{COMMITTED_REPORT}")
    assert f"## Files that no model wrote acceptably\n\n- `{path}`:\n" in page
    assert "it is a stub." in page
