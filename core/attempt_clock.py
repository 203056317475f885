"""The time that an attempt may take: it stands still while the attempt waits for its turn."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from types import TracebackType
from typing import Self


class AttemptClock:
    """Ends what runs inside with `TimeoutError` when its time is over.

    An async context manager. While anything inside waits (see `waiting`), the time stands still:
    who queues does not fail.

    Args:
        seconds: how long it may take, waiting not counted.
    """

    def __init__(self, seconds: float) -> None:
        self._timeout = asyncio.timeout(seconds)
        self._left = seconds
        self._waits = 0
        self._running = False

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        self._running = True
        self._token = _current.set(self)
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._running = False
        _current.reset(self._token)
        await self._timeout.__aexit__(error_type, error, traceback)

    @contextmanager
    def stopped(self) -> Generator[None]:
        """Let the time stand still; of several at once, until the last one ends."""
        self._waits += 1
        if self._waits == 1 and self._goes():
            self._left = (self._timeout.when() or 0) - asyncio.get_running_loop().time()
            self._timeout.reschedule(None)
        try:
            yield
        finally:
            self._waits -= 1
            if not self._waits and self._goes():
                self._timeout.reschedule(asyncio.get_running_loop().time() + self._left)

    def _goes(self) -> bool:
        """Whether the attempt is under way; a call it shared with another may outlive it."""
        return self._running and not self._timeout.expired()


_current: ContextVar[AttemptClock | None] = ContextVar("attempt_clock", default=None)


@contextmanager
def waiting() -> Generator[None]:
    """Around whatever waits for its turn: the time of the current attempt stands still."""
    clock = _current.get()
    with clock.stopped() if clock else nullcontext():
        yield
