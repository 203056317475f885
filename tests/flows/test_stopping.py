"""Builds that end before they are done: a signal came, or their server is gone."""

import asyncio
import signal
from collections.abc import Generator

import pytest

from core.errors import AppBuilderError
from flows.stopping import Stopped, run_stoppable, stopped_by_signals


@pytest.fixture(autouse=True)
def heard_hang_up() -> Generator[None]:
    """Commands inherit what these tests ignore, and under `nohup` that is a hang-up."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


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
