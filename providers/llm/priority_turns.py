"""A semaphore whose next turn goes to whoever is first in a given order."""

import asyncio
import heapq
from itertools import count


class PriorityTurns:
    """Gives turns by order, and within one order to those who came first.

    Used within one event loop.

    Args:
        number: turns that may be held at once.
    """

    def __init__(self, number: int) -> None:
        self._left = number
        self._waiting: list[tuple[int, int, asyncio.Future[None]]] = []
        self._numbers = count()

    @property
    def is_free(self) -> bool:
        """Whether a turn can be taken without waiting."""
        return self._left > 0

    async def take(self, order: int) -> None:
        """Wait for a turn; of those who wait, the lowest order goes first."""
        if self._left:
            self._left -= 1
            return
        given: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (order, next(self._numbers), given))
        try:
            await given
        except asyncio.CancelledError:
            if not given.cancelled():  # it was given in the same moment
                self.give_back()
            raise

    def give_back(self) -> None:
        """Give a turn to the next who waits for one."""
        while self._waiting:
            _, _, given = heapq.heappop(self._waiting)
            if not given.done():
                given.set_result(None)
                return
        self._left += 1
