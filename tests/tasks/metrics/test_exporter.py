"""How the exporter keeps its metrics together when sources fail."""

import asyncio
import logging
import time
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily

from core.errors import StorageError
from tasks.metrics.exporter import Exporter
from tasks.metrics.gauges import gauge


class Thing:
    """A source that can be made to fail."""

    name = "thing"

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.counter = Counter("app_builder_things", "Things.", registry=self.registry)
        self.fails = False

    async def read(self) -> Sequence[GaugeMetricFamily]:
        if self.fails:
            raise StorageError("usage ledger: gone")
        self.counter.inc()
        return [gauge("workers", [(("pool", "online"), 3.0)])]


class Other(Thing):
    name = "other"

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.counter = Counter("app_builder_others", "Others.", registry=self.registry)
        self.fails = False

    async def read(self) -> Sequence[GaugeMetricFamily]:
        await super().read()
        return []


@pytest.fixture
def thing() -> Thing:
    return Thing()


def value(exporter: Exporter, name: str, **labels: str) -> float | None:
    return exporter.registry.get_sample_value(f"app_builder_{name}", labels)


class Hanging(Thing):
    """A source of which a reading does not end before it is let go."""

    name = "hanging"

    def __init__(self) -> None:
        super().__init__()
        self.go_on = asyncio.Event()
        self.begun = 0

    async def read(self) -> Sequence[GaugeMetricFamily]:
        self.begun += 1
        await self.go_on.wait()
        return await super().read()


async def test_a_source_that_hangs_is_down_and_keeps_no_other_waiting(
    caplog: pytest.LogCaptureFixture,
) -> None:
    hanging, other = Hanging(), Other()
    hanging.go_on.set()
    exporter = Exporter([hanging, other], wait_seconds=0.1)
    await exporter.refresh()
    assert value(exporter, "source_up", source="hanging") == 1
    hanging.go_on.clear()
    keeping = asyncio.create_task(exporter.keep_fresh(0.01))
    with caplog.at_level(logging.WARNING):
        for _ in range(500):
            if caplog.records and (value(exporter, "others_total") or 0) > 4:
                break
            await asyncio.sleep(0.01)
    assert "hanging cannot be read: no end of it after 0.1 s" in caplog.text
    assert value(exporter, "source_up", source="hanging") == 0
    assert value(exporter, "source_up", source="other") == 1
    assert value(exporter, "workers", pool="pool", status="online") is None
    assert (value(exporter, "others_total") or 0) > 4
    assert hanging.begun == 2, "it is not read twice at a time"
    hanging.go_on.set()
    for _ in range(500):
        if value(exporter, "source_up", source="hanging"):
            break
        await asyncio.sleep(0.01)
    assert value(exporter, "workers", pool="pool", status="online") == 3
    keeping.cancel()


async def test_a_loop_that_stands_still_is_seen_at_the_scrape() -> None:
    """Nothing runs there that could say so."""
    hanging = Hanging()
    hanging.go_on.set()
    exporter = Exporter([hanging], wait_seconds=0.1)
    await exporter.refresh()
    hanging.go_on.clear()
    refreshing = asyncio.create_task(exporter.refresh())
    for _ in range(20):
        await asyncio.sleep(0)
    assert value(exporter, "source_up", source="hanging") == 1
    time.sleep(0.15)  # noqa: ASYNC251 -- nothing else is to run meanwhile
    assert value(exporter, "source_up", source="hanging") == 0
    hanging.go_on.set()
    await refreshing


async def test_what_a_source_says_is_there_after_it_was_read(thing: Thing) -> None:
    exporter = Exporter([thing])
    assert value(exporter, "things_total") is None
    await exporter.refresh()
    await exporter.refresh()
    assert value(exporter, "things_total") == 2
    assert value(exporter, "workers", pool="pool", status="online") == 3
    assert value(exporter, "source_up", source="thing") == 1
    assert b"process_resident_memory_bytes" in generate_latest(exporter.registry)


async def test_counters_appear_with_the_first_whole_reading(thing: Thing) -> None:
    """Else a history that comes later would look like calls that are made now."""
    exporter = Exporter([thing])
    thing.fails = True
    await exporter.refresh()
    assert value(exporter, "things_total") is None
    assert value(exporter, "source_up", source="thing") == 0
    thing.fails = False
    await exporter.refresh()
    assert value(exporter, "things_total") == 1


async def test_a_source_that_fails_takes_its_gauges_away_and_no_other(
    thing: Thing, caplog: pytest.LogCaptureFixture
) -> None:
    exporter = Exporter([thing, Other()])
    await exporter.refresh()
    read_at = value(exporter, "source_read_timestamp_seconds", source="thing")
    thing.fails = True
    with caplog.at_level(logging.WARNING):
        await exporter.refresh()
        await exporter.refresh()
    assert caplog.text.count("StorageError: usage ledger: gone") == 1
    assert value(exporter, "workers", pool="pool", status="online") is None
    assert value(exporter, "things_total") == 1
    assert value(exporter, "others_total") == 3
    assert value(exporter, "source_up", source="thing") == 0
    assert value(exporter, "source_up", source="other") == 1
    assert value(exporter, "source_read_timestamp_seconds", source="thing") == read_at
    thing.fails = False
    with caplog.at_level(logging.WARNING):
        await exporter.refresh()
    assert "thing can be read again" in caplog.text
    assert value(exporter, "workers", pool="pool", status="online") == 3
