"""Writes that are asked for at the same time, brought to the disk together in one thread."""

import asyncio
import threading
from collections.abc import Callable, Sequence
from functools import partial
from weakref import WeakKeyDictionary

WriteAll = Callable[[Sequence[tuple[str, bytes]]], Sequence[Exception | None]]
"""Writes data under keys, in this order; says of each what went wrong. Blocks."""

_Waiting = tuple[str, bytes, "asyncio.Future[None]"]


class WriteBatches:
    """Lets one thread write at a time, and what is asked meanwhile makes the next batch.

    Handing a write to a thread of its own costs more than the write, and 64 threads that wait for
    the disk and for one another cost each call more than its model's answer.

    Args:
        write_all: writes one batch.
    """

    def __init__(self, write_all: WriteAll) -> None:
        self._write_all = write_all
        self._lanes: WeakKeyDictionary[asyncio.AbstractEventLoop, _Lane] = WeakKeyDictionary()
        self._making = threading.Lock()

    async def write(self, key: str, data: bytes) -> None:
        """Write data under a key; what went wrong is raised.

        Later writes under the same key replace earlier ones. A caller that is cancelled before
        its batch has begun writes nothing.
        """
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        with self._making:  # each loop of a process has a lane of its own
            lane = self._lanes.setdefault(loop, _Lane(self._write_all))
        lane.add(loop, (key, data, done))
        await done


class _Lane:
    """The writes of one event loop; everything but the writing itself happens in the loop."""

    def __init__(self, write_all: WriteAll) -> None:
        self._write_all = write_all
        self._waiting: list[_Waiting] = []
        self._busy = False

    def add(self, loop: asyncio.AbstractEventLoop, asked: _Waiting) -> None:
        self._waiting.append(asked)
        if not self._busy:
            self._busy = True
            # Only when everything else that is ready has run: it may ask for writes, too.
            loop.call_soon(self._begin, loop)

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        batch = [asked for asked in self._waiting if not asked[2].done()]
        self._waiting.clear()
        self._busy = bool(batch)
        if not batch:
            return
        files = [(key, data) for key, data, _ in batch]
        try:
            written = loop.run_in_executor(None, self._write_all, files)
        except RuntimeError as error:  # the loop's threads were shut down
            self._busy = False
            _tell(batch, [error] * len(batch))
            return
        written.add_done_callback(partial(self._end, loop, batch))

    def _end(
        self,
        loop: asyncio.AbstractEventLoop,
        batch: Sequence[_Waiting],
        written: "asyncio.Future[Sequence[Exception | None]]",
    ) -> None:
        failure = written.exception()
        _tell(batch, written.result() if failure is None else [failure] * len(batch))
        self._begin(loop)


def _tell(batch: Sequence[_Waiting], failures: Sequence[BaseException | None]) -> None:
    for (_, _, done), failure in zip(batch, failures, strict=True):
        if done.done():  # cancelled meanwhile
            continue
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(failure)
