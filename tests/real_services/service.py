"""Another service, as it deals with Prefect's REST API."""

import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx

from core.artifacts.build_outcome import BuildOutcome
from tests.flows.command import templates
from tests.real_browser.prefect_stack import PrefectStack

FINAL = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
BUILD = "build-app/build-app-local"
MODELS = {name: f"local/{name}" for name in templates()}
"""Every stage asks the model that counts calls."""

WAIT_SECONDS = 500.0
"""Longest wait for anything; a run takes long to begin where others use the machine as well."""

BUSY_SECONDS = 120.0
"""How long a server may say that it is busy."""


class Service:
    """What a service asks of the API.

    Args:
        stack: the running system.
    """

    def __init__(self, stack: PrefectStack) -> None:
        self.stack = stack
        user, _, password = stack.environment["PREFECT_API_AUTH_STRING"].partition(":")
        self._client = httpx.Client(
            base_url=stack.environment["PREFECT_API_URL"], auth=(user, password), timeout=120
        )

    def __enter__(self) -> Self:
        self._client.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str) -> Any:
        """The answer to a GET, as JSON."""
        return self._ask("GET", path).raise_for_status().json()

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        """The answer to a POST."""
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """Ask again while the server says that it is busy, as `docs/api.md` has it."""
        give_up = time.monotonic() + BUSY_SECONDS
        while True:
            answer = self._client.request(method, path, json=body)
            if answer.status_code != HTTPStatus.SERVICE_UNAVAILABLE or time.monotonic() > give_up:
                return answer
            time.sleep(1)

    def start(self, deployment: str, parameters: dict[str, Any], key: str) -> httpx.Response:
        """Ask for a run of a deployment."""
        found = self.get(f"/deployments/name/{deployment}")
        body = {"idempotency_key": key, "parameters": parameters}
        return self.post(f"/deployments/{found['id']}/create_flow_run", body)

    def build(self, name: str, key: str, **options: Any) -> str:
        """Start a build that asks the counting model; returns the flow run's id."""
        questionnaire = {"project_name": name, "summary": "Keeps short notes."}
        parameters = {"questionnaire": questionnaire, "options": {"models": MODELS, **options}}
        return self.start(BUILD, parameters, key).raise_for_status().json()["id"]

    def run(self, run_id: str) -> dict[str, Any]:
        """A flow run."""
        return self.get(f"/flow_runs/{run_id}")

    def wait(self, run_id: str) -> dict[str, Any]:
        """A flow run, once it is over."""
        self.until(lambda: self.run(run_id)["state_type"] in FINAL)
        return self.run(run_id)

    def until(self, reached: Callable[[], bool], running: str = "") -> float:
        """Wait for something; returns when it was reached, in seconds since 1970.

        Args:
            reached: asked again and again.
            running: a flow run without which it cannot be reached any more.
        """
        give_up = time.monotonic() + WAIT_SECONDS
        while not reached():
            assert time.monotonic() < give_up, "waited in vain"
            if running:
                run = self.run(running)
                assert run["state_type"] not in FINAL, run["state"]
            time.sleep(0.1)
        return time.time()

    def cancel(self, run_id: str) -> None:
        """Ask for a run to be cancelled."""
        body = {"state": {"type": "CANCELLING"}}
        self.post(f"/flow_runs/{run_id}/set_state", body).raise_for_status()

    def outcomes(self, run_id: str) -> list[BuildOutcome]:
        """What a run told of its build, oldest first."""
        mine = {"type": {"any_": ["build-outcome"]}, "flow_run_id": {"any_": [run_id]}}
        found = self.post("/artifacts/filter", {"artifacts": mine, "sort": "CREATED_DESC"})
        return [BuildOutcome.model_validate(one["data"]) for one in reversed(found.json())]

    def events(self, run_id: str) -> list[dict[str, Any]]:
        """Our events about a run, oldest first."""
        wanted = {
            "event": {"prefix": ["app-build."]},
            "related": {"id": [f"prefect.flow-run.{run_id}"]},
            "order": "ASC",
        }
        found = self.post("/events/filter", {"filter": wanted, "limit": 50}).raise_for_status()
        return found.json()["events"]


@contextmanager
def receiving() -> Generator[tuple[str, list[bytes]]]:
    """An address that takes what is posted to it, and the bodies that came in."""
    bodies: list[bytes] = []

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- the base class names it so
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/builds", bodies
        finally:
            server.shutdown()
            thread.join()
