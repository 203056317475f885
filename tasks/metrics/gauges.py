"""Metrics of how things stand: replaced as a whole whenever a source was read anew."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

Samples = Iterable[tuple[Sequence[str], float]]
"""Values of the labels, and the value, of each series."""

_MODEL = ("provider", "model")
_BUILD = ("build", "project", "user")
_QUEUE = ("pool", "queue")

GAUGES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "model_calls_open": (
        _MODEL,
        "Calls that are not closed: under way, or of processes that died within the last hours.",
    ),
    "breaker_state": (
        (*_MODEL, "state"),
        "1 for the state of a model's breaker, 0 for the others; models heard of within a day.",
    ),
    "build_cost_usd": (_BUILD, "What one of the newest builds cost over its life, US dollars."),
    "build_model_calls": (_BUILD, "Model calls made for one of the newest builds over its life."),
    "build_tokens": ((*_BUILD, "direction"), "Tokens of one of the newest builds over its life."),
    "user_month_cost_usd": (
        ("user",),
        "What a user's builds cost in this calendar month (UTC), US dollars.",
    ),
    "user_month_reserved_usd": (
        ("user",),
        "What open calls of a user's builds have reserved in this month, US dollars.",
    ),
    "budget_usd": (("scope",), "The limits of money, US dollars."),
    "builds": (
        ("state",),
        "Runs of builds by Prefect's state: those under way, and those that ended lately.",
    ),
    "queue_runs": (_QUEUE, "Runs whose time has come and that no worker has taken."),
    "queue_oldest_seconds": (_QUEUE, "How long the first of them waits."),
    "workers": (("pool", "status"), "Workers, by whether Prefect heard of them lately."),
    "provider_up": (
        ("provider",),
        "Whether a provider was well when the flow provider-health looked after it last; gone "
        "where that was more than 45 minutes ago.",
    ),
    "provider_probe_seconds": (("provider",), "How long that look took."),
    "provider_checked_timestamp_seconds": (
        (),
        "When provider-health looked after the providers last, in seconds since 1970.",
    ),
    "source_up": (("source",), "Whether the ledger, or the Prefect API, could be read."),
    "source_read_seconds": (("source",), "How long the last reading took."),
    "source_read_timestamp_seconds": (
        ("source",),
        "When it was read last, in seconds since 1970.",
    ),
    "info": (("release",), "The release that exports."),
}
"""Labels and meaning of each, by its name without the prefix."""

PREFIX = "app_builder_"
"""How the names of all our metrics begin."""


def gauge(name: str, samples: Samples) -> GaugeMetricFamily:
    """One metric with its series; it is there also where it has none.

    Args:
        name: one of `GAUGES`.
        samples: the series.
    """
    labels, told = GAUGES[name]
    family = GaugeMetricFamily(f"{PREFIX}{name}", told, labels=labels)
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
