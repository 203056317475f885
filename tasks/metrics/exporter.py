"""Keeps the metrics up to date: reads the ledger and the Prefect API again and again."""

import asyncio
import logging
import time
from collections.abc import Sequence
from typing import Protocol

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import GaugeMetricFamily

from core.release import release
from tasks.metrics.gauges import Gauges, gauge

_OWN = "exporter"

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


class Exporter:
    """The metrics of several sources.

    What a source counts is there from its first whole reading on: a history that appears in steps
    would be taken for calls that are made now.

    Attributes:
        registry: to be served.

    Args:
        sources: read together.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._gauges = Gauges()
        self.registry.register(self._gauges)
        self._sources = sources
        self._counted: set[str] = set()
        self._failing: set[str] = set()
        self._took: dict[str, float] = {}
        self._read_at: dict[str, float] = {}

    async def keep_fresh(self, seconds: float) -> None:
        """Refresh for ever, with a pause in between."""
        while True:
            await asyncio.sleep(seconds)
            await self.refresh()

    async def refresh(self) -> None:
        """Read every source once; one that fails is told, and its counters stay as they were."""
        await asyncio.gather(*map(self._read, self._sources))
        names = [source.name for source in self._sources]
        up = [((name,), float(name not in self._failing)) for name in names]
        took = [((name,), seconds) for name, seconds in self._took.items()]
        at = [((name,), moment) for name, moment in self._read_at.items()]
        own = [
            gauge("info", [((release(),), 1.0)]),
            gauge("source_up", up),
            gauge("source_read_seconds", took),
            gauge("source_read_timestamp_seconds", at),
        ]
        self._gauges.replace(_OWN, own)

    async def _read(self, source: Source) -> None:
        begun = time.monotonic()
        try:
            families = await source.read()
        except Exception as error:  # whatever it is, the other sources are still worth telling
            if source.name not in self._failing:
                told = f"{type(error).__name__}: {error}"
                _log.warning("the metrics of %s cannot be read: %s", source.name, told)
            self._failing.add(source.name)
            self._gauges.replace(source.name, ())
            return
        if source.name in self._failing:
            _log.warning("the metrics of %s can be read again", source.name)
        self._failing.discard(source.name)
        self._took[source.name] = time.monotonic() - begun
        self._read_at[source.name] = time.time()
        self._gauges.replace(source.name, families)
        if source.name not in self._counted:
            self._counted.add(source.name)
            self.registry.register(source.registry)
