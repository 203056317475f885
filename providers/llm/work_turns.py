"""Turns at the work around calls, so that of many calls at once each is sent before the next.

An event loop goes round all that is ready: of 64 calls whose answers came together each gets a bit
of its work done, all of them are done only at the end, and then all wait for their providers
together while nobody works. With few at work at a time, and those that have something to send
first, the answers come in one after another from then on.
"""

import asyncio
from types import TracebackType
from typing import Self

from providers.llm.priority_turns import PriorityTurns
from providers.llm.provider import Answerer, LLMRequest, LLMResponse

AT_WORK = 4
"""Calls worked at together: more than one, because each waits for the ledger now and then."""
LEASE_SECONDS = 0.1
"""How long a turn is kept at most. What takes longer waits for something, such as for money."""

_TO_SEND, _TO_CLOSE = 0, 1


class WorkTurns(PriorityTurns):
    """Gives turns: first to those that have something to send, in the order they came.

    A turn is a courtesy that nothing depends on: it ends by itself, so that nobody can wait for
    whoever waits for him. Used within one event loop.

    Args:
        at_work: turns that may be held at once.
        lease_seconds: how long each is kept at most.
    """

    def __init__(self, at_work: int = AT_WORK, *, lease_seconds: float = LEASE_SECONDS) -> None:
        super().__init__(at_work)
        self.lease_seconds = lease_seconds

    def turn(self) -> "Turn":
        """The turns of one call."""
        return Turn(self)


class Turn:
    """The turns of one call: held inside the `async with` block, but not while it is away.

    Args:
        turns: gives them.
    """

    def __init__(self, turns: WorkTurns) -> None:
        self._turns = turns
        self._lease: asyncio.TimerHandle | None = None

    async def __aenter__(self) -> Self:
        await self._take(_TO_SEND)
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.leave()

    def leave(self) -> None:
        """Let another call go, if this one has a turn."""
        lease, self._lease = self._lease, None
        if lease is not None:
            lease.cancel()
            self._turns.give_back()

    async def come_back(self) -> None:
        """Wait for the turn in which the call is closed."""
        if self._lease is None:
            await self._take(_TO_CLOSE)

    async def _take(self, order: int) -> None:
        await self._turns.take(order)
        loop = asyncio.get_running_loop()
        self._lease = loop.call_later(self._turns.lease_seconds, self.leave)


class LeavingProvider:
    """Wraps a provider: the call's turn is over when its request is sent.

    Args:
        inner: sends it before it waits for anything, where it has a connection.
        turn: the call's.
    """

    def __init__(self, inner: Answerer, turn: Turn) -> None:
        self._inner = inner
        self._turn = turn

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            AppBuilderError: as the wrapped provider.
        """
        self._turn.leave()
        return await self._inner.complete(request)
