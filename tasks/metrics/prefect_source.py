"""What the Prefect API says, for the metrics: builds, queues, workers, providers, events."""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    ArtifactCollectionFilter,
    ArtifactCollectionFilterKey,
    FlowFilter,
    FlowFilterName,
    FlowRunFilter,
    FlowRunFilterEndTime,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateName,
    FlowRunFilterStateType,
    WorkPoolFilter,
    WorkPoolFilterName,
    WorkQueueFilter,
    WorkQueueFilterName,
)
from prefect.client.schemas.objects import StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.events.schemas.events import Event
from prometheus_client.core import GaugeMetricFamily

from core.artifacts.provider_health import TABLE_KEY
from tasks.metrics.build_metrics import BuildMetrics
from tasks.metrics.event_feed import EventFeed
from tasks.metrics.gauges import gauge

MOST_POOLS = 20
"""Work pools with series of their own; and so many queues of each."""

FLOW = "build-app"
"""Name of the flow whose runs are builds."""

CRASHED = "prefect.flow-run.Crashed"
"""Prefect's event of a run that is gone; whoever found that out sent it."""

LOOK_LASTS = timedelta(minutes=45)
"""How long what `provider-health` found is told; it looks every 15 minutes."""

READ_SECONDS = 60.0
"""An API that takes longer has failed."""

_OVER = (StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED)
_LATE = "Late"


def _now() -> datetime:
    return datetime.now(UTC)


class PrefectSource:
    """Reads the Prefect API that the environment names.

    Events are counted from the making of this on, as counters do that begin with their process.

    Args:
        builds: counts the events.
        days: builds that ended longer ago are left out.
        clock: tells the time, UTC.
    """

    name = "prefect"

    def __init__(
        self, builds: BuildMetrics, *, days: int, clock: Callable[[], datetime] = _now
    ) -> None:
        self.registry = builds.registry
        self._builds = builds
        self._age = timedelta(days=days)
        self._clock = clock
        self._events = EventFeed([*builds.events, CRASHED], clock())

    async def read(self) -> list[GaugeMetricFamily]:
        """Count the events that came in since the last time, and tell how things stand.

        What Prefect's client raises is raised on.
        """
        async with asyncio.timeout(READ_SECONDS), get_client() as client:
            async for event in self._events.read(client):
                self._count(event)
            return [
                await self._builds_by_state(client),
                *await self._queues(client),
                *await self._providers(client),
            ]

    def _count(self, event: Event) -> None:
        if event.event != CRASHED:
            self._builds.count(event.event, event.payload)
        elif any(each.role == "flow" and each.name == FLOW for each in event.related):
            self._builds.count_crash()

    async def _builds_by_state(self, client: PrefectClient) -> GaugeMetricFamily:
        since = FlowRunFilterEndTime.model_validate({"after_": self._clock() - self._age})
        wanted = {
            state.value.lower(): FlowRunFilter(
                state=_of_type(state), end_time=since if state in _OVER else None
            )
            for state in StateType
        }
        late = FlowRunFilterState(name=FlowRunFilterStateName(any_=[_LATE]))
        wanted["late"] = FlowRunFilter(state=late)
        flows = FlowFilter(name=FlowFilterName(any_=[FLOW]))
        numbers = await asyncio.gather(
            *(
                client.count_flow_runs(flow_filter=flows, flow_run_filter=each)
                for each in wanted.values()
            )
        )
        counted = dict(zip(wanted, numbers, strict=True))
        counted["scheduled"] -= counted["late"]
        samples = [((state,), float(max(number, 0))) for state, number in counted.items()]
        return gauge("builds", samples)

    async def _queues(self, client: PrefectClient) -> Iterable[GaugeMetricFamily]:
        waiting: list[tuple[tuple[str, str], float]] = []
        oldest: list[tuple[tuple[str, str], float]] = []
        workers: list[tuple[tuple[str, str], float]] = []
        for pool in await client.read_work_pools(limit=MOST_POOLS):
            for queue in await client.read_work_queues(pool.name, limit=MOST_POOLS):
                number, seconds = await self._waiting(client, pool.name, queue.name)
                waiting.append(((pool.name, queue.name), float(number)))
                oldest.append(((pool.name, queue.name), seconds))
            known = await client.read_workers_for_work_pool(pool.name)
            for status in ("ONLINE", "OFFLINE"):
                number = sum(worker.status == status for worker in known)
                workers.append(((pool.name, status.lower()), float(number)))
        return (
            gauge("queue_runs", waiting),
            gauge("queue_oldest_seconds", oldest),
            gauge("workers", workers),
        )

    async def _waiting(self, client: PrefectClient, pool: str, queue: str) -> tuple[int, float]:
        """How many runs of a queue wait, and how long the first of them has."""
        now = self._clock()
        due = FlowRunFilter(
            state=_of_type(StateType.SCHEDULED),
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": now}),
        )
        pools = WorkPoolFilter(name=WorkPoolFilterName(any_=[pool]))
        queues = WorkQueueFilter(name=WorkQueueFilterName(any_=[queue]))
        number = await client.count_flow_runs(
            flow_run_filter=due, work_pool_filter=pools, work_queue_filter=queues
        )
        if not number:
            return 0, 0.0
        first = await client.read_flow_runs(
            flow_run_filter=due,
            work_pool_filter=pools,
            work_queue_filter=queues,
            sort=FlowRunSort.EXPECTED_START_TIME_ASC,
            limit=1,
        )
        begins = [run.expected_start_time for run in first if run.expected_start_time]
        return number, max(((now - begin).total_seconds() for begin in begins), default=0.0)

    async def _providers(self, client: PrefectClient) -> Iterable[GaugeMetricFamily]:
        """What the flow `provider-health` found last, as its table in the UI says it.

        What it found long ago is not how things stand: only when that was is told then.
        """
        key = ArtifactCollectionFilterKey(any_=[TABLE_KEY])
        wanted = ArtifactCollectionFilter(key=key)
        tables = await client.read_latest_artifacts(artifact_filter=wanted, limit=1)
        checked = [found.updated for found in tables if found.updated is not None]
        rows: list[dict[str, Any]] = [
            row
            for found in tables
            if found.updated is not None and self._clock() - found.updated <= LOOK_LASTS
            for row in cast("list[dict[str, Any]]", json.loads(str(found.data)))
            if "state" in row
        ]
        up = [((row["provider"],), float(row["state"] == "well")) for row in rows]
        seconds = [((row["provider"],), float(row["seconds"])) for row in rows]
        return (
            gauge("provider_up", up),
            gauge("provider_probe_seconds", seconds),
            gauge("provider_checked_timestamp_seconds", [((), at.timestamp()) for at in checked]),
        )


def _of_type(state: StateType) -> FlowRunFilterState:
    return FlowRunFilterState(type=FlowRunFilterStateType(any_=[state]))
