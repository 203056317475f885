"""Metrics of model calls, counted as the ledger tells of them."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Histogram

from core.stages import StageTable
from providers.storage.calls import CallOutcome
from providers.storage.ledger_tail import LOST, EndedCall
from tasks.metrics.gauges import PREFIX
from tasks.metrics.stage_names import stage_name

MOST_MODELS = 100
"""So many models keep their names; people may ask any, and each has some twenty series."""

OTHER = "other"
"""Provider and model of those that came later."""

CALL_SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 40, 60, 120, 300, 600)
"""Bounds of the histogram of calls: a demo model answers in milliseconds, a real one in minutes."""

_OUTCOMES = (CallOutcome.ANSWERED, CallOutcome.FAILED, CallOutcome.REFUSED, LOST)
_MODEL = ("provider", "model")


class CallMetrics:
    """Counters and histograms of calls.

    Args:
        models: provider and model of those that are likely to be asked: their series begin at 0,
            so that Prometheus sees their first calls as an increase.
        table: the stages; theirs begin at 0 as well.
    """

    def __init__(self, models: Iterable[tuple[str, str]], table: StageTable) -> None:
        self.registry = CollectorRegistry()
        self._table = table
        self._models: set[tuple[str, str]] = set()
        self._kinds: set[tuple[str, str, str, str]] = set()
        self._held: list[EndedCall] = []
        self._calls = self._counter("model_calls", "Model calls that ended.", *_MODEL, "outcome")
        self._errors = self._counter(
            "model_errors", "Model calls that ended with an error.", *_MODEL, "error_class"
        )
        self._tokens = self._counter(
            "model_tokens", "Tokens of calls that ended; input or output.", *_MODEL, "direction"
        )
        self._cost = self._counter("model_cost_usd", "What calls cost, US dollars.", *_MODEL)
        self._seconds = Histogram(
            f"{PREFIX}model_call_duration_seconds",
            "From sending a call to the last byte of its answer; answered calls only.",
            _MODEL,
            buckets=CALL_SECONDS,
            registry=self.registry,
        )
        self._stage_calls = self._counter(
            "stage_model_calls", "Model calls that ended, by stage.", "stage", "outcome"
        )
        self._stage_cost = self._counter(
            "stage_cost_usd", "What a stage's calls cost, US dollars.", "stage"
        )
        for model in models:
            self._begin_at_zero(*self._named(*model))
        for stage in table.stages:
            self._stage_cost.labels(stage.label)
            for outcome in _OUTCOMES:
                self._stage_calls.labels(stage.label, outcome)

    def count(self, call: EndedCall) -> None:
        """Add a call; the first of a kind waits for `count_held`, so that its series begin at 0."""
        if self._is_first_of_its_kind(call):
            self._held.append(call)
        else:
            self._add(call)

    def count_held(self) -> None:
        """Add the calls that were held back."""
        held, self._held = self._held, []
        for call in held:
            self._add(call)

    def _is_first_of_its_kind(self, call: EndedCall) -> bool:
        """Whether it is; its series are there from now on. Prometheus sees no increase in one that
        appears with its first value."""
        model = self._named(call.provider, call.model)
        kind = (*model, call.outcome, call.error_class)
        if kind in self._kinds:
            return False
        self._kinds.add(kind)
        self._begin_at_zero(*model)
        if call.error_class:
            self._errors.labels(*model, call.error_class)
        return True

    def _add(self, call: EndedCall) -> None:
        model = self._named(call.provider, call.model)
        stage = stage_name(self._table, call.stage)
        self._calls.labels(*model, call.outcome).inc()
        self._stage_calls.labels(stage, call.outcome).inc()
        self._tokens.labels(*model, "input").inc(call.input_tokens)
        self._tokens.labels(*model, "output").inc(call.output_tokens)
        self._cost.labels(*model).inc(call.cost_usd)
        self._stage_cost.labels(stage).inc(call.cost_usd)
        if call.error_class:
            self._errors.labels(*model, call.error_class).inc()
        if call.outcome == CallOutcome.ANSWERED:
            self._seconds.labels(*model).observe(call.seconds)

    def _counter(self, name: str, told: str, *labels: str) -> Counter:
        return Counter(f"{PREFIX}{name}", told, labels, registry=self.registry)

    def _named(self, provider: str, model: str) -> tuple[str, str]:
        pair = (provider, model)
        if pair not in self._models:
            if len(self._models) >= MOST_MODELS:
                return (OTHER, OTHER)
            self._models.add(pair)
        return pair

    def _begin_at_zero(self, provider: str, model: str) -> None:
        for outcome in _OUTCOMES:
            self._calls.labels(provider, model, outcome)
        for direction in ("input", "output"):
            self._tokens.labels(provider, model, direction)
        self._cost.labels(provider, model)
        self._seconds.labels(provider, model)
