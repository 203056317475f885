"""Builds that end before they are done: a signal came, or their server is gone."""

import asyncio
import json
import os
import signal
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

import pytest

from core.errors import AppBuilderError
from flows.stopping import Stopped, run_stoppable, stopped_by_signals
from tests.flows.command import TINY, start, variables
from tests.flows.test_local_server import is_running
from tests.model_server import ModelServer, model_server


@pytest.fixture(scope="module")
def server() -> Generator[ModelServer]:
    with model_server(latency=60) as running:
        yield running


@pytest.fixture(autouse=True)
def heard_hang_up() -> Generator[None]:
    """Commands inherit what these tests ignore, and under `nohup` that is a hang-up."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


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


def go_on() -> None:
    """Nothing is gone."""


def gone() -> None:
    raise AppBuilderError("gone")


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


async def broken() -> int:
    raise ConnectionError("refused")


class Endless:
    """Runs until it is cancelled, and says so."""

    def __init__(self) -> None:
        self.cancelled = False

    async def run(self) -> int:
        try:
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        return 0


def test_what_is_left_alone_gives_its_result_or_its_error() -> None:
    assert run_stoppable(answer(), go_on) == 42
    with pytest.raises(ConnectionError):
        run_stoppable(broken(), go_on)


def test_what_is_gone_explains_a_failure_better() -> None:
    with pytest.raises(AppBuilderError, match="gone"):
        run_stoppable(broken(), gone)


def test_what_cannot_go_on_is_cancelled_and_its_end_awaited() -> None:
    endless = Endless()
    with pytest.raises(AppBuilderError, match="gone"):
        run_stoppable(endless.run(), gone)
    assert endless.cancelled


def test_a_signal_cancels_once_and_its_handler_is_put_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    endless = Endless()

    def stop() -> None:
        signal.raise_signal(signal.SIGTERM)

    with stopped_by_signals():
        with pytest.raises(Stopped) as stopped:
            run_stoppable(endless.run(), stop)
        signal.raise_signal(signal.SIGHUP)  # a second one does not cut the cleaning up short
    assert stopped.value.exit_code == 143
    assert endless.cancelled
    assert signal.getsignal(signal.SIGTERM) == before


def test_a_signal_that_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with stopped_by_signals():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
