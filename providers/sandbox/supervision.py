"""Watches one box from outside: its output, its memory, its files and the clock."""

import asyncio
import os
import signal
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import SandboxError
from core.printable import printable
from core.settings import SandboxLimits
from providers.sandbox.box_memory import BoxMemory
from providers.sandbox.disk_use import watch_growth
from providers.sandbox.first_process import FirstProcess
from providers.sandbox.sandbox import Ending

OUTPUT_KEPT = 64 * 1024
"""Bytes of output that are kept: the last ones."""

OUTPUT_MOST = 64 * 1024 * 1024
"""Bytes of output after which a box is killed."""

_MIB = 1024 * 1024
_CHUNK = 64 * 1024
_WATCH_SECONDS = 0.1
_DEATH_SECONDS = 10.0


class OutputTail:
    """The end of a stream, in bounded memory."""

    def __init__(self, *, keep: int = OUTPUT_KEPT, most: int = OUTPUT_MOST) -> None:
        self._keep = keep
        self._most = most
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._seen = 0

    async def read(self, stream: asyncio.StreamReader) -> bool:
        """Read to the end of the stream; false when it gives more than it may."""
        while chunk := await stream.read(_CHUNK):
            self.add(chunk)
            if self._seen > self._most:
                return False
        return True

    def add(self, chunk: bytes) -> None:
        """Take the next part of the stream."""
        self._seen += len(chunk)
        self._chunks.append(chunk)
        self._held += len(chunk)
        while self._held - len(self._chunks[0]) >= self._keep:
            self._held -= len(self._chunks.popleft())

    @property
    def text(self) -> str:
        """The kept part as text without control characters, which could drive a terminal."""
        kept = b"".join(self._chunks)[-self._keep :].decode(errors="replace")
        return printable(kept)


async def read_head(stream: asyncio.StreamReader | None, size: int = 8 * 1024) -> bytes:
    """Read a stream to its end and return its first bytes; what follows them is dropped."""
    head = b""
    while stream is not None and (chunk := await stream.read(_CHUNK)):
        head += chunk[: size - len(head)]
    return head


async def supervise(
    process: asyncio.subprocess.Process,
    first: FirstProcess,
    tail: OutputTail,
    limits: SandboxLimits,
    *,
    folders: Sequence[str],
    most_files: int,
    growing: Sequence[Path] = (),
) -> Ending:
    """Let a box run until it ends or passes a bound; afterwards nothing in it is alive.

    Args:
        process: bwrap, just started in a session of its own; its output is a pipe.
        first: the box's first process, still to be found.
        tail: takes the output.
        limits: bounds of the run.
        folders: the folders inside that the box can write to.
        most_files: most files and folders in them together.
        growing: folders outside that the box can write to.

    Raises:
        SandboxError: the box could not be started, or could not be killed.
    """
    tasks: list[asyncio.Task[Ending]] = []
    try:
        await first.find()
        tasks.append(asyncio.create_task(ending(process, tail)))
        if first.number is not None:
            watch = _watch(first.number, limits, folders, most_files)
            tasks.append(asyncio.create_task(watch))
            tasks.append(asyncio.create_task(_watch_mappings(first.number, limits)))
        if growing:
            tasks.append(asyncio.create_task(watch_growth(growing, limits.disk_mb)))
        done, _ = await asyncio.wait(
            tasks, timeout=limits.seconds, return_when=asyncio.FIRST_COMPLETED
        )
        # Where both are done, the first in the list says how the box ended by itself.
        for task in tasks:
            if task in done:
                return task.result()
        return "timeout"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _kill(process, first)


async def ending(process: asyncio.subprocess.Process, tail: OutputTail) -> Ending:
    """Wait for a process, and take its output meanwhile."""
    if process.stdout is not None and not await tail.read(process.stdout):
        return "output"
    await process.wait()
    return "exit"


async def _kill(process: asyncio.subprocess.Process, first: FirstProcess) -> None:
    """Kill the box; its kernel namespace takes everything inside with it.

    With bwrap goes its group: what it has just started may not have been told yet to end with it.
    The output is read to its end because asyncio reports no exit while a pipe is full.
    """
    if process.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    try:
        async with asyncio.timeout(_DEATH_SECONDS):
            while process.stdout is not None and await process.stdout.read(_CHUNK):
                pass
            await process.wait()
            await first.end()
    except TimeoutError as error:
        raise SandboxError(
            f"processes of a killed box are still alive after {_DEATH_SECONDS:g} s"
        ) from error


async def _watch(
    first: int, limits: SandboxLimits, folders: Sequence[str], most_files: int
) -> Ending:
    """Wait until the box holds too much memory or too many files.

    Control groups would bound memory exactly but need rights that an ordinary user lacks; between
    two looks, a box can pass its bound by what the machine hands out in a tenth of a second.
    """
    memory = BoxMemory(first)
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        if await asyncio.to_thread(memory.shown) > limits.memory_mb * _MIB:
            return "memory"
        if await asyncio.to_thread(_files, first, folders) > most_files:
            return "disk"


async def _watch_mappings(first: int, limits: SandboxLimits) -> Ending:
    """Wait until the box holds too much memory, what it maps and does not show included.

    A box can make this look slow with mappings without number, so the other does not wait for it.
    """
    memory = BoxMemory(first)
    while True:
        await asyncio.sleep(_WATCH_SECONDS)
        if await asyncio.to_thread(memory.held) > limits.memory_mb * _MIB:
            return "memory"


def _files(process: int, folders: Sequence[str]) -> int:
    """Files and folders in the box whose first process this is."""
    root = Path(f"/proc/{process}/root")
    count = 0
    with suppress(OSError):
        if root.stat().st_dev == Path("/").stat().st_dev:
            return 0  # it still sees our own folders, because its own are not in place yet
        for folder in folders:
            space = os.statvfs(f"{root}{folder}")
            count += space.f_files - space.f_ffree
    return count
