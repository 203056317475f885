"""Stage 8: the report's commit, the branch, and what the report says of each file."""

import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from core.artifacts.build_report import BuildReport, FileEffort
from core.artifacts.file_prompts import FilePrompt, FilePrompts
from core.artifacts.fixes import Fixes
from core.artifacts.published import PublishedBuild
from core.artifacts.report import TestReport
from core.artifacts.schema import Schema
from core.artifacts.specs import ClarificationHistory
from core.artifacts.structure import ValidatedStructure
from core.layout import (
    CLARIFICATION_HISTORY,
    CODE,
    COMMITTED_REPORT,
    DOCS,
    FILE_PROMPTS,
    FIXES,
    REPORT,
    REPORT_JSON,
    SCHEMA,
    SPECS,
    SPECS_CLEAN,
    TESTS_REPORT,
    VALIDATED_STRUCTURE,
    published_build,
)
from core.options import BuildOptions, Publisher
from providers.vcs.history import Commit, FileChange, write_history
from tasks.engine.baseline import Baseline, answers_id
from tasks.engine.build_session import BuildSession
from tasks.engine.history import BRANCH
from tasks.engine.stage_call import as_text
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
        CLARIFICATION_HISTORY: ClarificationHistory(),
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


class Changing:
    """A product that was published, and is built again with the same files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.first = PublishedBuild(
            build_id="b-0", project_id="b", answers_id="b-0", commit="", green=True, name="b-0"
        )

    async def run(
        self, options: BuildOptions, tests: TestReport = GREEN, text: str = "x = 1\n"
    ) -> BuildSession:
        """Stage 8 of a build that changes the first one, whose history it has."""
        session = open_session(self.folder, ScriptedModel([]), options=options)
        write = Commit("Write it", (FileChange(path="app/models.py", content="x = 1\n"),))
        report = Commit("Report", (FileChange(path=COMMITTED_REPORT, content="It is green."),))
        commits = await write_history(session.repository, [write, report], branch=BRANCH)
        inputs = {
            SPECS: ANSWERS,
            CLARIFICATION_HISTORY: ClarificationHistory(),
            SPECS_CLEAN: SPEC,
            VALIDATED_STRUCTURE: ValidatedStructure(modules=(MODULE,)),
            FILE_PROMPTS: FilePrompts(budget=1),
            FIXES: Fixes(status="not-needed"),
        }
        baseline = Baseline(
            published=self.first.model_copy(
                update={"commit": commits[-1], "branch": "main", "repository": "/there"}
            ),
            general=(),
            unknown=(),
            documents={
                **{path: as_text(value) for path, value in inputs.items()},
                DOCS: "# Docs\n",
                SCHEMA: Schema().model_dump_json(),
            },
            files={"app/models.py": "x = 1\n"},
        )
        taken = FileChange(path=COMMITTED_REPORT, content=None)
        again = Commit("Write it", (taken, FileChange(path="app/models.py", content=text)))
        more = await write_history(session.repository, [again], branch=BRANCH, parent=commits[-1])
        session = replace(session, baseline=baseline)
        inputs |= {CODE: more[-1], TESTS_REPORT: tests}
        await publish_repository(work_on(session, "8", inputs))
        return session


async def test_where_all_is_published_already_nothing_is(tmp_path: Path) -> None:
    session = await Changing(tmp_path).run(BuildOptions())
    record = session.recorder.record
    baseline = session.baseline
    assert baseline is not None
    assert (record.repository, record.branch) == ("/there", "main")
    assert record.commit == baseline.published.commit
    assert not (tmp_path / "repositories").exists()
    last = await session.store.read_artifact(published_build("b"), PublishedBuild)
    assert (last.build_id, last.baseline, last.commit) == ("b-1", "b-0", record.commit)
    assert last.answers_id == answers_id(session.questionnaire, session.options)
    assert await session.store.exists("project/b-1/history.bundle")


@pytest.mark.parametrize(
    "options",
    [
        BuildOptions(publisher=Publisher.GITHUB),
        BuildOptions(publisher=Publisher.GITHUB, repository_name="elsewhere"),
    ],
    ids=["publisher", "publisher and name"],
)
async def test_the_same_files_for_another_place_are_published_there(
    tmp_path: Path, options: BuildOptions
) -> None:
    record = (await Changing(tmp_path).run(options)).recorder.record
    assert Path(record.repository).parent == tmp_path / "repositories"
    assert Path(record.repository).stem == (options.repository_name or "b")


async def test_the_same_files_under_another_name_are_published_there(tmp_path: Path) -> None:
    changing = Changing(tmp_path)
    changing.first = changing.first.model_copy(
        update={"publisher": Publisher.GITHUB, "name": "shop"}
    )
    same = BuildOptions(publisher=Publisher.GITHUB, repository_name="shop")
    assert (await changing.run(same)).recorder.record.repository == "/there"
    other = BuildOptions(publisher=Publisher.GITHUB, repository_name="store")
    assert Path((await changing.run(other)).recorder.record.repository).stem == "store"


@pytest.mark.parametrize(("tests", "text"), [(RED, "x = 1\n"), (GREEN, "x = 2\n")])
async def test_what_is_different_is_published(tmp_path: Path, tests: TestReport, text: str) -> None:
    record = (await Changing(tmp_path).run(BuildOptions(), tests, text)).recorder.record
    assert Path(record.repository).stem == "b-0"
    assert record.branch == ("main" if tests is GREEN else "review/b-1")
