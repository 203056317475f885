"""A Prefect server of our own, for machines where none is configured.

The ephemeral server Prefect would start loses part of a run's history when the run ends, so the
command line starts a real one on SQLite. Commands that run at the same time share it, and the
last one stops it; a server left behind by a killed command is found again by the next.
"""

import fcntl
import http.client
import os
import signal
import socket
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from pydantic import BaseModel, ValidationError

from core.errors import AppBuilderError

HOST = "127.0.0.1"
START_SECONDS = 180
STOP_SECONDS = 20

_SETTINGS = {
    # Many events per database write; the default of one costs three to five times the CPU.
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
}


class _Running(BaseModel):
    """The server that runs, as the next command finds it."""

    pid: int
    port: int


@contextmanager
def local_server(folder: Path) -> Generator[str]:
    """Use the local server, starting it if none runs, and stopping it if nobody else uses it.

    Args:
        folder: where its database, its log and the locks are.

    Yields:
        URL of its API; the server may still be starting, see `wait_until_ready`.

    Raises:
        AppBuilderError: it does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "users.lock").open("w") as users:
        with _exclusively(folder / "change.lock"):
            running = _find(folder) or _start(folder)
            fcntl.flock(users, fcntl.LOCK_SH)
        try:
            yield f"http://{HOST}:{running.port}/api"
        finally:
            with _exclusively(folder / "change.lock"):
                if _is_last(users):
                    _stop(folder, running)


def wait_until_ready(api_url: str, folder: Path) -> None:
    """Wait until the API answers.

    Raises:
        AppBuilderError: it does not within three minutes; its log says why.
    """
    port = int(api_url.rsplit(":", 1)[-1].split("/", 1)[0])
    give_up = time.monotonic() + START_SECONDS
    while not _answers(port):
        running = _read(folder)
        if running is None or not _alive(running.pid) or time.monotonic() > give_up:
            raise AppBuilderError(
                f"the local Prefect server does not start; see {folder / 'server.log'}"
            )
        time.sleep(0.1)


def require_running(folder: Path) -> None:
    """See that the server somebody uses is still there.

    Raises:
        AppBuilderError: its process ended.
    """
    running = _read(folder)
    if running is None or not _alive(running.pid):
        raise AppBuilderError(
            f"the local Prefect server ended while the build ran; {folder / 'server.log'} may say "
            "why. Nothing is lost: the same command goes on from there"
        )


@contextmanager
def _exclusively(path: Path) -> Generator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _is_last(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _read(folder: Path) -> _Running | None:
    try:
        return _Running.model_validate_json((folder / "server.json").read_text())
    except (FileNotFoundError, ValidationError):
        return None


def _find(folder: Path) -> _Running | None:
    running = _read(folder)
    return running if running and _alive(running.pid) and _is_ours(running.pid) else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return _state(pid) != "Z"


def _state(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[0]


def _is_ours(pid: int) -> bool:
    """Whether the process is a Prefect server, and not another that got its number since."""
    try:
        return b"prefect" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/api/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()


def _start(folder: Path) -> _Running:
    port = _free_port()
    environment = {
        **os.environ,
        **_SETTINGS,
        "PREFECT_HOME": str(folder),
        "PREFECT_API_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{folder / 'prefect.db'}",
        "PREFECT_SERVER_UI_API_URL": f"http://{HOST}:{port}/api",
    }
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "prefect", "server", "start"]
    log = str(folder / "server.log")
    # Spawned into a session of its own, because it may outlive this process, and because Ctrl-C
    # must reach the build alone: the server records how that ended.
    pid = os.posix_spawn(
        sys.executable,
        [*command, "--host", HOST, "--port", str(port)],
        environment,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600),
            (os.POSIX_SPAWN_DUP2, 1, 2),
        ],
        setsid=True,
    )
    running = _Running(pid=pid, port=port)
    (folder / "server.json").write_text(running.model_dump_json())
    return running


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return listener.getsockname()[1]


def _stop(folder: Path, running: _Running) -> None:
    (folder / "server.json").unlink(missing_ok=True)
    give_up = time.monotonic() + STOP_SECONDS
    _signal(running.pid, signal.SIGTERM)
    while _alive(running.pid):
        if time.monotonic() > give_up:
            _signal(running.pid, signal.SIGKILL)
            break
        time.sleep(0.05)
    with suppress(ChildProcessError):  # another command started it
        os.waitpid(running.pid, 0)


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        return
