"""Stage 7 of a product with more files than get a task run each: batches."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import (
    ArtifactFilter,
    ArtifactFilterKey,
    FlowRunFilter,
    FlowRunFilterId,
)
from prefect.client.schemas.objects import TaskRun

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.file_prompts import FilePrompts
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.structure import ValidatedStructure
from core.errors import StageFailedError
from core.layout import FILE_PROMPTS, REPORT, VALIDATED_STRUCTURE
from core.options import BuildOptions
from flows import fan_out
from flows.build_app import build_app
from providers.side_process import SideProcess
from tasks import code_generation
from tests.flows.command import templates
from tests.flows.ending_gate import ENDS_OVER, EndingGate
from tests.gold.builds import branches, build
from tests.gold.playback import Fault, Place, Playback, played_back
from tests.gold.repository import load
from tests.model_server import ModelServer, model_server

TINY = Questionnaire(project_name="Notes", summary="Keeps short notes.")
IN_BATCH = 4
SETTLED_SECONDS = 30
REFUSED = "shift_tally/entries.py"
IMPORTING = ("shift_tally/totals.py", "shift_tally/reading.py", "tests/test_entries.py")

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> None:
    """As few files as there are here are too many for a task run each."""
    monkeypatch.setattr(fan_out, "FILES_AS_TASKS", 0)
    monkeypatch.setattr(fan_out, "FILES_IN_BATCH", IN_BATCH)


@pytest.fixture(scope="module")
def server() -> Iterator[ModelServer]:
    with model_server() as running:
        yield running


def paths(home: Path, record: BuildRecord) -> list[str]:
    stored = home / "store" / "project" / record.build_id / VALIDATED_STRUCTURE
    return [file.path for file in ValidatedStructure.model_validate_json(stored.read_text()).files]


async def stage_runs(record: BuildRecord) -> list[TaskRun]:
    wanted = FlowRunFilter(id=FlowRunFilterId(any_=[UUID(record.flow_run_id)]))
    until = asyncio.get_running_loop().time() + SETTLED_SECONDS
    async with get_client() as client:
        runs = await client.read_task_runs(flow_run_filter=wanted)
        # How they end reaches the server by events, some later than the end of the build.
        while any(run.state_name == "Running" for run in runs):
            assert asyncio.get_running_loop().time() < until, "a task run never ends"
            await asyncio.sleep(0.1)
            runs = await client.read_task_runs(flow_run_filter=wanted)
    return sorted(
        (run for run in runs if run.name.startswith("7 ")),
        key=lambda run: int(run.name.split(" files ")[1].split("-")[0]),
    )


async def tables(record: BuildRecord, batch_count: int) -> str:
    keys = [f"files-{number}-{record.build_id}" for number in range(1, batch_count + 1)]
    async with get_client() as client:
        found = await client.read_artifacts(
            artifact_filter=ArtifactFilter(key=ArtifactFilterKey(any_=keys))
        )
    assert all(artifact.task_run_id for artifact in found), "each is shown with its task run"
    return "".join(str(artifact.data) for artifact in found)


@pytest.mark.usefixtures("batches", "verified_by_reading")
async def test_batches_show_every_file_and_write_what_single_tasks_write(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = await build_app(TINY)
    assert record.status is BuildStatus.COMPLETED
    files = paths(home, record)
    count = -(-len(files) // IN_BATCH)
    runs = await stage_runs(record)
    assert runs[0].name == f"7 code-generation files 1-{IN_BATCH} of {len(files)}"
    assert len(runs) == count > 1
    shown = await tables(record, count)
    assert all(f"| `{path}` | written | 1 |" in shown for path in files)

    monkeypatch.setattr(fan_out, "FILES_AS_TASKS", len(files))
    monkeypatch.setenv("APP_BUILDER_HOME", str(home / "elsewhere"))
    assert (await build_app(TINY)).commit == record.commit


@pytest.mark.usefixtures("verified_by_reading")
async def test_a_file_is_found_again_however_it_was_written(home: Path) -> None:
    first = await build_app(TINY)
    files = paths(home, first)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fan_out, "FILES_AS_TASKS", 0)
        again = await build_app(TINY)
    assert again.stages["7"].cached
    assert again.stages["7"].usage == first.stages["7"].usage
    assert again.totals.calls == first.totals.calls
    assert again.commit == first.commit
    shown = await tables(again, 1)
    assert all(f"| `{path}` | kept | 0 |" in shown for path in files)

    fresh = BuildOptions(fresh="batches first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fan_out, "FILES_AS_TASKS", 0)
        await build_app(TINY, fresh)
    assert (await build_app(TINY, fresh)).stages["7"].cached


@pytest.mark.usefixtures("batches")
async def test_a_file_that_no_provider_answers_for_is_named_and_keeps_others_from_beginning(
    home: Path, server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_LLM_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-a-key")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/nothing-here")
    monkeypatch.setenv("APP_BUILDER_FILES_AT_ONCE", "1")
    models = {name: f"local/{name}" for name in templates()}
    with pytest.raises(StageFailedError) as failed:
        await build_app(TINY, BuildOptions(models={**models, "coder": "openai/gpt-4o"}))
    assert (failed.value.stage, failed.value.attempts) == ("7", 1)

    (stored,) = (home / "store" / "project").glob("*/build.json")
    record = BuildRecord.model_validate_json(stored.read_text())
    files = paths(home, record)
    named = failed.value.reason.split(": ")[0]
    assert named in files
    runs = await stage_runs(record)
    states = [run.state_name for run in runs]
    assert states.count("Failed") == 1
    assert set(states) <= {"Failed", "Cancelled", "Completed"}
    shown = await tables(record, len(runs))
    assert f"| `{named}` | failed: " in shown
    assert shown.count(" | not there yet | 0 | ") > len(files) // 2


@pytest.mark.parametrize("files_as_tasks", [0, 200], ids=["in batches", "as tasks"])
async def test_a_file_that_every_model_writes_wrongly_is_left_empty_and_asked_for_again(
    files_as_tasks: int, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fan_out, "FILES_AS_TASKS", files_as_tasks)
    monkeypatch.setenv("MODEL_ROUTER_DEMO_MODE", "disabled")
    gold = load("shift-tally")
    playback = Playback(gold)
    coder, debugger = Place("coder", REFUSED), Place("debugger", "")
    stub = Fault(spoil=lambda _: "```python\n# TODO: write it\n```\n", stubborn=True)
    giving_up = Fault(spoil=lambda _: "NO CHANGE: nothing can be done.\n", stubborn=True)
    with played_back(playback) as url:
        monkeypatch.setenv("LOCAL_LLM_BASE_URL", url)
        playback.forget({coder: stub, debugger: giving_up})
        record = await build(gold)
        assert record.status is BuildStatus.REVIEW
        assert "main" not in branches(record)
        assert record.test_reason.startswith(f"No model wrote acceptably: {REFUSED}.")
        assert list(record.unwritten) == [REFUSED]
        assert "cannot be accepted" in record.unwritten[REFUSED]
        stored = home / "store" / "project" / record.build_id
        prompts = FilePrompts.model_validate_json((stored / FILE_PROMPTS).read_text())
        assert list(prompts.refused) == [REFUSED]
        assert f"- `{REFUSED}`:" in (stored / REPORT).read_text()
        assert (stored / "code" / REFUSED).read_text() == ""
        assert all((stored / "code" / path).read_text() for path in IMPORTING)

        playback.forget()
        again = await build(gold)
    assert (again.status, again.unwritten) == (BuildStatus.COMPLETED, {})
    assert playback.asked[coder] == 1
    assert again.branch == "main"
    assert (stored / "code" / REFUSED).read_text() == gold.texts[REFUSED]


@pytest.mark.usefixtures("batches")
async def test_a_file_over_which_the_gate_ends_is_named_and_the_others_are_written(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MODEL_ROUTER_DEMO_MODE", "disabled")
    monkeypatch.setattr(code_generation, "FileGate", EndingGate)
    gold = load("shift-tally")
    playback = Playback(gold)
    right = Fault(spoil=lambda answer: answer, stubborn=True)
    giving_up = Fault(spoil=lambda _: "NO CHANGE: nothing can be done.\n", stubborn=True)
    with played_back(playback) as url:
        monkeypatch.setenv("LOCAL_LLM_BASE_URL", url)
        playback.forget({Place("coder", ENDS_OVER): right, Place("debugger", ""): giving_up})
        record = await build(gold)
    assert record.status is BuildStatus.REVIEW
    assert list(record.unwritten) == [ENDS_OVER]
    assert "ended its process (exit code 3), 2 times" in record.unwritten[ENDS_OVER]
    code = home / "store" / "project" / record.build_id / "code"
    written = [path for path in paths(home, record) if path != ENDS_OVER]
    assert all((code / path).exists() for path in written)
    assert all((code / path).read_text() for path in IMPORTING)


@pytest.mark.usefixtures("verified_by_reading")
async def test_where_few_files_are_written_at_once_the_build_checks_them_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(_: object) -> SideProcess[..., str]:
        raise AssertionError("a process was made")

    monkeypatch.setattr(code_generation, "SideProcess", refused)
    assert (await build_app(TINY)).status is BuildStatus.COMPLETED
