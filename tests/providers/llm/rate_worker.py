"""A process that calls a counting server as fast as its limiter lets it; run as a module.

Arguments: a digit that names it, URL of the limits, their file, the scaled minute in seconds, its
margin, the limit, the server's port. It ends when the server has counted enough.
"""

import asyncio
import sys
from pathlib import Path

from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_places import Place
from providers.llm.rate_window import Window

CALLERS = 16


async def main(name: str, url: str, file: Path, window: Window, limit: int, port: int) -> None:
    """Call until the server closes."""
    places = [Place("model:m:requests", limit), Place("model:m:tokens", 1_000_000, 700)]
    limiter = RateLimiter(url, file, window=window)

    async def call_on() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while True:
            await limiter.acquire(places)
            try:
                writer.write(name.encode())
                if not await reader.read(1):
                    return
            except ConnectionError:  # closed, with the call on its way
                return

    async with limiter:
        callers = [asyncio.create_task(call_on()) for _ in range(CALLERS)]
        ended, waiting = await asyncio.wait(callers, return_when=asyncio.FIRST_COMPLETED)
        for caller in waiting:
            caller.cancel()
        await asyncio.wait(callers)
        for caller in ended:
            caller.result()


if __name__ == "__main__":
    _, name, url, file, minute, margin, limit, port = sys.argv
    asyncio.run(
        main(name, url, Path(file), Window(float(minute), float(margin)), int(limit), int(port))
    )
