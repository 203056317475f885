"""Keeps the metrics up to date: reads the ledger and the Prefect API again and again."""

import asyncio
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from core.release import release
from tasks.metrics.gauges import Gauges, gauge

WAIT_SECONDS = 70.0
"""A source that was not read by then cannot be read, as far as one can tell."""

_log = logging.getLogger(__name__)


class Source(Protocol):
    """Something that metrics are read from.

    Attributes:
        name: what it is called.
        registry: what it counts.
    """

    name: str
    registry: CollectorRegistry

    async def read(self) -> Sequence[GaugeMetricFamily]:
        """Count what is new, and tell how things stand."""
        ...


@dataclass
class _Standing:
    """How a source stands.

    Attributes:
        up: whether it was read the last time.
        begun: when the reading began that is under way, on the monotonic clock.
        took: seconds of its last reading.
        read_at: when it was read last, in seconds since 1970.
    """

    up: bool = False
    begun: float | None = None
    took: float | None = None
    read_at: float | None = None


class _Standings(Collector):
    """Tells how the sources stand at the moment of a scrape, whatever hangs.

    Args:
        standings: by the name of the source.
        wait_seconds: the longest reading of one that is up.
    """

    def __init__(self, standings: Mapping[str, _Standing], wait_seconds: float) -> None:
        self._standings = standings
        self._wait_seconds = wait_seconds

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every metric; called by the registry, in the thread of the scrape."""
        all_of_them = self._standings.items()
        took = [((name,), each.took) for name, each in all_of_them if each.took is not None]
        at = [((name,), each.read_at) for name, each in all_of_them if each.read_at is not None]
        yield gauge("info", [((release(),), 1.0)])
        yield gauge(
            "source_up", [((name,), float(self._is_up(each))) for name, each in all_of_them]
        )
        yield gauge("source_read_seconds", took)
        yield gauge("source_read_timestamp_seconds", at)

    def _is_up(self, standing: _Standing) -> bool:
        begun = standing.begun
        return standing.up and (begun is None or time.monotonic() - begun < self._wait_seconds)


class Exporter:
    """The metrics of several sources.

    What a source counts is there from its first whole reading on: a history that appears in steps
    would be taken for calls that are made now.

    Attributes:
        registry: to be served.

    Args:
        sources: each is read by itself, so that one that hangs keeps no other waiting.
        wait_seconds: after so long without an end of its reading a source is told to be down.
    """

    def __init__(self, sources: Sequence[Source], *, wait_seconds: float = WAIT_SECONDS) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._gauges = Gauges()
        self.registry.register(self._gauges)
        self._sources = sources
        self._wait_seconds = wait_seconds
        self._counted: set[str] = set()
        self._failing: set[str] = set()
        self._standings = {source.name: _Standing() for source in sources}
        self.registry.register(_Standings(self._standings, wait_seconds))
        self._under_way: dict[str, asyncio.Task[None]] = {}

    async def keep_fresh(self, seconds: float) -> None:
        """Refresh for ever, with a pause after each reading of a source."""
        await asyncio.gather(*(self._keep_fresh(source, seconds) for source in self._sources))

    async def refresh(self) -> None:
        """Read every source once, or wait for a reading that is under way, but not for ever.

        One that fails, or hangs, is told, and its counters stay as they were.
        """
        await asyncio.gather(*map(self._refresh, self._sources))

    async def _keep_fresh(self, source: Source, seconds: float) -> None:
        while True:
            await asyncio.sleep(seconds)
            await self._refresh(source)

    async def _refresh(self, source: Source) -> None:
        # A reading that hangs is not begun a second time: a thread cannot be stopped.
        reading = self._under_way.get(source.name)
        if reading is None:
            reading = asyncio.create_task(self._read(source))
            self._under_way[source.name] = reading
        done, _ = await asyncio.wait({reading}, timeout=self._wait_seconds)
        if done:
            del self._under_way[source.name]
            reading.result()
        else:
            self._failed(source, f"no end of it after {self._wait_seconds:g} s")

    async def _read(self, source: Source) -> None:
        standing = self._standings[source.name]
        standing.begun = begun = time.monotonic()
        try:
            families = await source.read()
        except Exception as error:  # whatever it is, the other sources are still worth telling
            self._failed(source, f"{type(error).__name__}: {error}")
            return
        finally:
            standing.begun = None
        if source.name in self._failing:
            _log.warning("the metrics of %s can be read again", source.name)
        self._failing.discard(source.name)
        standing.up = True
        standing.took = time.monotonic() - begun
        standing.read_at = time.time()
        self._gauges.replace(source.name, families)
        if source.name not in self._counted:
            self._counted.add(source.name)
            self.registry.register(source.registry)

    def _failed(self, source: Source, why: str) -> None:
        """Tell it once, and say nothing more of what the source said."""
        if source.name not in self._failing:
            _log.warning("the metrics of %s cannot be read: %s", source.name, why)
        self._failing.add(source.name)
        self._standings[source.name].up = False
        self._gauges.replace(source.name, ())
