"""Stops a build from outside: a signal came, or what it runs on is gone.

The build runs in a thread of its own. In the main thread Prefect would put its own handler of
SIGTERM in place, whose exception can end up in any coroutine and be lost there; here a signal
always does the same: the build is cancelled, its end is awaited, and what it used is released.
"""

import asyncio
import signal
from collections.abc import Callable, Coroutine, Generator
from concurrent.futures import Future, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from functools import partial
from threading import Thread
from types import FrameType
from typing import Any, TypeVar

CHECK_SECONDS = 0.5
"""How often to see whether what the build runs on is still there."""

STOP_SECONDS = 45
"""Longest wait for a stopped build to write down how it ended, and for Prefect to hear of it."""

GONE_SECONDS = 5
"""The same where nobody is left to hear of it."""

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

Result = TypeVar("Result")


class Stopped(BaseException):
    """A signal asked the command to stop.

    Attributes:
        exit_code: what shells expect of a command that a signal ended.
    """

    def __init__(self, number: int) -> None:
        super().__init__(signal.Signals(number).name)
        self.exit_code = 128 + number


@contextmanager
def stopped_by_signals() -> Generator[None]:
    """Raise `Stopped` in the main thread at the first SIGINT, SIGTERM or SIGHUP.

    Later ones do nothing, so that a terminal that sends several does not cut the cleaning up
    short. A signal that is ignored from the start stays so, as `nohup` wants it.
    """
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    taken = {number: handler for number, handler in before.items() if handler != signal.SIG_IGN}

    def stop(number: int, _: FrameType | None) -> None:
        for other in taken:
            signal.signal(other, _go_on)
        raise Stopped(number)

    for number in taken:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, handler in taken.items():
            signal.signal(number, handler)


def _go_on(_number: int, _frame: FrameType | None) -> None:
    """Not SIG_IGN, which programs started while cleaning up would inherit."""


def run_stoppable(build: Coroutine[Any, Any, Result], check: Callable[[], None]) -> Result:
    """Run a coroutine to its end in another thread, with the context of this one.

    Args:
        build: what to run.
        check: raises when it cannot go on, again and again asked while it runs, and once more
            when it failed: what is gone explains the failure better.

    Raises:
        Stopped: by a signal; the coroutine was cancelled, and its end awaited for a while.
        AppBuilderError: of `check`, with the same done.
    """
    started: Future[Callable[[], object]] = Future()
    ended: Future[Result] = Future()
    run = partial(copy_context().run, _run, build, started, ended)
    Thread(target=run, name="build", daemon=True).start()
    patience = STOP_SECONDS
    try:
        while not wait([ended], timeout=CHECK_SECONDS).done:
            patience = GONE_SECONDS
            check()
            patience = STOP_SECONDS
        if ended.exception() is not None:
            check()
    except BaseException:
        with suppress(RuntimeError):  # it ended by itself just now
            started.result()()
        wait([ended], timeout=patience)
        raise
    return ended.result()


def _run(
    build: Coroutine[Any, Any, Result],
    started: Future[Callable[[], object]],
    ended: Future[Result],
) -> None:
    async def cancellable() -> Result:
        task = asyncio.current_task()
        if task is not None:
            loop = asyncio.get_running_loop()
            started.set_result(lambda: loop.call_soon_threadsafe(task.cancel))
        return await build

    try:
        result = asyncio.run(cancellable())
    except BaseException as error:
        ended.set_exception(error)
    else:
        ended.set_result(result)
