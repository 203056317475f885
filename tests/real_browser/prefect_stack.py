"""A Prefect server with this project deployed and a worker, started as operators start them."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.flows.command import ROOT, variables

_HOST = "127.0.0.1"
_START_SECONDS = 300.0
_STOP_SECONDS = 30.0
# The targets as they are, in the environment that runs this.
_MAKE = ("make", "--no-print-directory", "--assume-old=.venv/.ready")


@dataclass(frozen=True)
class PrefectStack:
    """What runs.

    Attributes:
        url: where the UI is.
        home: home of the worker's builds.
        environment: variables of whoever uses the server.
    """

    url: str
    home: Path
    environment: Mapping[str, str]


@contextmanager
def prefect_stack(folder: Path, **more: str) -> Generator[PrefectStack]:
    """A server, the deployments of `make deploy`, and the worker of `make worker`.

    Args:
        folder: for everything they keep, and for their logs.
        more: further variables of all of them.

    Raises:
        RuntimeError: one of them did not start, or the deployment failed; with what it said.
    """
    port = free_port()
    url = f"http://{_HOST}:{port}"
    home = folder / "home"
    own = {
        "APP_BUILDER_USER": "operator",
        "MODEL_ROUTER_DEMO_MODE": "forced",
        "PREFECT_HOME": str(folder / "prefect"),
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        # Of a wait for SQLite, in seconds: where others use the machine as well, 10 are not enough.
        "PREFECT_SERVER_DATABASE_TIMEOUT": "60",
        "PREFECT_UI_URL": url,
        "PREFECT_SERVER_UI_API_URL": f"{url}/api",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        "PREFECT_WORKER_QUERY_SECONDS": "1",
    }
    environment = variables(home, **{**own, **more})
    server = [sys.executable, "-m", "prefect", "server", "start", f"--host={_HOST}"]
    with ExitStack() as started:
        started.enter_context(
            running(
                [*server, f"--port={port}"],
                environment,
                folder / "server.log",
                ready=lambda _: _answers(port),
            )
        )
        connected = {**environment, "PREFECT_API_URL": f"{url}/api"}
        deploy(connected)
        started.enter_context(
            running(
                [*_MAKE, "worker"],
                connected,
                folder / "worker.log",
                ready=lambda said: "started!" in said,
            )
        )
        yield PrefectStack(url, home, connected)


def deploy(environment: Mapping[str, str]) -> None:
    """Run `make deploy`.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    done = subprocess.run(
        [*_MAKE, "deploy"],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_START_SECONDS,
    )
    if done.returncode:
        raise RuntimeError(f"`make deploy` ended with {done.returncode}; it said:\n{done.stdout}")


@contextmanager
def running(
    command: list[str], environment: Mapping[str, str], log: Path, ready: Callable[[str], bool]
) -> Generator[None]:
    """A process that is ready when the block begins, and gone with its children at its end.

    Args:
        command: what to run.
        environment: all its variables.
        log: file for what it says.
        ready: asked with that again and again until it agrees.
    """
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as process,
    ):
        try:
            give_up = time.monotonic() + _START_SECONDS
            while not ready(log.read_text(errors="replace")):
                if process.poll() is not None or time.monotonic() > give_up:
                    said = log.read_text(errors="replace")[-4_000:]
                    raise RuntimeError(f"`{' '.join(command)}` did not start; it said:\n{said}")
                time.sleep(0.2)
            yield
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the whole session to end, then make it."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(process.pid, number)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                continue


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(_HOST, port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind((_HOST, 0))
        return listener.getsockname()[1]
