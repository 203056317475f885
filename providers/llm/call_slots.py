"""Slots for the calls of one stage, so that what is done between calls keeps no model waiting.

Whoever holds a place from the first call to the last leaves it idle while a prompt is put together
and an answer is checked. A slot is held by the call alone. Of those who wait, first calls go first,
since another has to follow each: so few are left for the end, when slots stay empty.
"""

from dataclasses import dataclass

from core.attempt_clock import waiting
from providers.llm.priority_turns import PriorityTurns
from providers.llm.provider import Answerer, LLMRequest, LLMResponse
from providers.llm.work_turns import Turn


@dataclass(frozen=True)
class CallSlot:
    """What a call waits for before it is sent.

    Attributes:
        slots: as many as calls may be under way.
        begins: whether nothing was asked before of what it is about.
    """

    slots: PriorityTurns
    begins: bool

    @property
    def order(self) -> int:
        """Its place among those who wait: the lowest goes first."""
        return int(not self.begins)


class SlottedProvider:
    """Wraps a provider: each call holds a slot while it is under way.

    Args:
        inner: makes the calls.
        slot: what each waits for.
        turn: of the call; another is worked at while this one waits.
    """

    def __init__(self, inner: Answerer, slot: CallSlot, turn: Turn) -> None:
        self._inner = inner
        self._slot = slot
        self._turn = turn

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request when there is a slot.

        Raises:
            AppBuilderError: as the wrapped provider.
        """
        slots = self._slot.slots
        if not slots.is_free:
            self._turn.leave()
        with waiting():
            await slots.take(self._slot.order)
        try:
            return await self._inner.complete(request)
        finally:
            slots.give_back()
