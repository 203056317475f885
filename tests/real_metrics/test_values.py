"""What the metrics say is what the ledger and Prefect's server say."""

import asyncio
import time
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from core.artifacts.build_outcome import OutcomeStatus
from providers.storage.calls import CallRow
from providers.storage.ledger import UsageLedger
from tests.real_metrics.conftest import Watched
from tests.real_metrics.story import FAILED_CALLS, POOR, REFUSED

pytestmark = pytest.mark.timeout(1_800)


def calls_of(watched: Watched, build_id: str) -> list[CallRow]:
    ledger = UsageLedger(f"sqlite:///{watched.stack.home}/ledger.db")
    try:
        return asyncio.run(ledger.calls(build_id))
    finally:
        ledger.close()


def scraped(watched: Watched) -> dict[str, list[tuple[dict[str, str], float]]]:
    """Labels and value of each series, by the name it is queried by."""
    text = httpx.get(watched.exporter, timeout=30).raise_for_status().text
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, []).append((dict(sample.labels), sample.value))
    return found


def labelled(series: list[tuple[dict[str, str], float]], **labels: str) -> float:
    return sum(value for own, value in series if labels.items() <= own.items())


def test_a_builds_cost_calls_and_tokens_are_those_of_the_ledger(watched: Watched) -> None:
    outcome = watched.story.outcome
    rows = calls_of(watched, outcome.build_id)
    found = scraped(watched)
    build: dict[str, Any] = {"build": outcome.build_id, "user": "operator"}
    cost = labelled(found["app_builder_build_cost_usd"], **build)
    assert cost == pytest.approx(float(sum(row.cost_usd for row in rows)))
    assert cost == pytest.approx(outcome.cost_usd)
    assert labelled(found["app_builder_build_model_calls"], **build) == len(rows)
    for direction in ("input", "output"):
        tokens = labelled(found["app_builder_build_tokens"], direction=direction, **build)
        assert tokens == sum(getattr(row, f"{direction}_tokens") for row in rows)


def test_calls_errors_and_latencies_are_those_of_the_ledger(watched: Watched) -> None:
    found = scraped(watched)
    builds = [labels["build"] for labels, _ in found["app_builder_build_cost_usd"]]
    rows = [row for build in builds for row in calls_of(watched, build)]
    assert len(builds) == 3
    for outcome in ("answered", "failed", "refused"):
        counted = labelled(found["app_builder_model_calls_total"], provider="lab", outcome=outcome)
        assert counted == sum(row.outcome == outcome for row in rows)
    errors = found["app_builder_model_errors_total"]
    assert labelled(errors, error_class="ProviderFailedError") == FAILED_CALLS
    histogram = "app_builder_model_call_duration_seconds"
    answered = [row.latency_seconds for row in rows if row.outcome == "answered"]
    assert labelled(found[f"{histogram}_count"]) == len(answered)
    assert labelled(found[f"{histogram}_sum"]) == pytest.approx(sum(answered))
    cost = labelled(found["app_builder_model_cost_usd_total"])
    assert cost == pytest.approx(labelled(found["app_builder_user_month_cost_usd"]))
    assert cost == pytest.approx(labelled(found["app_builder_stage_cost_usd_total"]))


def test_builds_are_counted_by_how_they_ended(watched: Watched) -> None:
    found = scraped(watched)
    ended = {labels["status"]: value for labels, value in found["app_builder_builds_ended_total"]}
    assert ended == {
        **{status.value: 0 for status in OutcomeStatus if status not in {"running", "waiting"}},
        "completed": 2,
        "failed": 1 + POOR,
        "refused": REFUSED,
    }
    states = {labels["state"]: value for labels, value in found["app_builder_builds"]}
    assert (states["completed"], states["failed"]) == (2, 1 + POOR + REFUSED)
    assert found["app_builder_limits_reached_total"] == [
        ({"limit": "calls"}, 0),
        ({"limit": "money"}, 1 + POOR),
    ]
    assert labelled(found["app_builder_builds_crashed_total"]) == 0


def test_stages_have_their_durations(watched: Watched) -> None:
    found = scraped(watched)
    seconds = found["app_builder_stage_duration_seconds_count"]
    assert labelled(seconds, stage="7.5 test-and-self-fix") == 2
    assert labelled(seconds, stage="1 clarifier") == 3 + POOR
    ended = found["app_builder_stages_ended_total"]
    assert labelled(ended, outcome="failed") == 1 + POOR
    assert labelled(ended, stage="8 repo-creation", outcome="completed") == 2
    assert labelled(found["app_builder_build_duration_seconds_count"], status="completed") == 2


def test_providers_workers_and_queues_are_there(watched: Watched) -> None:
    found = scraped(watched)
    assert labelled(found["app_builder_provider_up"], provider="lab") == 1
    assert labelled(found["app_builder_provider_up"], provider="local") == 0
    pool = {"pool": "app-builder-local"}
    assert labelled(found["app_builder_workers"], status="online", **pool) == 1
    assert labelled(found["app_builder_queue_runs"], queue="default", **pool) == 0
    # The worker runs builds; while it ran the first one, it was seen.
    running = watched.prometheus.over_time('app_builder_builds{state="running"}')
    assert max(float(value) for series in running for _, value in series["values"]) >= 1


def test_a_run_that_nobody_takes_waits_in_its_queue(watched: Watched) -> None:
    """No worker serves the Docker pool here."""
    from tests.real_services.service import Service

    with Service(watched.stack) as service:
        questionnaire = {"project_name": "Waiting", "summary": "Waits."}
        body = {"questionnaire": questionnaire}
        run = service.start("build-app/build-app", body, "waiting").raise_for_status().json()["id"]
        waiting = 'app_builder_queue_runs{pool="app-builder",queue="default"}'
        service.until(lambda: watched.prometheus.value(waiting) == 1)
        oldest = waiting.replace("runs", "oldest_seconds")
        first = watched.prometheus.value(oldest)
        service.until(lambda: watched.prometheus.value(oldest) > first)
        service.post(f"/flow_runs/{run}/set_state", {"state": {"type": "CANCELLED"}})
        service.until(lambda: watched.prometheus.value(waiting) == 0)


def test_series_do_not_multiply(watched: Watched) -> None:
    """No label has a file, a digest or a run in it."""
    found = scraped(watched)
    assert sum(map(len, found.values())) < 1_500
    labels = {name for series in found.values() for own, _ in series for name in own}
    assert labels <= {
        *("build", "project", "user", "provider", "model", "stage", "outcome", "status", "state"),
        *("direction", "error_class", "limit", "kept", "result", "scope", "pool", "queue"),
        *("source", "release", "le"),
    }


def test_the_exporter_has_nothing_to_complain_of(watched: Watched) -> None:
    found = scraped(watched)
    assert labelled(found["app_builder_source_up"]) == 2
    assert labelled(found["app_builder_source_read_timestamp_seconds"], source="ledger") == (
        pytest.approx(time.time(), abs=30)
    )
    said = watched.exporter_log.read_text(encoding="utf-8")
    assert said.splitlines() == [f"Metrics are at {watched.exporter}"]
