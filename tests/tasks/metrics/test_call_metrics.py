"""Metrics of model calls."""

from collections.abc import Callable

import pytest
from prometheus_client import generate_latest

from tasks.metrics import call_metrics
from tasks.metrics.call_metrics import CallMetrics
from tests.docs.tables import stage_table
from tests.tasks.metrics.ended_calls import ended_call


def test_a_call_is_counted_with_what_it_took() -> None:
    metrics = CallMetrics([], stage_table())
    metrics.count(ended_call(cost_usd=0.5, input_tokens=30, output_tokens=4, seconds=2))
    metrics.count(ended_call(outcome="failed", error_class="ProviderFailedError", seconds=9))
    metrics.count_held()
    of = metrics.registry.get_sample_value
    model = {"provider": "p", "model": "m"}
    assert of("app_builder_model_calls_total", {**model, "outcome": "answered"}) == 1
    assert of("app_builder_model_calls_total", {**model, "outcome": "failed"}) == 1
    assert of("app_builder_model_tokens_total", {**model, "direction": "input"}) == 30
    assert of("app_builder_model_tokens_total", {**model, "direction": "output"}) == 4
    assert of("app_builder_model_cost_usd_total", model) == 0.5
    error = {**model, "error_class": "ProviderFailedError"}
    assert of("app_builder_model_errors_total", error) == 1
    # Only answers have a latency: a refused connection takes no time.
    assert of("app_builder_model_call_duration_seconds_sum", model) == 2
    stage = {"stage": "3 schema-generator"}
    assert of("app_builder_stage_cost_usd_total", stage) == 0.5
    assert of("app_builder_stage_model_calls_total", {**stage, "outcome": "failed"}) == 1


def test_models_that_are_expected_begin_at_zero() -> None:
    metrics = CallMetrics([("p", "m")], stage_table())
    of = metrics.registry.get_sample_value
    model = {"provider": "p", "model": "m"}
    for outcome in ("answered", "failed", "refused", "lost"):
        assert of("app_builder_model_calls_total", {**model, "outcome": outcome}) == 0
    assert of("app_builder_model_call_duration_seconds_count", model) == 0
    assert of("app_builder_model_cost_usd_total", model) == 0
    stage = {"stage": "7 code-generation", "outcome": "failed"}
    assert of("app_builder_stage_model_calls_total", stage) == 0


def test_the_number_of_models_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_metrics, "MOST_MODELS", 3)
    metrics = CallMetrics([("p", "m0")], stage_table())
    for number in range(10):
        metrics.count(ended_call(model=f"m{number}"))
    metrics.count(ended_call(model="m1"))
    metrics.count_held()
    of: Callable[..., float | None] = metrics.registry.get_sample_value
    name = "app_builder_model_calls_total"
    assert of(name, {"provider": "p", "model": "m1", "outcome": "answered"}) == 2
    assert of(name, {"provider": "other", "model": "other", "outcome": "answered"}) == 7
    assert b"m7" not in generate_latest(metrics.registry)


def test_the_first_call_of_a_kind_is_seen_as_an_increase() -> None:
    """A series that appeared with its first value would not have increased."""
    metrics = CallMetrics([], stage_table())
    failed = ended_call(outcome="failed", error_class="UnreachableError")
    labels = {"provider": "p", "model": "m", "error_class": "UnreachableError"}

    def errors() -> float | None:
        return metrics.registry.get_sample_value("app_builder_model_errors_total", labels)

    metrics.count(failed)
    assert errors() == 0
    metrics.count_held()
    assert errors() == 1
    metrics.count(failed)
    assert errors() == 2
