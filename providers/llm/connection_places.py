"""Places for calls at once, each with a connection of its own, over several httpx clients.

Where httpx uses connections of its own, as it does behind a proxy, httpcore looks at every
connection of its pool for every request: with all calls in one pool, a call costs twice the time of
the processor at 64 at once and forty times at 256. In pools of `PLACES_PER_CLIENT` it costs about
as much as a call alone (see `docs/benchmarks.md`).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import httpx

PLACES_PER_CLIENT = 8


class ConnectionPlaces:
    """Gives each call a place at a client, first come first served.

    The place given back last is the next to be taken, so that few connections are kept open and
    used again where few calls are under way.

    Used within one event loop.

    Args:
        places: calls at once at most.
        new_client: makes a client with room for so many connections; called when all the places
            of those before are taken.
    """

    def __init__(self, places: int, new_client: Callable[[int], httpx.AsyncClient]) -> None:
        self._turns = asyncio.Semaphore(places)
        self._left = places
        self._new_client = new_client
        self._clients: list[httpx.AsyncClient] = []
        self._free: list[httpx.AsyncClient] = []
        self._closed = False

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[httpx.AsyncClient]:
        """A client with room for one more call, which ends with the `async with` block.

        Raises:
            RuntimeError: it was closed; so httpx says of a client.
        """
        if self._closed:
            raise RuntimeError("no place is left to call from: the client has been closed")
        async with self._turns:
            client = self._free.pop() if self._free else self._opened()
            try:
                yield client
            finally:
                self._free.append(client)

    async def close(self) -> None:
        """Close every client; no place may be taken any more."""
        self._closed = True
        for client in self._clients:
            await client.aclose()

    def _opened(self) -> httpx.AsyncClient:
        places = min(PLACES_PER_CLIENT, self._left)
        client = self._new_client(places)
        self._left -= places
        self._clients.append(client)
        self._free += [client] * (places - 1)
        return client
