"""Lets work begin one after the other, though it goes on side by side."""

import asyncio

_QUIET_SECONDS = 0.000_3
"""A pass of the event loop that is shorter had nothing to do but look around."""

_MOST_PASSES = 200


class OneByOne:
    """Gives turns to begin: the next when the last has nothing left to do but wait.

    What begins in the same moment asks its model in the same moment, is answered in the same
    moment, and then each waits for the work of all, call after call: the event loop goes round
    everything that is ready. 64 files of 10 ms of work each would be 64 times as late every time.
    Begun one after the other, each finds the loop free.
    """

    def __init__(self) -> None:
        self._one = asyncio.Lock()

    async def turn(self) -> None:
        """Wait for a turn: until the event loop is quiet, or was looked at often enough."""
        loop = asyncio.get_running_loop()
        async with self._one:
            for _ in range(_MOST_PASSES):
                before = loop.time()
                await asyncio.sleep(0)
                if loop.time() - before < _QUIET_SECONDS:
                    return
