"""Metrics of how things stand: replaced as a whole whenever a source was read anew."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

Samples = Iterable[tuple[Sequence[str], float]]
"""Values of the labels, and the value, of each series."""


def gauge(name: str, told: str, labels: Sequence[str], samples: Samples) -> GaugeMetricFamily:
    """One metric with its series; it is there also where it has none.

    Args:
        name: without what the names of all our metrics begin with.
        told: what it is, with its unit.
        labels: their names.
        samples: the series.
    """
    family = GaugeMetricFamily(f"app_builder_{name}", told, labels=labels)
    for values, value in samples:
        family.add_metric(list(values), value)
    return family


class Gauges(Collector):
    """What each source said last; a source that fails says nothing."""

    def __init__(self) -> None:
        self._told: Mapping[str, Sequence[GaugeMetricFamily]] = {}

    def replace(self, source: str, families: Sequence[GaugeMetricFamily]) -> None:
        """Take what a source says in place of what it said before."""
        self._told = {**self._told, source: families}

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every metric; called by the registry."""
        for families in self._told.values():
            yield from families
