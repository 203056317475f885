"""Whole builds with the demo model, in a Prefect server of the tests."""

import asyncio
import json
import subprocess
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.client.schemas.objects import TaskRunResult

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.report import TestReport
from core.artifacts.schema import Schema
from core.artifacts.structure import ValidatedStructure
from core.errors import InputError, StageFailedError
from core.layout import (
    ARTIFACT_TYPES,
    BUILD_RECORD,
    DOCS,
    REPORT,
    SCHEMA,
    TESTS_REPORT,
    VALIDATED_STRUCTURE,
)
from core.options import BuildOptions
from core.stages import read_stage_rows
from flows.build_app import build_app
from flows.questionnaire_file import read_questionnaire

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.json"))
TINY = Questionnaire(project_name="Notes", summary="Keeps short notes.")

pytestmark = pytest.mark.usefixtures("prefect_server")
by_reading = pytest.mark.usefixtures("verified_by_reading")


def artifact(home: Path, record: BuildRecord, path: str) -> str:
    return (home / "store" / "project" / record.build_id / path).read_text(encoding="utf-8")


def cloned(record: BuildRecord, home: Path) -> Path:
    folder = home / "clone"
    subprocess.run(["git", "clone", "-q", record.repository, folder], check=True)
    return folder


STAGES = [row["number"] for row in read_stage_rows()]
KEPT = [row["number"] for row in read_stage_rows() if row.get("cached", True)]
"""Stages whose results are kept: all but those that work on this machine's disk."""


def kept_up_to(stage: str) -> list[str]:
    earlier = STAGES[: STAGES.index(stage)]
    return [number for number in KEPT if number in earlier]


def kept(record: BuildRecord) -> list[str]:
    return [number for number, stage in record.stages.items() if stage.cached]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
async def test_an_example_becomes_a_green_repository_with_every_artifact(
    home: Path, example: Path
) -> None:
    record = await build_app(read_questionnaire(example))
    assert record.status is BuildStatus.COMPLETED
    assert record.test_status == "green"
    assert record.demo
    assert record.branch == "main"
    for path, kind in ARTIFACT_TYPES.items():
        kind.model_validate_json(artifact(home, record, path))
    assert "A demo model wrote this" in artifact(home, record, REPORT)
    readme = (cloned(record, home) / "README.md").read_text(encoding="utf-8")
    assert readme == artifact(home, record, "code/README.md")


@by_reading
async def test_built_again_it_is_the_same_and_no_model_is_asked(home: Path) -> None:
    first = await build_app(TINY)
    again = await build_app(TINY)
    assert again.commit == first.commit
    assert kept(again) == KEPT
    assert again.totals.calls == first.totals.calls
    assert again.totals.input_tokens == first.totals.input_tokens


