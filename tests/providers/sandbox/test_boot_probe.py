"""The probe that starts an application, run as it is in a box and by its functions."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from providers.sandbox import boot_probe

STATUSES = {"/health": 200, "/broken": 503}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(STATUSES.get(self.path, 404))
        self.end_headers()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.fixture
def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def test_listening_ports_are_those_of_the_kernel(port: int, tmp_path: Path):
    assert port in boot_probe.listening_ports([Path("/proc/net/tcp"), tmp_path / "missing"])


def test_the_first_path_that_is_known_is_the_answer(port: int, closed_port: int):
    def probe(*paths: str, ports: tuple[int, ...] = (port,)) -> object:
        return boot_probe.probe(list(ports), list(paths))

    assert probe("/health", "/") == {"port": port, "path": "/health", "status": 200}
    assert probe("/x", "/health") == {"port": port, "path": "/health", "status": 200}
    assert probe("/broken", "/health") == {"port": port, "path": "/broken", "status": 503}
    assert probe("/x", "/y") == {"port": port, "path": "/y", "status": 404}
    assert probe("/health", ports=(closed_port, port)) == probe("/health")
    assert probe("/health", ports=(closed_port,)) == {}


def test_what_does_not_speak_http_gives_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def talk() -> None:
            connection, _ = server.accept()
            connection.recv(1024)
            connection.sendall(b"220 mail\r\n")
            connection.close()

        thread = Thread(target=talk)
        thread.start()
        assert boot_probe.ask(server.getsockname()[1], "/") is None
        thread.join()


class Probing:
    """Runs the probe as if only some ports were listened on: this machine has others, a box not."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.report = folder / "report"
        self.monkeypatch = monkeypatch

    def __call__(
        self, *command: str, ports: Sequence[int] = (), seconds: float = 10
    ) -> tuple[int, dict[str, Any]]:
        def listening(_tables: list[Path]) -> list[int]:
            return list(ports)

        self.monkeypatch.setattr(boot_probe, "listening_ports", listening)
        request = {
            "paths": ["/health", "/"],
            "port": ports[-1] if ports else 1,
            "report": str(self.report),
            "seconds": seconds,
        }
        code = boot_probe.main([json.dumps(request), *command])
        return code, json.loads(self.report.read_text())


@pytest.fixture
def probing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Probing:
    return Probing(tmp_path, monkeypatch)


def test_an_application_that_answers_is_good_and_ended(probing: Probing, closed_port: int):
    server = (sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(closed_port))
    code, answer = probing(*server, ports=[1, closed_port])
    assert (code, answer["status"], answer["path"], answer["port"]) == (0, 200, "/", closed_port)
    assert answer["exit_code"] is None
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", closed_port)).close()


def test_an_application_that_ends_is_told_with_its_exit_code(probing: Probing):
    code, answer = probing(sys.executable, "-c", "raise SystemExit(7)")
    assert (code, answer["exit_code"]) == (1, 7)
    assert "status" not in answer


def test_what_answers_for_an_application_that_has_ended_is_no_success(probing: Probing, port: int):
    code, answer = probing(sys.executable, "-S", "-c", "raise SystemExit(3)", ports=[port])
    assert (code, answer["status"], answer["exit_code"]) == (1, 200, 3)


def test_another_port_is_asked_only_where_the_expected_one_says_nothing(
    probing: Probing, port: int, closed_port: int
):
    empty = "from http.server import *; HTTPServer(('127.0.0.1', %d), BaseHTTPRequestHandler)"
    refusing = (sys.executable, "-c", f"{empty % closed_port}.serve_forever()")
    code, answer = probing(sys.executable, "-c", "import time; time.sleep(60)", ports=[port, 1])
    assert (code, answer["port"], answer["status"]) == (0, port, 200)
    with subprocess.Popen(refusing) as server:
        try:
            while boot_probe.ask(closed_port, "/") is None:
                pass
            sleeping = (sys.executable, "-c", "import time; time.sleep(60)")
            code, answer = probing(*sleeping, ports=[port, closed_port])
        finally:
            server.terminate()
    assert (answer["port"], answer["status"]) == (closed_port, 501)


def test_an_application_that_never_answers_ends_the_wait(probing: Probing):
    stubborn = "import signal, time; signal.signal(15, signal.SIG_IGN); time.sleep(60)"
    probing.monkeypatch.setattr(boot_probe, "_KILL_SECONDS", 0.2)
    code, answer = probing(sys.executable, "-c", stubborn, seconds=0.5)
    assert (code, answer["exit_code"]) == (1, None)
    assert answer["seconds"] >= 0.5


def test_a_program_that_is_not_there_is_told_as_a_shell_does(
    probing: Probing, capfd: pytest.CaptureFixture[str]
):
    code, answer = probing("no-such-program")
    assert (code, answer["exit_code"]) == (1, 127)
    assert "no-such-program: No such file or directory" in capfd.readouterr().err


def test_the_probe_runs_as_a_program_of_its_own(tmp_path: Path):
    report = tmp_path / "report"
    request = {"paths": ["/"], "port": 1, "report": str(report), "seconds": 0}
    done = subprocess.run(
        [sys.executable, "-I", boot_probe.__file__, json.dumps(request), "true"], check=False
    )
    assert done.returncode == 1
    assert "seconds" in json.loads(report.read_text())
