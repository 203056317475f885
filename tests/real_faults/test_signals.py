"""Real commands that end before they are done: each signal, and a Prefect server that is gone."""

import json
import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from tests.flows.command import TINY, start, variables
from tests.flows.test_local_server import is_running
from tests.model_server import ModelServer, model_server


@pytest.fixture(autouse=True)
def heard_signals() -> Generator[None]:
    """Commands inherit what these tests ignore.

    Under `nohup` that is a hang-up, and in the background of a shell what Ctrl-C sends.
    """
    hang_up = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    interrupt = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGHUP, hang_up)
    signal.signal(signal.SIGINT, interrupt)


@pytest.fixture(scope="module")
def server() -> Generator[ModelServer]:
    with model_server(latency=60) as running:
        yield running


@contextmanager
def building(home: Path, server: ModelServer) -> Generator[Popen[str]]:
    """A build that waits for its first answer."""
    before = len(server.calls())
    environment = variables(home, LOCAL_LLM_BASE_URL=server.base_url)
    with start("build", TINY, "--model=all=local/x", environment=environment) as process:
        while len(server.calls()) == before:
            assert process.poll() is None, process.communicate()[0]
            time.sleep(0.1)
        yield process


def server_process(home: Path) -> int:
    return json.loads((home / "prefect" / "server.json").read_text())["pid"]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_stopped_by_a_signal_it_says_that_nothing_is_lost(
    tmp_path: Path, server: ModelServer, number: signal.Signals, code: int
) -> None:
    with building(tmp_path, server) as process:
        prefect = server_process(tmp_path)
        process.send_signal(number)
        process.send_signal(number)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == code, output
    assert output.endswith("Stopped. Nothing is lost: the same command goes on from there.\n")
    assert "Traceback" not in output
    assert "Error" not in output
    assert not is_running(prefect)


def test_a_build_whose_server_is_gone_says_so_and_ends(tmp_path: Path, server: ModelServer) -> None:
    with building(tmp_path, server) as process:
        os.kill(server_process(tmp_path), signal.SIGKILL)
        killed = time.monotonic()
        output, _ = process.communicate(timeout=120)
    assert process.returncode == 1, output
    assert "Error: the local Prefect server ended while the build ran" in output
    assert "the same command goes on from there" in output
    assert len(output) < 1_000, output
    assert time.monotonic() - killed < 30
    (record,) = (tmp_path / "store" / "project").glob("*/build.json")
    assert json.loads(record.read_text())["status"] != "running"
