"""What a build shows in the Prefect UI, read back from a real Prefect server."""

import asyncio
import re
from collections.abc import Coroutine
from pathlib import Path

import pytest
from prefect import flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import Artifact

from core.artifacts.build_record import BuildRecord, StageRecord, StageStatus, Usage
from core.layout import DOCS, SCHEMA
from core.stages import StageTable
from providers.vcs.publisher import Publication
from tasks.engine import console
from tasks.engine.build_session import BuildSession
from tasks.engine.stage_call import StageResult
from tests.tasks.sessions import ScriptedModel, open_session

RECORD = BuildRecord(build_id="b-1", project_id="b", project_name="Task Tracker", user="u")
DONE = StageRecord(
    status=StageStatus.COMPLETED,
    models=("deepseek/deepseek-v3", "demo/demo"),
    attempts=2,
    usage=Usage(calls=3, from_cache=1, input_tokens=12_345, output_tokens=678, cost_usd=0.01234),
    seconds=4.56,
)


@pytest.fixture
def session(tmp_path: Path, request: pytest.FixtureRequest) -> BuildSession:
    """A session whose artifacts have keys of their own on the shared server."""
    opened = open_session(tmp_path, ScriptedModel([]))
    opened.build_id = request.node.name.replace("_", "-")
    return opened


async def in_a_run(show: Coroutine[None, None, None]) -> None:
    """Show something as builds do, within a flow run."""

    @flow(name="shows")
    async def shows() -> None:
        await show

    await shows()


async def shown(session: BuildSession, what: str) -> list[Artifact]:
    key = ArtifactFilterKey(any_=[f"{what}-{session.build_id}"])
    async with get_client() as client:
        return await client.read_artifacts(artifact_filter=ArtifactFilter(key=key))


