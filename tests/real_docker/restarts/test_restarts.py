"""Every service is killed and started again while a build runs, one after another."""

import json

import pytest

from tests.model_server import ModelServer
from tests.real_docker.engine import run
from tests.real_docker.restarts.counted_build import CountedBuild
from tests.real_docker.system import System

SERVICES = ("api", "services", "database", "cache", "storage")
LATENCY = 12.0
"""Seconds of an answer: the build is to last longer than five restarts."""


def is_well(container: str) -> bool:
    state = json.loads(run("docker", "inspect", container))[0]["State"]
    return state["Running"] and state["Health"]["Status"] == "healthy"


@pytest.mark.timeout(3_000)
def test_a_build_ends_green_whichever_service_is_restarted_meanwhile(
    system: System, models: ModelServer
) -> None:
    build = CountedBuild(system, models, "Restarted services", LATENCY)
    for number, service in enumerate(SERVICES):
        build.reach_calls(number + 1)
        container = system.container(service)
        run("docker", "restart", "--timeout", "0", container)
        system.wait(f"{service} is well", lambda container=container: is_well(container), 240)
        answered = build.finished_calls()
        system.wait(
            f"the build goes on after {service} was restarted",
            lambda answered=answered: build.finished_calls() > answered + 1,
            300,
        )
    models.behave(latency=0.2)
    states = build.complete(900)
    assert "Crashed" not in states
    digests = [call.digest for call in build.calls()]
    assert len(set(digests)) == len(digests), "no answer was lost"
