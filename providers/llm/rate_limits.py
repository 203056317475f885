"""Requests and tokens a minute: a call waits until every limit it has to pass has room.

The limits hold for all processes that share the store: an SQLite file for those of one machine, or
Redis. They are exact: never more than a limit in any window of a minute, wherever it begins.
"""

import asyncio
import itertools
import uuid
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from core.errors import StorageError
from providers.llm.rate_line import Round, Turn, Waiter, serve
from providers.llm.rate_places import Place, limited
from providers.llm.rate_window import Window


class LimitStore(Protocol):
    """Where it is kept what was taken and who waits. Its methods block."""

    def turn(self) -> AbstractContextManager[Turn]:
        """A turn in which to take; kept unless it raises.

        Raises:
            StorageError: the store does not answer.
        """
        ...

    def close(self) -> None:
        """Close the connection; a later turn opens a new one."""
        ...


@runtime_checkable
class PromptStore(Protocol):
    """A store whose turns need no thread where nobody else has one."""

    def turn_at_once(self) -> AbstractContextManager[Turn | None]:
        """A turn that waits for nothing; `None` where it would have to.

        Raises:
            StorageError: the store does not answer.
        """
        ...


class RateLimiter:
    """Lets calls through in the order they come, never more than the limits allow.

    An async context manager. It is used in one event loop at a time; the store is reached
    in a thread of its own where it has to be waited for, and not at all for calls without limits.

    Args:
        url: `redis://` or `rediss://` URL of the store that machines share; empty for the file.
        file: SQLite file that the processes of this machine share; made at the first limited call.
        window: what is counted over.

    Raises:
        ConfigurationError: the URL is of another kind.
    """

    def __init__(self, url: str, file: Path, *, window: Window | None = None) -> None:
        self._window = window or Window()
        self._name = uuid.uuid4().hex
        self._store = _store_of(url, file, self._window, self._name)
        self._prompt = self._store if isinstance(self._store, PromptStore) else None
        self._permits = itertools.count(1)
        self._waiting: dict[Waiter, asyncio.Future[None]] = {}
        self._unused: list[Waiter] = []
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._thread: ThreadPoolExecutor | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def acquire(self, places: Sequence[Place]) -> None:
        """Wait until every place has room, and take all of them at once.

        A call that is cancelled while it waits takes nothing.

        Raises:
            ConfigurationError: a key stands twice.
            StorageError: the store does not answer, or the limiter was closed meanwhile.
        """
        wanted = limited(places)
        if not wanted:
            return
        waiter = Waiter(f"{self._name}-{next(self._permits)}", wanted)
        if self._goes_at_once(waiter):
            return
        done = asyncio.get_running_loop().create_future()
        self._waiting[waiter] = done
        self._wake()
        try:
            await done
        except asyncio.CancelledError:
            self._leave(waiter, done)
            raise

    async def close(self) -> None:
        """Let nobody wait any longer, and close the store."""
        self._fail(StorageError("rate limits: closed while calls waited for their turn"))
        if self._task is not None and not self._task.done():
            self._changed.set()
            await self._task
        self._task = None
        if self._thread is not None:
            await asyncio.get_running_loop().run_in_executor(self._thread, self._store.close)
            self._thread.shutdown()
            self._thread = None

    def _goes_at_once(self, waiter: Waiter) -> bool:
        """Whether nobody waits, and there is room: then no round over all is needed."""
        if self._waiting or self._unused or not (self._task is None or self._task.done()):
            return False
        done = self._served_at_once((waiter,), ())
        return done is not None and bool(done.gone)

    def _leave(self, waiter: Waiter, done: asyncio.Future[None]) -> None:
        waited = self._waiting.pop(waiter, None) is not None
        if not waited and not done.cancelled() and done.exception() is None:
            self._unused.append(waiter)
        self._wake()  # whoever is next need not wait for it

    def _wake(self) -> None:
        if self._task is None or self._task.done():
            self._changed = asyncio.Event()
            self._task = asyncio.get_running_loop().create_task(self._run())
        self._changed.set()

    async def _run(self) -> None:
        announced = False
        while self._waiting or self._unused or announced:
            self._changed.clear()
            try:
                done = await self._round()
            except Exception as error:  # every call that waits raises it
                self._unused.clear()  # counts as made, for a minute
                self._fail(error)
                return
            announced = done.announced
            if announced:
                await self._pause(min(done.seconds, self._window.turn_seconds))

    async def _round(self) -> Round:
        waiting, unused = tuple(self._waiting), tuple(self._unused)
        done = self._served_at_once(waiting, unused)
        if done is None:
            if self._thread is None:
                self._thread = ThreadPoolExecutor(1, thread_name_prefix="rate-limits")
            loop = asyncio.get_running_loop()
            done = await loop.run_in_executor(self._thread, self._serve, waiting, unused)
        del self._unused[: len(unused)]
        for waiter in done.gone:
            future = self._waiting.pop(waiter, None)
            if future is None or future.cancelled():
                self._unused.append(waiter)
            else:
                future.set_result(None)
        return done

    def _served_at_once(self, waiting: Sequence[Waiter], unused: Sequence[Waiter]) -> Round | None:
        """The round without a thread, which costs several times as much; `None` if it must wait."""
        if self._prompt is None:
            return None
        with self._prompt.turn_at_once() as turn:
            return None if turn is None else _served(turn, waiting, unused)

    def _serve(self, waiting: Sequence[Waiter], unused: Sequence[Waiter]) -> Round:
        with self._store.turn() as turn:
            return _served(turn, waiting, unused)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._changed.wait()
        except TimeoutError:
            return

    def _fail(self, error: Exception) -> None:
        for done in self._waiting.values():
            if not done.done():
                done.set_exception(error)
        self._waiting.clear()


def _served(turn: Turn, waiting: Sequence[Waiter], unused: Sequence[Waiter]) -> Round:
    for waiter in unused:
        turn.give_back(waiter)
    return serve(waiting, turn)


def _store_of(url: str, file: Path, window: Window, name: str) -> LimitStore:
    if not url:
        from providers.llm.rate_sqlite import SqliteStore

        return SqliteStore(file, window, name)
    from providers.llm.rate_redis import RedisStore

    return RedisStore(url, window, name)