def rows_of(page: object) -> list[dict[str, str]]:
    """The rows of a table in Markdown, by the names of its columns."""
    assert isinstance(page, str)
    head, _, *rows = (
        [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in page.splitlines()
    )
    return [dict(zip(head, row, strict=True)) for row in rows]


def row_of(rows: list[dict[str, str]], label: str) -> dict[str, str]:
    (row,) = (row for row in rows if row["stage"] == label)
    return row


def stage_rows(session: BuildSession, number: str, done: StageRecord) -> list[dict[str, str]]:
    record = RECORD.model_copy(update={"stages": {number: done}})
    return rows_of(console.stages_page(session.table, record))


def test_a_stage_is_a_row_with_what_it_took(session: BuildSession) -> None:
    rows = stage_rows(session, "3", DONE)

    assert [row["stage"] for row in rows] == [stage.label for stage in session.table.stages]
    assert row_of(rows, "3 schema-generator") == {
        "stage": "3 schema-generator",
        "status": "completed",
        "attempts": "2",
        "calls": "3 (1 from cache)",
        "tokens in / out": "12,345 / 678",
        "cost": "$0.0123",
        "time": "4.6\N{NO-BREAK SPACE}s",
        "model": "deepseek/deepseek-v3, demo/demo",
    }
    pending = row_of(rows, "3.5 structural-validator")
    assert (pending["status"], pending["calls"], pending["model"]) == ("pending", "0", "–")


def test_what_was_kept_is_told(session: BuildSession) -> None:
    kept = DONE.model_copy(update={"cached": True})
    rows = stage_rows(session, "3", kept)
    assert row_of(rows, "3 schema-generator")["status"] == "completed (kept)"


def test_errors_have_a_column_in_every_row_when_there_is_one(session: BuildSession) -> None:
    failed = StageRecord(status=StageStatus.FAILED, error="the model said nothing")
    rows = stage_rows(session, "3", failed)
    assert [row["error"] for row in rows].count("") == len(rows) - 1
    assert row_of(rows, "3 schema-generator")["error"] == "the model said nothing"


@pytest.mark.usefixtures("prefect_server")
async def test_a_document_is_shown_once_by_the_last_stage_that_writes_it(
    session: BuildSession,
) -> None:
    session.artifacts |= {DOCS: "# Without tables", SCHEMA: "{}"}
    await in_a_run(console.show_stage(session, session.table["2"]))
    assert await shown(session, "documentation") == []

    session.artifacts[DOCS] = "# With tables"
    await in_a_run(console.show_stage(session, session.table["3"]))
    (document,) = await shown(session, "documentation")
    assert (document.type, document.data) == ("markdown", "# With tables")
    assert document.description == "Documentation of Task Tracker"


@pytest.mark.usefixtures("prefect_server")
async def test_a_document_of_any_stage_is_shown_by_its_name(session: BuildSession) -> None:
    stage = session.table["8"].model_copy(update={"writes": ("docs/word_list.md",)})
    session.table = StageTable((*session.table.stages[:-1], stage))
    session.artifacts["docs/word_list.md"] = "# Words"

    await in_a_run(console.show_stage(session, stage))

    (document,) = await shown(session, "word-list")
    assert (document.type, document.data) == ("markdown", "# Words")
    assert document.description == "Word-list of Task Tracker"


@pytest.mark.usefixtures("prefect_server")
async def test_a_demo_model_is_named_where_its_work_is_shown(session: BuildSession) -> None:
    await session.recorder.update(demo=True)
    await in_a_run(console.show_stages(session))
    (table,) = await shown(session, "stages")
    assert table.description == "Demo model: stages of Task Tracker"
    assert len(rows_of(table.data)) == len(session.table.stages)


@pytest.mark.parametrize(
    ("location", "where", "clone"),
    [
        ("/srv/my builds/b.git", "`/srv/my builds/b.git`", "'/srv/my builds/b.git'"),
        ("https://git.test/b.git", "<https://git.test/b.git>", "https://git.test/b.git"),
    ],
    ids=["folder", "url"],
)
@pytest.mark.usefixtures("prefect_server")
async def test_it_is_told_how_to_clone_the_repository(
    session: BuildSession, location: str, where: str, clone: str
) -> None:
    session.build_id = "folder" if location.startswith("/") else "url"
    publication = Publication(location=location, branch="review/b-1", commit="0" * 40)
    await in_a_run(console.show_repository(session, publication))
    (repository,) = await shown(session, "repository")
    assert repository.data == (
        f"{where}, branch `review/b-1`\n\n```sh\ngit clone --branch review/b-1 {clone}\n```\n"
    )
    assert repository.description == "Repository of Task Tracker"


@pytest.mark.usefixtures("prefect_server")
async def test_a_pull_request_is_linked(session: BuildSession) -> None:
    session.build_id = "asked"
    request = "https://git.test/b/pull/1"
    publication = Publication(
        location="https://git.test/b.git", branch="build/b-1", commit="0" * 40, pull_request=request
    )
    await in_a_run(console.show_repository(session, publication))
    (repository,) = await shown(session, "repository")
    assert f"Pull request: <{request}>" in str(repository.data)


@pytest.mark.usefixtures("prefect_server")
async def test_progress_grows_with_the_files(session: BuildSession) -> None:
    async def write_one_of_four() -> None:
        async with console.FileProgress(session, total=4) as progress:
            progress.file_written("app/main.py", Usage())

    await in_a_run(write_one_of_four())
    (bar,) = await shown(session, "files")
    assert (bar.type, bar.data) == ("progress", 25.0)
    assert bar.description == "4 files of Task Tracker"


@pytest.mark.usefixtures("prefect_server")
async def test_the_bar_is_full_when_all_files_are_there(session: BuildSession) -> None:
    async def write_all() -> None:
        async with console.FileProgress(session, total=2) as progress:
            for path in ("a.py", "b.py"):
                progress.file_written(path, Usage())

    session.build_id = "all-files"
    await in_a_run(write_all())
    (bar,) = await shown(session, "files")
    assert bar.data == 100.0


@pytest.mark.usefixtures("prefect_server")
async def test_a_batch_shows_each_of_its_files(session: BuildSession) -> None:
    usage = Usage(calls=2, input_tokens=4_000, output_tokens=900, cost_usd=0.0123, seconds=3.25)
    batch = console.BatchTable(session, 3, ["a.py", "b.py", "c.py", "d.py"])

    async def write() -> None:
        async with batch:
            batch.written("a.py", 2, StageResult(usage=usage))
            batch.written("b.py", 0, StageResult(usage=usage))
            batch.failed("c.py", 3, "the model | broke")

    await in_a_run(write())
    (page,) = await shown(session, "files-3")
    rows = [line.strip("| ").split(" | ") for line in str(page.data).splitlines()[2:]]
    assert rows[0] == ["`a.py`", "written", "2", "2", "4,000 / 900", "$0.0123", "3.2\u00a0s"]
    assert rows[1][:3] == ["`b.py`", "kept", "0"]
    assert rows[2][:3] == ["`c.py`", "failed: the model \\| broke", "3"]
    assert rows[3][:3] == ["`d.py`", "not there yet", "0"]
    assert page.description == "Batch 3 of files of Task Tracker"


@pytest.mark.usefixtures("prefect_server")
async def test_the_table_of_a_batch_shows_files_before_all_are_there(
    session: BuildSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "_TABLE_SECONDS", 0.05)

    async def text_with(wanted: str) -> str:
        async with asyncio.timeout(60):
            while True:
                for page in await shown(session, "files-1"):
                    if wanted in str(page.data):
                        return str(page.data)
                await asyncio.sleep(0.05)

    async def write() -> None:
        async with (batch := console.BatchTable(session, 1, ["a.py", "b.py"])):
            assert (await text_with("a.py")).count("not there yet") == 2
            batch.written("a.py", 1, StageResult())
            assert (await text_with("written")).count("not there yet") == 1
            raise ValueError("b.py could not be written")

    with pytest.raises(ValueError, match="could not be written"):
        await in_a_run(write())


RECORD_KEY = "project/{build}/report/calls/{stage}/2026{day}T050607.089Z-n.md"


async def keep_calls(session: BuildSession, stage: str, *days: str) -> None:
    for day in days:
        key = RECORD_KEY.format(build=session.build_id, stage=stage, day=day)
        await session.store.write_text(key, f"# Call of {day}\n")


@pytest.mark.usefixtures("prefect_server")
async def test_the_table_leads_to_what_a_stage_asked_and_was_answered(
    session: BuildSession,
) -> None:
    await session.recorder.update(build_id=session.build_id, stages={"3.5": DONE})
    await keep_calls(session, "3.5/structural-validator", "0103", "0104")

    await in_a_run(console.show_calls(session, session.table["3.5"]))
    await in_a_run(console.show_calls(session, session.table["4"]))
    await in_a_run(console.show_stages(session))

    assert await shown(session, "calls-4") == []
    (calls,) = await shown(session, "calls-3-5")
    assert calls.description == "Calls of stage 3.5 structural-validator of Task Tracker"
    assert isinstance(calls.data, str)
    assert calls.data.index("# Call of 0104") < calls.data.index("# Call of 0103")
    (table,) = await shown(session, "stages")
    rows = rows_of(table.data)
    link = f"[3 (1 from cache)](../key/{calls.key})"
    assert row_of(rows, "3.5 structural-validator")["calls"] == link
    assert row_of(rows, "3 schema-generator")["calls"] == "0"


@pytest.mark.usefixtures("prefect_server")
async def test_the_calls_of_the_stage_that_failed_are_shown_at_the_end(
    session: BuildSession,
) -> None:
    failed = StageRecord(status=StageStatus.FAILED, error="no")
    await session.recorder.update(stages={"3": failed}, current_stage="3")
    await keep_calls(session, "3/schema-generator", "0103")
    await in_a_run(console.show_stages(session))
    (calls,) = await shown(session, "calls-3")
    assert isinstance(calls.data, str)
    assert "# Call of 0103" in calls.data
