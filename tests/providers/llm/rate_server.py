"""A server that counts calls, and the processes that call it."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from providers.llm.rate_window import Window
from tests.providers.llm import rate_worker

ROOT = Path(__file__).parents[3]


class CountingServer:
    """Answers each byte with a byte, until it has counted enough.

    Attributes:
        times: when each call came, in seconds.
        processes: how many processes made calls.
        port: where it listens.
    """

    def __init__(self, enough: int) -> None:
        self.times: list[float] = []
        self.processes = 0
        self.port = 0
        self._enough = enough
        self._callers: set[bytes] = set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        while len(self.times) < self._enough:
            call = await reader.read(1)
            if not call:
                break
            self.times.append(time.monotonic())
            self._callers.add(call)
            self.processes = len(self._callers)
            writer.write(b".")
        writer.close()

    async def call_from_processes(
        self, number: int, url: str, file: Path, window: Window, limit: int
    ) -> None:
        """Let processes call as fast as their limiters let them, until it is enough."""
        arguments = [url, file, window.minute, window.margin, limit, self.port]
        workers = [
            await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                rate_worker.__name__,
                str(name),
                *map(str, arguments),
                cwd=ROOT,
                stderr=asyncio.subprocess.PIPE,
            )
            for name in range(number)
        ]
        try:
            ends = await asyncio.gather(*(worker.communicate() for worker in workers))
        finally:
            for worker in workers:
                if worker.returncode is None:
                    worker.kill()
                    await worker.wait()
        assert [worker.returncode for worker in workers] == [0] * number, ends


@asynccontextmanager
async def counted(enough: int) -> AsyncGenerator[CountingServer, None]:
    """A server that ends its connections once it has counted enough calls."""
    counting = CountingServer(enough)
    server = await asyncio.start_server(counting.answer, "127.0.0.1", 0)
    async with server:
        counting.port = server.sockets[0].getsockname()[1]
        yield counting
