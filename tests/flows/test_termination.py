"""A process that is told to end cancels its build, wherever the signal finds it."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Iterator
from threading import Thread
from typing import Any

import pytest
from prefect.exceptions import TerminationSignal
from prefect.utilities.engine import can_ack_control_intent, capture_sigterm

from flows.termination import cancelled_by_sigterm
from tasks.engine.unbroken import unbroken

Build = Callable[[], Coroutine[Any, Any, None]]


class Course:
    """What a build that is stopped came to."""

    def __init__(self) -> None:
        self.written = False
        self.acknowledges = False

    async def write_down(self) -> None:
        await asyncio.sleep(0.05)
        self.written = True

    async def run(self, build: Build) -> None:
        with capture_sigterm(), cancelled_by_sigterm():
            self.acknowledges = can_ack_control_intent()
            try:
                await build()
            except BaseException:
                await unbroken(self.write_down())
                raise


def _nothing(*_: object) -> None:
    """Take it, and do nothing."""


def told_to_end() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def told_in_a_callback() -> None:
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(_nothing)  # where Prefect's exception is lost
    loop.call_soon(told_to_end)
    await asyncio.sleep(10)


async def told_in_another_task() -> None:
    async def other() -> None:
        told_to_end()

    task = asyncio.create_task(other())
    task.add_done_callback(lambda done: done.exception())  # nobody waits for it
    await asyncio.sleep(10)


async def told_in_the_build_itself() -> None:
    told_to_end()


async def told_while_it_waits() -> None:
    Thread(target=told_to_end).start()
    await asyncio.sleep(10)


@pytest.fixture(autouse=True)
def _no_deadly_signal() -> Iterator[None]:  # pyright: ignore[reportUnusedFunction] -- used by pytest
    """Prefect sends a signal that was not taken care of once more, which would end these tests."""
    before = signal.signal(signal.SIGTERM, _nothing)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.parametrize(
    "build",
    [told_in_a_callback, told_in_another_task, told_in_the_build_itself, told_while_it_waits],
)
def test_a_build_is_stopped_and_writes_down_how_it_ended(build: Build) -> None:
    course = Course()
    with pytest.raises((asyncio.CancelledError, TerminationSignal)):
        asyncio.run(course.run(build))
    assert course.written
    assert course.acknowledges, "Prefect's worker must see its own handler"


def test_afterwards_signals_are_as_they_were() -> None:
    before = signal.getsignal(signal.SIGTERM)

    async def build() -> None:
        with cancelled_by_sigterm():
            await asyncio.sleep(0)

    asyncio.run(build())
    assert signal.getsignal(signal.SIGTERM) is before


def test_outside_of_the_main_thread_nothing_is_touched() -> None:
    before = signal.getsignal(signal.SIGTERM)
    done: list[bool] = []

    async def build() -> None:
        with cancelled_by_sigterm():
            done.append(signal.getsignal(signal.SIGTERM) is before)

    thread = Thread(target=lambda: asyncio.run(build()))
    thread.start()
    thread.join()
    assert done == [True]


def test_work_that_is_itself_cancelled_is_no_longer_waited_for() -> None:
    async def cancelled() -> None:
        raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(unbroken(cancelled()))
