"""A build in Docker whose every model call is counted where it arrives."""

import json
import time
from typing import Any

import pytest

from tests.flows.command import templates
from tests.model_server import Call, ModelServer
from tests.real_docker.engine import run
from tests.real_docker.system import System

_NEVER_AGAIN = {"Failed", "Cancelled", "TimedOut"}


class CountedBuild:
    """A build that was started; only one at a time, because calls are told apart by when they came.

    Args:
        system: where it runs.
        models: what it asks.
        name: of its project, a different one for each build.
        latency: seconds that an answer takes from now on.
    """

    def __init__(self, system: System, models: ModelServer, name: str, latency: float) -> None:
        models.behave(latency=latency)
        self._system = system
        self._models = models
        self._before = len(models.calls())
        self.run_id = system.build(
            name,
            options={"models": {template: f"local/{template}" for template in templates()}},
            variables={"LOCAL_LLM_BASE_URL": models.base_url},
        )

    def calls(self) -> list[Call]:
        """Its calls so far, in the order they came in."""
        return self._models.calls()[self._before :]

    def reach(self, template: str, number: int) -> None:
        """Wait until so many calls of a template were begun."""
        self._system.wait(
            f"{number} calls for {template}",
            lambda: sum(call.model == template for call in self.calls()) >= number,
            400,
        )

    def reach_calls(self, number: int) -> None:
        """Wait until so many calls were begun."""
        self._system.wait(f"{number} calls", lambda: len(self.calls()) >= number, 400)

    def finished_calls(self) -> int:
        """How many of its calls were answered."""
        return sum(call.finished is not None for call in self.calls())

    def container(self) -> str:
        """Id of the container it is in now."""
        found = self._system.run_container(self.run_id)
        assert found, self._system.story(self.run_id)
        return found

    def kill(self, *containers: str) -> float:
        """Kill containers with the signal that nobody can handle; returns when they were gone."""
        run("docker", "kill", "--signal", "KILL", *containers)
        return time.time()

    def complete(self, seconds: float) -> list[str]:
        """Wait until it is completed, whatever happened before; returns the states it had."""
        seen: dict[str, Any] = {}

        def completed() -> bool:
            seen.update(self._system.known(self.run_id))
            if seen.get("state_name") in _NEVER_AGAIN:
                pytest.fail(self._system.story(self.run_id))
            return seen.get("state_name") == "Completed"

        self._system.wait("the build is completed", completed, seconds)
        return self._system.states(self.run_id)


def worker_of(container: str) -> str:
    """Id of the worker's container that started a build's container: its name begins with it."""
    labels = json.loads(run("docker", "inspect", container))[0]["Config"]["Labels"]
    return labels["io.prefect.worker-name"]