@by_reading
async def test_built_in_another_place_it_has_the_same_commit_id(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await build_app(TINY)
    monkeypatch.setenv("APP_BUILDER_HOME", str(home / "elsewhere"))
    second = await build_app(TINY)
    assert kept(second) == []
    assert second.commit == first.commit


@by_reading
async def test_a_fresh_build_shares_nothing_and_is_resumed_by_the_same_text(home: Path) -> None:
    first = await build_app(TINY)
    fresh = await build_app(TINY, BuildOptions(fresh="again"))
    assert fresh.build_id != first.build_id
    assert kept(fresh) == []
    assert kept(await build_app(TINY, BuildOptions(fresh="again"))) == KEPT


@by_reading
async def test_from_a_stage_on_everything_is_asked_again(home: Path) -> None:
    await build_app(TINY)
    record = await build_app(TINY, BuildOptions(from_stage="3.5"))
    assert kept(record) == kept_up_to("3.5")


@by_reading
async def test_a_redo_that_was_stopped_goes_on_and_is_not_begun_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await build_app(TINY)
    again = BuildOptions(from_stage="3")
    monkeypatch.setenv("APP_BUILDER_CALLS__PER_BUILD", str(first.totals.calls + 5))
    with pytest.raises(StageFailedError, match="APP_BUILDER_CALLS__PER_BUILD"):
        await build_app(TINY, again)
    monkeypatch.delenv("APP_BUILDER_CALLS__PER_BUILD")
    resumed = await build_app(TINY, again)
    assert kept(resumed) == [*kept_up_to("3"), "3", "3.5"]
    assert kept(await build_app(TINY)) == KEPT
    assert kept(await build_app(TINY, again)) == kept_up_to("3")


@by_reading
async def test_of_an_edited_artifact_only_what_depends_on_it_is_redone(home: Path) -> None:
    first = await build_app(TINY)
    schema = Schema.model_validate_json(artifact(home, first, SCHEMA))
    entity = schema.entities[0]
    edited = schema.model_copy(
        update={"entities": (entity.model_copy(update={"description": "Edited by hand."}),)}
    )
    record = await build_app(TINY, BuildOptions(use={SCHEMA: edited.model_dump_json()}))
    assert record.build_id == first.build_id
    assert set(kept_up_to("3")) <= set(kept(record))
    assert not {"3", "3.5"} & set(kept(record))
    assert record.edited == (SCHEMA,)
    assert Schema.model_validate_json(artifact(home, record, SCHEMA)) == edited
    assert "## Edited by hand" in artifact(home, record, REPORT)


@by_reading
async def test_files_that_an_edit_takes_out_of_the_structure_leave_the_store(home: Path) -> None:
    first = await build_app(TINY)
    structure = ValidatedStructure.model_validate_json(artifact(home, first, VALIDATED_STRUCTURE))
    last = structure.modules[-1]
    dropped = next(file.path for file in last.files if file.path == "Dockerfile")
    kept_files = tuple(file for file in last.files if file.path != dropped)
    edited = structure.model_copy(
        update={"modules": (*structure.modules[:-1], last.model_copy(update={"files": kept_files}))}
    )
    code = home / "store" / "project" / first.build_id / "code"
    assert (code / dropped).exists()
    await build_app(TINY, BuildOptions(use={VALIDATED_STRUCTURE: edited.model_dump_json()}))
    assert not (code / dropped).exists()
    assert {str(path.relative_to(code)) for path in code.rglob("*") if path.is_file()} == {
        file.path for file in edited.files
    }


def commit_of_tests(home: Path, record: BuildRecord) -> str:
    """The commit that was tested: all files but the report, which tells of edits."""
    return TestReport.model_validate_json(artifact(home, record, TESTS_REPORT)).commit


@by_reading
async def test_an_edit_that_changes_nothing_redoes_nothing_later(home: Path) -> None:
    first = await build_app(TINY)
    same = artifact(home, first, DOCS).split("<!-- schema: begin -->")[0].strip() + "\n"
    record = await build_app(TINY, BuildOptions(use={DOCS: same}))
    assert commit_of_tests(home, record) == commit_of_tests(home, first)
    assert kept(record) == [number for number in KEPT if number != "2"]


async def test_a_wrong_option_is_refused_before_anything_is_written(home: Path) -> None:
    with pytest.raises(InputError, match="unknown provider"):
        await build_app(TINY, BuildOptions(models={"3": "nobody/m"}))
    assert not (home / "store" / "project").exists()


@by_reading
async def test_the_record_says_how_the_build_went(home: Path) -> None:
    record = await build_app(TINY)
    stored = BuildRecord.model_validate_json(artifact(home, record, BUILD_RECORD))
    assert stored == record
    assert record.current_stage == "8"
    assert record.failed_at is None
    assert record.started_at <= record.finished_at
    assert record.stages["3"].models == ("demo/demo",)
    assert record.stages["7"].artifacts == ("code/", "report/files.json")
    assert json.loads(stored.model_dump_json())["stages"]["1"]["status"] == "completed"


async def edges(record: BuildRecord, last: str) -> dict[str, set[str]]:
    """Names of a build's task runs, each with those it follows, once the last is recorded."""
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(record.flow_run_id)]))
    async with get_client() as client, asyncio.timeout(60):
        while True:
            runs = await client.read_task_runs(flow_run_filter=wanted)
            if any(run.name == last and run.state and run.state.is_final() for run in runs):
                break
            await asyncio.sleep(0.2)
    names = {run.id: run.name for run in runs}
    return {
        run.name: {
            names[before.id]
            for before in run.task_inputs.get("call", [])
            if isinstance(before, TaskRunResult)
        }
        for run in runs
    }


@by_reading
async def test_task_runs_follow_those_whose_work_they_read(home: Path) -> None:
    after = await edges(await build_app(TINY), last="8 repo-creation")
    assert after["1.5 normalizer"] == {"1 clarifier"}
    assert "6 empty-file-creation" in after["7 code-generation README.md"]
    reached: set[str] = set()
    ahead = {"7.5 test-and-self-fix"}
    while ahead:
        reached |= ahead
        ahead = {name for run in ahead for name in after[run]} - reached
    assert reached == after.keys() - {"8 repo-creation"}, "the tests wait for every file"
