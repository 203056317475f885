"""Containers and workers that are killed in the middle of stage 7; builds go on elsewhere."""

from datetime import timedelta

import pytest
from docker import from_env

from deployments.abandoned_containers import remove_abandoned
from tests.flows.killer import assert_only_calls_in_flight_were_repeated
from tests.model_server import ModelServer
from tests.real_docker.engine import run
from tests.real_docker.restarts.counted_build import CountedBuild, worker_of
from tests.real_docker.system import System

LATENCY = 1.5
GRACE = 1.0
"""Seconds that an answer may take from the model's end to the store."""

MIDDLE = ("coder", 6)


@pytest.mark.timeout(1_800)
def test_a_killed_container_is_replaced_and_only_calls_in_flight_are_asked_again(
    system: System, models: ModelServer
) -> None:
    build = CountedBuild(system, models, "Killed containers", LATENCY)
    build.reach(*MIDDLE)
    first = build.container()
    killed = build.kill(first)
    states = build.complete(900)
    assert [state for state in states if state in {"Crashed", "AwaitingRetry"}] == [
        "Crashed",
        "AwaitingRetry",
    ]
    assert_only_calls_in_flight_were_repeated(build.calls(), [killed], GRACE)


@pytest.mark.timeout(1_800)
def test_a_build_outlives_its_worker(system: System, models: ModelServer) -> None:
    build = CountedBuild(system, models, "Killed workers", LATENCY)
    build.reach(*MIDDLE)
    container = build.container()
    worker = worker_of(container)
    try:
        build.kill(worker)
        states = build.complete(600)
    finally:
        run("docker", "start", worker)
    assert "Crashed" not in states
    system.wait("its container ends", lambda: not system.run_container(build.run_id), 120)
    left = run("docker", "inspect", "--format", "{{.Name}}", container).removeprefix("/")
    client = from_env()
    assert remove_abandoned(client) == [], "a worker may still be about to do it"
    assert remove_abandoned(client, timedelta(0)) == [left]
    client.close()
    digests = [call.digest for call in build.calls()]
    assert len(set(digests)) == len(digests), "it went on as if nothing had happened"


@pytest.mark.timeout(1_800)
def test_killed_with_its_worker_a_build_is_missed_and_goes_on_at_another_worker(
    system: System, models: ModelServer
) -> None:
    build = CountedBuild(system, models, "Killed machines", LATENCY)
    build.reach(*MIDDLE)
    first = build.container()
    worker = worker_of(first)
    try:
        killed = build.kill(worker, first)
        system.wait("another container", lambda: bool(system.run_container(build.run_id)), 400)
        assert worker_of(build.container()) != worker
        states = build.complete(900)
    finally:
        run("docker", "start", worker)
    assert [state for state in states if state in {"Crashed", "AwaitingRetry"}] == [
        "Crashed",
        "AwaitingRetry",
    ]
    assert_only_calls_in_flight_were_repeated(build.calls(), [killed], GRACE)
