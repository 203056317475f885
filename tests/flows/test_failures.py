"""What goes wrong at the model's end, through the whole flow and real HTTP."""

import asyncio
import os
import shutil
from collections.abc import Generator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.events.filters import (
    EventFilter,
    EventNameFilter,
    EventRelatedFilter,
    EventResourceFilter,
)
from prefect.states import Cancelling
from prefect.variables import Variable

from core.artifacts.build_outcome import BuildOutcome, OutcomeStatus
from core.artifacts.build_record import BuildRecord, BuildStatus, StageStatus
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.structure import ValidatedStructure
from core.build_events import (
    EVENTS,
    FILES_WRITTEN,
    LIMIT_REACHED,
    STAGE_COMPLETED,
    STAGE_STARTED,
)
from core.errors import BuildBusyError, ConfigurationError, StageFailedError, StorageError
from core.options import BuildOptions
from core.stages import read_stage_rows
from flows.build_app import build_app
from tasks.engine.build_lock import build_locked
from tasks.engine.build_recorder import BuildRecorder
from tasks.engine.operator_models import MODELS_VARIABLE
from tests.flows.command import templates
from tests.flows.outcomes import outcome_of
from tests.model_server import Failure, ModelServer, model_server

TINY = Questionnaire(project_name="Notes", summary="Keeps short notes.")
LOCAL = BuildOptions(models={name: f"local/{name}" for name in templates()})

pytestmark = pytest.mark.usefixtures("prefect_server", "verified_by_reading")


@pytest.fixture(scope="module")
def running() -> Generator[ModelServer]:
    with model_server() as server:
        yield server


