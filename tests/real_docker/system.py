"""The system of `deployments/compose.yaml`, started, asked and stopped as an operator does it."""

import json
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.real_docker.engine import compose, run
from tests.real_docker.images import IMAGE, ROOT

PROJECT = "app-builder-under-test"
WORKERS = 2
HOME_VOLUME = "app-builder-home"
RUN_NETWORK = "app-builder-runs"
_UNDER_WAY = {"SCHEDULED", "PENDING", "RUNNING"}


class System:
    """What runs.

    Args:
        folder: for its secrets and what Compose is told.
        images: images of the services, by variable.
    """

    def __init__(self, folder: Path, images: Mapping[str, str]) -> None:
        self.secrets = folder / "secrets"
        self._told = folder / "compose.env"
        self._port = _free_port()
        self._images = images

    def start(self) -> None:
        """Make the secrets, and start everything with two workers."""
        run("python3", str(ROOT / "deployments/make_secrets.py"), str(self.secrets))
        told = {
            "SECRETS_FOLDER": str(self.secrets),
            "DOCKER_GROUP": str(Path("/var/run/docker.sock").stat().st_gid),
            "HTTPS_PORT": str(self._port),
            "APP_BUILDER_IMAGE": IMAGE,
            "BUILD_MEMORY_MB": "4096",
            **self._images,
        }
        self._told.write_text("".join(f"{name}={value}\n" for name, value in told.items()))
        self.stop()  # what a run that was killed has left, which has other passwords
        self.compose("up", "--detach", "--scale", f"worker={WORKERS}")
        self.wait("the proxy answers", lambda: self._request("GET", "/health") is not None, 120)
        self.wait("the workers poll", lambda: self._workers() >= WORKERS, 120)

    def stop(self) -> None:
        """Stop everything, builds that still run first, and forget what it kept."""
        builds = run("docker", "ps", "--all", "--quiet", "--filter", "label=io.prefect.flow-run-id")
        if builds:
            run("docker", "rm", "--force", *builds.split())
        self.compose("down", "--volumes", "--timeout", "20")
        run("docker", "volume", "rm", "--force", HOME_VOLUME)

    def compose(self, *arguments: str) -> str:
        """Run Compose on the system."""
        file = str(ROOT / "deployments/compose.yaml")
        options = ("--env-file", str(self._told), "--project-name", PROJECT, "--file", file)
        return run(*compose(), *options, *arguments, wait=900)

    def container(self, service: str, number: int = 1) -> str:
        """Id of a service's container."""
        return self.compose("ps", "--quiet", service).splitlines()[number - 1]

    def client(self, *, authorised: bool = True) -> httpx.Client:
        """A client of Prefect's API through the proxy, which believes in the proxy's root alone."""
        user, _, password = (self.secrets / "api-auth").read_text().partition(":")
        return httpx.Client(
            base_url=f"https://localhost:{self._port}/api",
            auth=(user, password) if authorised else None,
            verify=self._trusted,
            timeout=30,
        )

    @cached_property
    def _trusted(self) -> ssl.SSLContext:
        path = "/data/caddy/pki/authorities/local/root.crt"
        root = run("docker", "exec", self.container("proxy"), "cat", path)
        return ssl.create_default_context(cadata=root)

    def gateway(self) -> str:
        """This machine's address in the network of builds."""
        return run(
            *("docker", "network", "inspect", RUN_NETWORK),
            *("--format", "{{(index .IPAM.Config 0).Gateway}}"),
        )

    def build(
        self,
        name: str,
        options: Mapping[str, Any] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Start a build, and say the id of its flow run.

        Args:
            name: of the project.
            options: how to build.
            variables: of its container, besides those of the deployment.
        """
        with self.client() as client:
            found = client.get("/deployments/name/build-app/build-app").raise_for_status().json()
            env = {**found["job_variables"]["env"], **(variables or {})}
            questionnaire = {"project_name": name, "summary": "Keeps short notes."}
            started = client.post(
                f"/deployments/{found['id']}/create_flow_run",
                json={
                    "parameters": {"questionnaire": questionnaire, "options": dict(options or {})},
                    "job_variables": {"env": env},
                },
            )
            return str(started.raise_for_status().json()["id"])

    def flow_run(self, run_id: str) -> dict[str, Any]:
        """What Prefect knows of a flow run."""
        with self.client() as client:
            return client.get(f"/flow_runs/{run_id}").raise_for_status().json()

    def story(self, run_id: str) -> str:
        """How a flow run stands and what it said last, for a test that fails."""
        wanted = {"logs": {"flow_run_id": {"any_": [run_id]}}, "sort": "TIMESTAMP_DESC"}
        with self.client() as client:
            found = client.post("/logs/filter", json={**wanted, "limit": 20}).raise_for_status()
        said = [line["message"] for line in reversed(found.json())]
        return "\n".join([str(self.flow_run(run_id)["state"]["message"]), *said])

    def states(self, run_id: str) -> list[str]:
        """Names of the states that a flow run had, in order."""
        with self.client() as client:
            found = client.get("/flow_run_states/", params={"flow_run_id": run_id})
        return [state["name"] for state in found.raise_for_status().json()]

    def known(self, run_id: str) -> dict[str, Any]:
        """What Prefect knows of a flow run; nothing, where the server is away or too busy."""
        return self._request("GET", f"/flow_runs/{run_id}") or {}

    def ended(self, run_id: str) -> bool:
        """Whether a flow run came to an end; not yet, where the server cannot say."""
        found = self.known(run_id)
        return bool(found) and found["state_type"] not in _UNDER_WAY

    def run_container(self, run_id: str) -> str:
        """Id of the container that a flow run is in; empty before and after."""
        label = f"label=io.prefect.flow-run-id={run_id}"
        return run("docker", "ps", "--quiet", "--no-trunc", "--filter", label)

    def artifact(self, build_id: str, path: str) -> dict[str, Any]:
        """A JSON artifact of a build, read from the store as builds reach it."""
        code = (
            "import asyncio, sys\n"
            "from core.settings import load_settings\n"
            "from providers.storage.artifact_store import ArtifactStore\n"
            "store = ArtifactStore(load_settings().store_url)\n"
            "print(asyncio.run(store.read_text(sys.argv[1])))\n"
        )
        key = f"project/{build_id}/{path}"
        return json.loads(self.in_image("python", "-c", code, key))

    def in_image(self, *command: str) -> str:
        """Run a command in our image, with the network, settings and secrets of builds."""
        return run(
            *("docker", "run", "--rm", "--network", RUN_NETWORK),
            *("--env-file", str(ROOT / "deployments/builds.env")),
            *("--volume", f"{self.secrets / 'builds'}:/run/secrets:ro", IMAGE, *command),
        )

    def wait(self, what: str, holds: Callable[[], bool], seconds: float) -> None:
        """Ask again and again until it holds; fail with the services' logs where it does not."""
        give_up = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > give_up:
                pytest.fail(f"not within {seconds:.0f} s: {what}\n{self.compose('logs')[-8_000:]}")
            time.sleep(0.5)

    def _workers(self) -> int:
        path = "/work_pools/app-builder/workers/filter"
        found: list[dict[str, Any]] = self._request("POST", path) or []
        return sum(worker["status"] == "ONLINE" for worker in found)

    def _request(self, method: str, path: str) -> Any:
        try:
            with self.client() as client:
                answer = client.request(method, path, json={} if method == "POST" else None)
        except (httpx.HTTPError, AssertionError):
            return None
        return answer.json() if answer.is_success else None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])
