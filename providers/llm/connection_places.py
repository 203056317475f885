"""Places for calls at once, each with a connection of its own, over several senders.

Where httpx uses connections of its own, as it does behind a proxy, httpcore looks at every
connection of its pool for every request: with all calls in one pool, a call costs twice the time of
the processor at 64 at once and forty times at 256. In pools of `PLACES_PER_SENDER` it costs about
as much as a call alone (see `docs/benchmarks.md`).
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

from providers.llm.http_sending import Sender

PLACES_PER_SENDER = 8


class ConnectionPlaces:
    """Gives each call a place at a sender, first come first served.

    The place given back last is the next to be taken, so that few connections are kept open and
    used again where few calls are under way.

    Used within one event loop.

    Args:
        places: calls at once at most.
        new_sender: makes a sender with room for so many connections; called when all the places
            of those before are taken.
    """

    def __init__(self, places: int, new_sender: Callable[[int], Sender]) -> None:
        self._turns = asyncio.Semaphore(places)
        self._left = places
        self._new_sender = new_sender
        self._senders: list[Sender] = []
        self._free: list[Sender] = []
        self._closed = False

    @asynccontextmanager
    async def place(self) -> AsyncGenerator[Sender]:
        """A sender with room for one more call, which ends with the `async with` block.

        Raises:
            RuntimeError: it was closed; so httpx says of a client.
        """
        if self._closed:
            raise RuntimeError("no place is left to call from: the client has been closed")
        async with self._turns:
            sender = self._free.pop() if self._free else self._opened()
            try:
                yield sender
            finally:
                self._free.append(sender)

    async def close(self) -> None:
        """Close every sender; no place may be taken any more."""
        self._closed = True
        for sender in self._senders:
            await sender.aclose()

    def _opened(self) -> Sender:
        places = min(PLACES_PER_SENDER, self._left)
        sender = self._new_sender(places)
        self._left -= places
        self._senders.append(sender)
        self._free += [sender] * (places - 1)
        return sender
