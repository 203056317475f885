"""How runs look that wait, are cancelled or crash, as the page for troubleshooting tells it.

A real server, `make deploy` and `make worker`, without a worker for Docker.
"""

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.docs.troubles import rows, says
from tests.model_server import ModelServer, model_server
from tests.real_browser.prefect_stack import PrefectStack, prefect_stack
from tests.real_services.service import MODELS, Service

pytestmark = pytest.mark.timeout(900)

NOTES = {"project_name": "Notes", "summary": "Keeps short notes."}
LOCAL, DOCKER, HEALTH = (
    "build-app/build-app-local",
    "build-app/build-app",
    "provider-health/provider-health",
)


_LAST_LOOK_SECONDS = 5.0
"""Until when a worker may take what it was told of before its pool was paused."""


@pytest.fixture(scope="module")
def models() -> Iterator[ModelServer]:
    with model_server(latency=2.0) as server:
        yield server


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, models: ModelServer) -> Iterator[PrefectStack]:
    with prefect_stack(
        tmp_path_factory.mktemp("stack"),
        LOCAL_LLM_BASE_URL=models.base_url,
        PREFECT_API_AUTH_STRING="operator:not-a-secret",
        PREFECT_SERVER_API_AUTH_STRING="operator:not-a-secret",
        PREFECT_SERVER_DATABASE_TIMEOUT="60",
        PREFECT_SERVER_SERVICES_LATE_RUNS_AFTER_SECONDS="1",
        PREFECT_SERVER_SERVICES_LATE_RUNS_LOOP_SECONDS="1",
    ) as running:
        yield running


class Operator(Service):
    """Somebody who starts runs, changes what is registered, and looks how runs stand."""

    def change(self, path: str, body: dict[str, Any]) -> None:
        """Change something on the server."""
        # On SQLite, a server that is busy answers 503 for a while.
        self.until(lambda: self._client.patch(path, json=body).is_success)

    def deployment(self, name: str) -> dict[str, Any]:
        """A deployment, by the names of its flow and its own."""
        return self.get(f"/deployments/name/{name}")

    def begin(self, name: str, key: str, parameters: dict[str, Any] | None = None) -> str:
        """Start a run of a deployment; returns its id."""
        return self.start(name, parameters or {}, key).raise_for_status().json()["id"]

    def until_it_is(self, run: str, *names: str) -> dict[str, Any]:
        """Wait until a run's state has one of these names; the run."""
        self.until(lambda: self.run(run)["state_name"] in names)
        return self.run(run)


@pytest.fixture(scope="module")
def operator(stack: PrefectStack) -> Iterator[Operator]:
    with Operator(stack) as opened:
        for one in opened.post("/deployments/filter", {}).raise_for_status().json():
            opened.change(f"/deployments/{one['id']}", {"paused": True})  # nothing by itself
        yield opened


def told(sign: str) -> Callable[[dict[str, Any]], str]:
    """The row of the page with this sign; gives the words that a run's state has of it."""
    (row,) = [row for row in rows() if row.sign == sign]

    def words(run: dict[str, Any]) -> str:
        *_, last = row.messages
        return last if says(run["state"]["message"] or "", last) else run["state"]["message"]

    return words


def test_without_a_worker_a_run_is_late(operator: Operator) -> None:
    told("A run is *Late*, its work pool *NOT_READY*")
    run = operator.begin(DOCKER, "late", {"questionnaire": NOTES})
    operator.until_it_is(run, "Late")
    assert operator.get("/work_pools/app-builder")["status"] == "NOT_READY"
    operator.cancel(run)


def test_in_a_paused_pool_a_run_is_late(operator: Operator) -> None:
    told("A run is *Late*, its work pool *PAUSED*")
    operator.change("/work_pools/app-builder-local", {"is_paused": True})
    time.sleep(_LAST_LOOK_SECONDS)
    run = operator.begin(HEALTH, "paused")
    operator.until_it_is(run, "Late")
    assert operator.get("/work_pools/app-builder-local")["status"] == "PAUSED"
    operator.change("/work_pools/app-builder-local", {"is_paused": False})
    assert operator.wait(run)["state_name"] == "Completed", "resumed, it runs"


def test_beyond_the_limit_a_build_waits_for_its_turn(operator: Operator) -> None:
    told("A run is *AwaitingConcurrencySlot*")
    path = f"/deployments/{operator.deployment(LOCAL)['id']}"
    operator.change(path, {"global_concurrency_limit_id": None, "concurrency_limit": 1})
    build = {"questionnaire": NOTES, "options": {"models": MODELS}}
    first = operator.begin(LOCAL, "first", build)
    operator.until_it_is(first, "Running")
    second = operator.begin(LOCAL, "second", build)
    operator.until_it_is(second, "AwaitingConcurrencySlot")
    operator.cancel(first)
    operator.until_it_is(second, "Running", "Failed")
    operator.cancel(second)
    operator.wait(second)


def test_housekeeping_beyond_its_limit_is_cancelled(operator: Operator) -> None:
    sign = "`Deployment concurrency limit reached.`"
    first = operator.begin(HEALTH, "one")
    second = operator.begin(HEALTH, "two")
    ended = [operator.wait(run) for run in (first, second)]
    assert sorted(run["state_name"] for run in ended) == ["Cancelled", "Completed"]
    (cancelled,) = [run for run in ended if run["state_name"] == "Cancelled"]
    assert f"`{told(sign)(cancelled)}`" == sign


def test_in_another_folder_than_the_registered_one_a_run_crashes(operator: Operator) -> None:
    sign = "A run is *Crashed*: `Flow run could not start: …`"
    deployment = operator.deployment(HEALTH)
    command = deployment["job_variables"]["command"].replace("'/", "'/gone/", 1)
    changed = {**deployment["job_variables"], "command": command}
    operator.change(f"/deployments/{deployment['id']}", {"job_variables": changed})
    run = operator.wait(operator.begin(HEALTH, "gone"))
    assert run["state_name"] == "Crashed"
    assert told(sign)(run) in sign