@pytest.fixture
def server(
    running: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> Generator[ModelServer]:
    monkeypatch.setenv("LOCAL_LLM_BASE_URL", running.base_url)
    yield running
    running.behave(failure=Failure(times=0))


def stored(home: Path) -> BuildRecord:
    (path,) = (home / "store" / "project").glob("*/build.json")
    return BuildRecord.model_validate_json(path.read_text())


def has_begun(home: Path, stage: str) -> bool:
    written = list((home / "store" / "project").glob("*/build.json"))
    return bool(written) and stage in stored(home).stages


def put_file_in_place_of(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.write_text("a file where a folder must be")


def stored_files(home: Path) -> set[str]:
    (path,) = (home / "store" / "project").glob("*/specs/validated_structure.json")
    structure = ValidatedStructure.model_validate_json(path.read_text())
    return {file.path for file in structure.files}


def asked(server: ModelServer, template: str) -> int:
    return sum(call.model == template for call in server.calls())


async def failed_build(options: BuildOptions = LOCAL) -> StageFailedError:
    with pytest.raises(StageFailedError) as failed:
        await build_app(TINY, options)
    return failed.value


async def test_a_provider_that_recovers_costs_attempts_and_not_the_build(
    server: ModelServer, home: Path
) -> None:
    server.behave(failure=Failure(status=500, times=2))
    record = await build_app(TINY, LOCAL)
    assert record.status is BuildStatus.COMPLETED
    assert record.stages["1"].attempts == 3
    assert record.stages["1.5"].attempts == 1
    assert not record.demo


async def test_a_provider_that_stays_broken_halts_the_build_resumably(
    server: ModelServer, home: Path
) -> None:
    server.behave(failure=Failure(status=500, times=3))
    before = asked(server, "clarifier"), asked(server, "normalizer")
    error = await failed_build()
    assert str(error).startswith("Stage 1 failed after 3 attempts: ")
    assert "500" in str(error)
    assert asked(server, "clarifier") == before[0] + 3
    assert asked(server, "normalizer") == before[1]
    record = stored(home)
    assert record.status is BuildStatus.FAILED
    assert record.failed_at == "1"
    assert record.stages["1"].status is StageStatus.FAILED
    assert record.stages["1"].attempts == 3
    assert record.stages["1"].error in str(error)
    assert set(record.stages) == {"0", "1"}

    resumed = await build_app(TINY, LOCAL)
    assert resumed.status is BuildStatus.COMPLETED
    assert resumed.failed_at is None


async def test_a_request_that_is_refused_is_not_made_again(server: ModelServer, home: Path) -> None:
    server.behave(failure=Failure(status=401, times=1))
    before = asked(server, "clarifier")
    error = await failed_build()
    assert str(error).startswith("Stage 1 failed after 1 attempt: ")
    assert asked(server, "clarifier") == before + 1


async def test_where_its_end_cannot_be_written_down_the_failure_itself_is_told(
    server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.behave(failure=Failure(status=401, times=1))
    save = vars(BuildRecorder)["_save"]

    async def save_unless_failed(recorder: BuildRecorder) -> None:
        if recorder.record.failed_at:
            raise StorageError("the store is away")
        await save(recorder)

    monkeypatch.setattr(BuildRecorder, "_save", save_unless_failed)
    error = await failed_build()
    assert str(error).startswith("Stage 1 failed after 1 attempt: ")
    assert stored(home).status is BuildStatus.RUNNING, "as after a kill"
    events = await events_of(stored(home), BuildStatus.FAILED)
    told = {event["event"]: event["payload"] for event in events}
    assert told["app-build.failed"]["error"] == error.reason, "whoever waits hears of it"


async def test_a_file_that_cannot_be_written_halts_the_build_by_its_name(
    server: ModelServer, home: Path
) -> None:
    stop = BuildOptions(models={**LOCAL.models, "coder": "openai/gpt-4o"})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OPENAI_API_KEY", "sk-not-a-key")
        patch.setenv("OPENAI_BASE_URL", f"{server.url}/nothing-here")
        error = await failed_build(stop)
    assert error.stage == "7"
    assert error.attempts == 1
    assert error.reason.split(": ")[0] in stored_files(home)
    assert "sk-not-a-key" not in str(error)
    assert stored(home).failed_at == "7"
    assert "7.5" not in stored(home).stages


async def test_the_hard_maximum_of_calls_halts_the_build(
    server: ModelServer, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_BUILDER_CALLS__PER_BUILD", "3")
    before = len(server.calls())
    error = await failed_build()
    assert str(error).startswith("Stage 3 failed after 1 attempt: ")
    assert "APP_BUILDER_CALLS__PER_BUILD" in str(error)
    assert len(server.calls()) == before + 3
    told = {event["event"]: event["payload"] for event in await events_of(stored(home))}
    assert told[LIMIT_REACHED]["limit"] == "calls"
    assert told["app-build.failed"]["failed_stage"] == "3"
    assert told["app-build.failed"]["error"] == error.reason

    monkeypatch.setenv("APP_BUILDER_CALLS__PER_BUILD", "10000")
    record = await build_app(TINY, LOCAL)
    assert record.status is BuildStatus.COMPLETED


async def test_what_failed_answers_cost_is_on_the_record(server: ModelServer, home: Path) -> None:
    server.behave(failure=Failure(status=500, times=3))
    await failed_build()
    assert stored(home).totals.calls == 3


async def test_outputs_that_cannot_be_stored_fail_their_stage(
    server: ModelServer, home: Path
) -> None:
    record = await build_app(TINY, LOCAL)
    put_file_in_place_of(home / "store" / "project" / record.build_id / "docs")
    error = await failed_build()
    assert error.stage == "2"
    assert "docs/docs.md" in error.reason
    assert stored(home).failed_at == "2"
    assert stored(home).stages["2"].status is StageStatus.FAILED


@pytest.mark.parametrize(
    ("state", "status"),
    [(None, BuildStatus.INTERRUPTED), (Cancelling(), BuildStatus.CANCELLED)],
    ids=["told to end", "cancelled"],
)
async def test_a_build_that_is_stopped_says_so(
    server: ModelServer, home: Path, state: State[None] | None, status: BuildStatus
) -> None:
    server.behave(latency=30)
    try:
        building = asyncio.create_task(build_app(TINY, LOCAL))
        for _ in range(1_000):
            if has_begun(home, "1"):
                break
            await asyncio.sleep(0.05)
        if state is not None:
            async with get_client() as client:
                run = UUID(stored(home).flow_run_id)
                await client.set_flow_run_state(run, state, force=True)
        building.cancel()
        with pytest.raises(asyncio.CancelledError):
            await building
    finally:
        server.behave(latency=0)
    assert stored(home).status is status
    assert stored(home).stages["1"].status is StageStatus.INTERRUPTED
    assert (await outcome_of(f"build-{stored(home).build_id}")).status == status


async def test_the_operator_chooses_models_by_a_prefect_variable(
    server: ModelServer, home: Path
) -> None:
    await Variable.aset(MODELS_VARIABLE, dict(LOCAL.models), overwrite=True)
    try:
        record = await build_app(TINY)
    finally:
        await Variable.aunset(MODELS_VARIABLE)
    assert record.stages["3"].models == ("local/schema-generator",)


async def test_a_wrong_variable_is_refused_by_its_name(home: Path) -> None:
    await Variable.aset(MODELS_VARIABLE, ["no", "object"], overwrite=True)
    try:
        with pytest.raises(ConfigurationError, match=MODELS_VARIABLE):
            await build_app(TINY)
    finally:
        await Variable.aunset(MODELS_VARIABLE)


async def test_a_build_that_runs_already_is_left_alone(home: Path) -> None:
    record = await build_app(TINY)
    with (
        build_locked(home / "locks", record.build_id),
        pytest.raises(BuildBusyError, match=record.build_id),
    ):
        await build_app(TINY)
    assert stored(home).status is BuildStatus.COMPLETED
    assert (await outcome_of(f"build-{record.build_id}")).status is OutcomeStatus.COMPLETED
    refused = await outcome_of(f"refused-{record.build_id}")
    assert refused.status is OutcomeStatus.REFUSED
    assert record.build_id in refused.error


async def events_of(record: BuildRecord, end: BuildStatus | None = None) -> list[dict[str, Any]]:
    """The events of a build's last run, the newest first, once its end is among them.

    It ends as the record says, if not told otherwise.
    """
    wanted = EventFilter(
        event=EventNameFilter(prefix=["app-build."]),
        resource=EventResourceFilter(id=[f"app-build.{record.build_id}"]),
        related=EventRelatedFilter(id=[f"prefect.flow-run.{record.flow_run_id}"]),
    )
    body = {"filter": wanted.model_dump(mode="json"), "limit": 50}
    events: list[dict[str, Any]] = []
    async with get_client() as client:
        for _ in range(300):  # the server writes events down a little later
            response = await client.request("POST", "/events/filter", json=body)
            events = response.json()["events"]
            if any(event["event"] == f"app-build.{end or record.status}" for event in events):
                break
            await asyncio.sleep(0.1)
    return events


async def test_every_stage_is_told_by_events(home: Path) -> None:
    record = await build_app(TINY, BuildOptions(fresh=f"events-{os.getpid()}"))
    events = await events_of(record)
    for event in events:
        assert set(event["payload"]) == set(EVENTS[event["event"]].model_fields)
    kinds = [event["event"] for event in events]
    assert kinds.count(STAGE_STARTED) == kinds.count(STAGE_COMPLETED) == len(read_stage_rows())
    assert 0 < kinds.count(FILES_WRITTEN) <= 10
    assert kinds[-1] == "app-build.started"
    outcome = BuildOutcome.model_validate(events[0]["payload"])
    assert outcome == BuildOutcome.of(record) == await outcome_of(f"build-{record.build_id}")
    schema = next(
        event
        for event in events
        if event["event"] == STAGE_COMPLETED and event["payload"]["stage"] == "3"
    )
    assert schema["payload"]["artifacts"] == ["specs/schema.json", "docs/docs.md"]
    assert schema["payload"]["name"] == "schema-generator"
