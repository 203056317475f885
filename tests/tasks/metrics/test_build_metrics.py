"""Metrics of builds, from the events that builds emit."""

import logging
from typing import Any

import pytest

from core import build_events as told
from core.artifacts.build_outcome import BuildOutcome, OutcomeStatus
from tasks.metrics.build_metrics import OVER, BuildMetrics
from tests.docs.tables import stage_table

ABOUT: dict[str, Any] = {"build_id": "b-1", "stage": "3", "name": "schema-generator"}


@pytest.fixture
def metrics() -> BuildMetrics:
    return BuildMetrics(stage_table())


def value(metrics: BuildMetrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(f"app_builder_{name}", labels)


@pytest.mark.parametrize("status", OVER)
def test_a_build_is_counted_by_how_it_ended(metrics: BuildMetrics, status: OutcomeStatus) -> None:
    outcome = BuildOutcome(
        build_id="b-1",
        project_id="b",
        project_name="B",
        status=status,
        started_at="2026-11-23T12:00:00+00:00",
        finished_at="2026-11-23T12:01:30+00:00",
    )
    assert value(metrics, "builds_ended_total", status=status) == 0
    metrics.count(told.outcome_event(status), outcome.model_dump(mode="json"))
    assert value(metrics, "builds_ended_total", status=status) == 1
    assert value(metrics, "build_duration_seconds_sum", status=status) == 90


def test_a_refused_build_that_never_began_has_no_duration(metrics: BuildMetrics) -> None:
    refused = {"build_id": "b", "project_id": "b", "project_name": "B", "status": "refused"}
    metrics.count("app-build.refused", refused)
    assert value(metrics, "builds_ended_total", status="refused") == 1
    assert value(metrics, "build_duration_seconds_count", status="refused") == 0


def test_stages_are_counted_and_timed_unless_they_were_kept(metrics: BuildMetrics) -> None:
    stage = "3 schema-generator"
    metrics.count(told.STAGE_COMPLETED, {**ABOUT, "seconds": 4.0})
    metrics.count(told.STAGE_COMPLETED, {**ABOUT, "seconds": 0.1, "cached": True})
    metrics.count(told.STAGE_FAILED, {**ABOUT, "error": "no", "attempts": 3, "seconds": 8.0})
    metrics.count(told.STAGE_INTERRUPTED, ABOUT)
    for outcome in ("completed", "kept", "failed", "interrupted"):
        assert value(metrics, "stages_ended_total", stage=stage, outcome=outcome) == 1
    assert value(metrics, "stage_duration_seconds_sum", stage=stage) == 12
    assert value(metrics, "stage_duration_seconds_count", stage=stage) == 2


def test_a_stage_that_is_not_in_the_table_is_told_by_its_number(metrics: BuildMetrics) -> None:
    metrics.count(told.STAGE_COMPLETED, {**ABOUT, "stage": "9", "seconds": 1.0})
    assert value(metrics, "stages_ended_total", stage="9", outcome="completed") == 1


def test_limits_mending_and_the_inbox_are_counted(metrics: BuildMetrics) -> None:
    metrics.count(told.LIMIT_REACHED, {**ABOUT, "limit": "money", "error": "spent"})
    fix = {"number": 1, "round": 1, "failing": "t", "outcome": "better", "failures_before": 2}
    metrics.count(told.FIX_ATTEMPTED, {**ABOUT, **fix, "kept": True, "failures_after": 1})
    taken = {"file": "a.json", "build_id": "b-1", "flow_run_id": "r", "again": False}
    metrics.count(told.INBOX_TAKEN, taken)
    metrics.count(told.INBOX_REJECTED, {"file": "b.json", "reason": "no JSON"})
    assert value(metrics, "limits_reached_total", limit="money") == 1
    assert value(metrics, "limits_reached_total", limit="calls") == 0
    assert value(metrics, "fixes_total", kept="true") == 1
    assert value(metrics, "inbox_files_total", result="taken") == 1
    assert value(metrics, "inbox_files_total", result="rejected") == 1


def test_an_event_in_another_form_is_left_out_and_told(
    metrics: BuildMetrics, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        metrics.count(told.LIMIT_REACHED, {**ABOUT, "limit": "time", "error": "late"})
    assert "app-build.limit.reached is not counted: ('limit',)" in caplog.text
    assert value(metrics, "limits_reached_total", limit="money") == 0


def test_only_listed_events_are_read(metrics: BuildMetrics) -> None:
    assert set(metrics.events) <= set(told.EVENTS)
