"""A build whose tests fail: it mends itself, or asks a person, deployed and not."""

import asyncio
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import Pause
from prefect.flow_engine import run_flow_async

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.build_report import BuildReport
from core.artifacts.fixes import Fixes, FixOutcome
from core.errors import StageFailedError
from core.layout import FIXES, REPORT_JSON
from core.options import BuildOptions
from flows.build_app import build_app
from tests.flows.command import templates
from tests.flows.faulty_model import NO_IDEA, FaultyModel, faulty_model, mend
from tests.flows.first_stages import NOTES, record_of, waiting_run
from tests.flows.reading_verification import read_verification

MODELS = {name: f"local/{name}" for name in templates()}
UNATTENDED = BuildOptions(models=MODELS)
ASKING = BuildOptions(models=MODELS, interactive=True)
GUIDED = {"action": "Try again with guidance", "guidance": "Creating answers 201."}

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def model(home: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[FaultyModel]:
    with faulty_model() as (faulty, url):
        monkeypatch.setenv("LOCAL_LLM_BASE_URL", url)
        yield faulty


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.fixing.workbench.verify", read_verification)


def when_guided(_model: FaultyModel, blocks: dict[str, str]) -> str:
    return mend(_model, blocks) if "201" in blocks["guidance"] else NO_IDEA


def fixes_of(home: Path, record: BuildRecord) -> Fixes:
    path = home / "store" / "project" / record.build_id / FIXES
    return Fixes.model_validate_json(path.read_text())


async def test_a_mistake_that_a_test_sees_is_mended_and_published(
    model: FaultyModel, home: Path
) -> None:
    record = await build_app(NOTES, UNATTENDED)
    assert record.status is BuildStatus.COMPLETED
    assert record.branch == "main"
    fixes = fixes_of(home, record)
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.MENDED]
    assert record.stages["7.5"].models == ("local/debugger",)
    prefix = home / "store" / "project" / record.build_id
    (path,) = fixes.attempts[0].paths
    assert "HTTP_201_CREATED" in (prefix / "code" / path).read_text()
    report = BuildReport.model_validate_json((prefix / REPORT_JSON).read_text())
    assert next(file for file in report.files if file.path == path).fixes == (1,)


@pytest.mark.usefixtures("quick")
async def test_built_again_it_has_the_same_fix_and_asks_nobody(
    model: FaultyModel, home: Path
) -> None:
    record = await build_app(NOTES, UNATTENDED)
    asked = model.asked.copy()
    again = await build_app(NOTES, UNATTENDED)
    assert again.commit == record.commit
    assert model.asked == asked
    assert fixes_of(home, again).attempts[0].kept


@pytest.mark.usefixtures("quick")
async def test_what_cannot_be_mended_goes_to_a_review_branch_unattended(
    model: FaultyModel, home: Path
) -> None:
    model.debugger = lambda _model, _blocks: NO_IDEA
    record = await build_app(NOTES, UNATTENDED)
    assert record.status is BuildStatus.REVIEW
    assert record.branch == f"review/{record.build_id}"
    assert fixes_of(home, record).status == "given-up"


@pytest.mark.usefixtures("quick")
async def test_without_a_deployment_it_waits_in_the_process(model: FaultyModel, home: Path) -> None:
    model.debugger = when_guided
    building = asyncio.create_task(build_app(NOTES, ASKING))
    async with get_client() as client:
        run = await waiting_run(client, home)
        await client.resume_flow_run(run.id, run_input=GUIDED)
    record = await building
    assert record.status is BuildStatus.COMPLETED
    fixes = fixes_of(home, record)
    assert [fix.round for fix in fixes.attempts] == [0, 1]
    assert fixes.guidance == (GUIDED["guidance"],)
    assert model.asked["debugger"] == 2


async def deployed_run(client: PrefectClient) -> FlowRun:
    flow_id = await client.create_flow(build_app)
    deployment = await client.create_deployment(flow_id=flow_id, name="asking")
    parameters = {
        "questionnaire": NOTES.model_dump(mode="json"),
        "options": ASKING.model_dump(mode="json"),
    }
    return await client.create_flow_run_from_deployment(deployment, parameters=parameters)


async def worked_on(client: PrefectClient, run: FlowRun) -> State[Any]:
    """What a worker does with a run, in this process."""
    state = await run_flow_async(
        build_app,
        flow_run=await client.read_flow_run(run.id),
        parameters={"questionnaire": NOTES, "options": ASKING},
        return_type="state",
    )
    assert isinstance(state, State)
    return state


@pytest.mark.usefixtures("quick")
async def test_deployed_it_is_suspended_and_goes_on_where_it_was(
    model: FaultyModel, home: Path
) -> None:
    model.debugger = when_guided
    async with get_client() as client:
        run = await deployed_run(client)
        with pytest.raises(Pause):  # the worker's process ends
            await worked_on(client, run)
        state = (await client.read_flow_run(run.id)).state
        assert state is not None
        assert state.name == "Suspended"
        assert record_of(home).status is BuildStatus.WAITING
        asked = model.asked.copy()
        begun = record_of(home).started_at
        await asyncio.sleep(1.1)
        await client.resume_flow_run(run.id, run_input=GUIDED)
        state = await worked_on(client, run)
        assert state.is_completed()
    record = record_of(home)
    assert record.status is BuildStatus.COMPLETED
    assert record.started_at == begun, "it is still the run that began then"
    assert model.asked - asked == {"debugger": 1}, "only the new round asks"


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("decided", "status"),
    [
        ({"action": "Publish to a review branch"}, BuildStatus.REVIEW),
        ({"action": "Abort the build"}, BuildStatus.FAILED),
    ],
)
async def test_a_person_may_publish_it_for_review_or_abort(
    model: FaultyModel, home: Path, decided: dict[str, str], status: BuildStatus
) -> None:
    model.debugger = lambda _model, _blocks: NO_IDEA
    building = asyncio.create_task(build_app(NOTES, ASKING))
    async with get_client() as client:
        run = await waiting_run(client, home)
        await client.resume_flow_run(run.id, run_input=decided)
    if status is BuildStatus.FAILED:
        with pytest.raises(StageFailedError, match="a person aborted the build after 1 attempts"):
            await building
    else:
        await building
    assert record_of(home).status is status


@pytest.mark.usefixtures("quick")
async def test_a_person_is_asked_as_well_where_nothing_was_tried(
    model: FaultyModel, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_BUILDER_FIXING__ITERATIONS", "0")
    building = asyncio.create_task(build_app(NOTES, ASKING))
    async with get_client() as client:
        run = await waiting_run(client, home)
        await client.resume_flow_run(run.id, run_input={"action": "Publish to a review branch"})
    record = await building
    assert record.status is BuildStatus.REVIEW
    assert fixes_of(home, record).status == "not-tried"
    assert model.asked["debugger"] == 0
