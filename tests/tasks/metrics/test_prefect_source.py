"""What the metrics say of a real Prefect server."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from prefect import flow
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import ArtifactCreate, WorkPoolCreate
from prefect.client.schemas.objects import State
from prefect.events import emit_event
from prefect.states import Completed, Crashed, Failed, Running, Scheduled
from prometheus_client import CollectorRegistry

from core.artifacts.provider_health import TABLE_KEY
from core.build_events import STAGE_COMPLETED
from tasks.metrics.build_metrics import BuildMetrics
from tasks.metrics.event_feed import EventFeed
from tasks.metrics.gauges import Gauges
from tasks.metrics.prefect_source import PrefectSource
from tests.docs.tables import stage_table

pytestmark = pytest.mark.usefixtures("prefect_server")

NAME = "app-builder-test-event"


@flow(name="build-app")
def build() -> None:
    """It has the name of a build, and is never run."""


@pytest.fixture
async def client() -> AsyncIterator[PrefectClient]:
    async with get_client() as client:
        yield client


@flow(name="no-build")
def another() -> None:
    """Another one."""


class Read:
    """A source, and the series that it gives."""

    def __init__(self, ahead: timedelta = timedelta()) -> None:
        self.builds = BuildMetrics(stage_table())
        self.source = PrefectSource(self.builds, days=7, clock=lambda: datetime.now(UTC) + ahead)
        self._gauges = Gauges()
        self._registry = CollectorRegistry()
        self._registry.register(self._gauges)

    async def again(self) -> "Read":
        self._gauges.replace("prefect", await self.source.read())
        return self

    def value(self, name: str, **labels: str) -> float:
        found = self._registry.get_sample_value(f"app_builder_{name}", labels)
        assert found is not None, name
        return found


async def test_builds_are_told_by_state(client: PrefectClient) -> None:
    before = await Read().again()
    soon = datetime.now(UTC) + timedelta(hours=1)
    states: list[State[None]] = [Running(), Failed(), Completed(), Scheduled(scheduled_time=soon)]
    runs = [(await client.create_flow_run(build, state=state)).id for state in states]
    after = await Read().again()
    for run in runs:
        await client.delete_flow_run(run)
    for state in ("running", "failed", "completed", "scheduled"):
        assert after.value("builds", state=state) == before.value("builds", state=state) + 1
    assert after.value("builds", state="late") == before.value("builds", state="late")
    gone = await Read().again()
    assert gone.value("builds", state="running") == before.value("builds", state="running")


async def test_what_waits_in_a_queue_is_told_with_how_long(client: PrefectClient) -> None:
    pool = f"pool-{uuid4().hex[:8]}"
    await client.create_work_pool(WorkPoolCreate(name=pool, type="process"))
    ago = datetime.now(UTC) - timedelta(minutes=5)
    later = datetime.now(UTC) + timedelta(hours=1)
    runs = [
        await client.create_flow_run(build, state=Scheduled(scheduled_time=at), work_pool_name=pool)
        for at in (ago, later)
    ]
    read = await Read().again()
    queue = {"pool": pool, "queue": "default"}
    for run in runs:
        await client.delete_flow_run(run.id)
    await client.delete_work_pool(pool)
    assert read.value("queue_runs", **queue) == 1
    assert read.value("queue_oldest_seconds", **queue) == pytest.approx(300, abs=60)
    assert read.value("workers", pool=pool, status="online") == 0


async def test_providers_are_as_they_were_found_last(client: PrefectClient) -> None:
    rows = '[{"provider": "x", "state": "not well", "seconds": "1.50", "why": "no"}]'
    artifact = await client.create_artifact(
        ArtifactCreate(key=TABLE_KEY, type="table", data=rows, description="Checked")
    )
    read = await Read().again()
    later = await Read(ahead=timedelta(minutes=46)).again()
    await client.delete_artifact(artifact.id)
    assert read.value("provider_up", provider="x") == 0
    assert read.value("provider_probe_seconds", provider="x") == 1.5
    assert read.value("provider_checked_timestamp_seconds") == pytest.approx(time.time(), abs=60)
    with pytest.raises(AssertionError, match="provider_up"):
        later.value("provider_up", provider="x")
    checked = later.value("provider_checked_timestamp_seconds")
    assert checked == read.value("provider_checked_timestamp_seconds"), "it says how old it was"


async def test_crashes_of_builds_are_counted_each_time_and_no_others(client: PrefectClient) -> None:
    read = Read()
    builds = [await client.create_flow_run(build, state=Running()) for _ in range(2)]
    other = await client.create_flow_run(another, state=Running())
    for run in (other, *builds):
        await client.set_flow_run_state(run.id, Crashed(message="gone"), force=True)
    again = Scheduled(scheduled_time=datetime.now(UTC) + timedelta(hours=1), name="AwaitingRetry")
    await client.set_flow_run_state(builds[0].id, again, force=True)
    name = "app_builder_builds_crashed_total"
    assert read.builds.registry.get_sample_value(name) == 0
    for _ in range(100):
        await read.again()
        if read.builds.registry.get_sample_value(name) == 2:
            break
        await asyncio.sleep(0.3)
    await read.again()
    for run in (other, *builds):
        await client.delete_flow_run(run.id)
    assert read.builds.registry.get_sample_value(name) == 2


async def test_events_are_counted_once_from_the_beginning_on() -> None:
    payload = {"build_id": "b", "stage": "3", "name": "schema-generator", "seconds": 2.0}
    resource = {"prefect.resource.id": f"app-build.{uuid4()}"}
    earlier = datetime.now(UTC) - timedelta(minutes=1)
    emit_event(STAGE_COMPLETED, resource=resource, payload=payload, occurred=earlier)
    read = Read()
    emit_event(STAGE_COMPLETED, resource=resource, payload=payload)
    name = "app_builder_stages_ended_total"
    labels = {"stage": "3 schema-generator", "outcome": "completed"}
    for _ in range(100):
        await read.again()
        if read.builds.registry.get_sample_value(name, labels):
            break
        await asyncio.sleep(0.3)
    await read.again()
    assert read.builds.registry.get_sample_value(name, labels) == 1


async def test_many_events_are_read_page_by_page(client: PrefectClient) -> None:
    start = datetime.now(UTC)
    name = f"{NAME}.{uuid4().hex[:8]}"
    feed = EventFeed([name], start)
    for number in range(120):
        emit_event(name, resource={"prefect.resource.id": "x"}, payload={"number": number})
    found: list[int] = []
    for _ in range(100):
        found += [event.payload["number"] async for event in feed.read(client)]
        if len(found) >= 120:
            break
        await asyncio.sleep(0.3)
    assert sorted(found) == list(range(120))
    assert [event async for event in feed.read(client)] == []
