"""Builds on shared services: started, followed and counted."""

import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Self

import httpx
import pytest

from tests.flows.command import templates
from tests.model_server import Call
from tests.real_hosts.services import Services

_OVER = {"Completed", "Failed", "Cancelled", "TimedOut"}
"""States that a build does not leave; `Crashed` is none, for an automation starts it again."""

SUMMARY = "Keeps short notes."
"""What they all build."""

_MODELS = {template: f"local/{template}" for template in templates()}


class Builds:
    """Builds of one test.

    Args:
        services: what they run on.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._client = services.client()
        self._before = len(services.models.calls())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def start(self, name: str, key: str | None = None) -> str:
        """Start a build whose every call is counted.

        Args:
            name: of its project.
            key: the same key twice is one build.

        Returns:
            The id of its flow run.
        """
        found = self._ask("GET", "/deployments/name/build-app/build-app-local")
        questionnaire = {"project_name": name, "summary": SUMMARY}
        parameters = {"questionnaire": questionnaire, "options": {"models": _MODELS}}
        path = f"/deployments/{found['id']}/create_flow_run"
        return self._ask("POST", path, {"parameters": parameters, "idempotency_key": key})["id"]

    def run(self, run_id: str) -> dict[str, Any]:
        """What Prefect knows of a flow run."""
        return self._ask("GET", f"/flow_runs/{run_id}")

    def worker(self, run_id: str) -> str:
        """Name of the worker that has, or had, a flow run."""
        return str(self.run(run_id)["labels"].get("prefect.worker.name", ""))

    def states(self, run_id: str) -> list[dict[str, Any]]:
        """States that a flow run had, in order."""
        return self._ask("GET", f"/flow_run_states/?flow_run_id={run_id}")

    def wait(self, run_ids: Iterable[str], seconds: float) -> None:
        """Wait until builds are completed, and fail where one of them does not."""
        open_ones = set(run_ids)

        def all_completed() -> bool:
            for run_id in list(open_ones):
                run = self.run(run_id)
                if run["state_name"] in _OVER:
                    assert run["state_name"] == "Completed", run["state"]["message"]
                    open_ones.remove(run_id)
            return not open_ones

        self.until("all builds are completed", all_completed, seconds)

    def until(self, what: str, holds: Callable[[], bool], seconds: float) -> None:
        """Ask again and again until it holds."""
        give_up = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > give_up:
                pytest.fail(f"not within {seconds:.0f} s: {what}")
            time.sleep(0.5)

    def calls(self) -> list[Call]:
        """Calls since the test began, in the order they came in."""
        return self._services.models.calls()[self._before :]

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        answer: httpx.Response = self._client.request(method, path, json=body)
        return answer.raise_for_status().json()


def most_in_a_minute(calls: Iterable[Call]) -> int:
    """The most calls that came in within any 60 seconds."""
    window: deque[float] = deque()
    most = 0
    for started in sorted(call.started for call in calls):
        window.append(started)
        while window[0] <= started - 60:
            window.popleft()
        most = max(most, len(window))
    return most
