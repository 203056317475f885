"""A provider whose every call stands in the usage ledger, with the money it may cost."""

import asyncio
from decimal import Decimal
from typing import Protocol

from core.errors import RequestRefusedError
from core.settings import SpendingLimits
from providers.llm.checkpoints import Keep
from providers.llm.provider import LLMProvider, LLMRequest, LLMResponse
from providers.storage.calls import CallIdentity, CallMaxima, ClosedOutcome

RESERVED_SECONDS = 3_600.0
"""How long the call of a process that died holds its reservation; no call takes longer."""


class Ledger(Protocol):
    """What is needed of the usage ledger."""

    async def reserve(
        self,
        call: CallIdentity,
        maxima: CallMaxima,
        *,
        spending: SpendingLimits,
        estimate_usd: Decimal,
        seconds: float,
    ) -> int:
        """Put down a call about to be made and hold what it may cost, or raise."""
        ...

    async def settle(
        self,
        call_id: int,
        *,
        outcome: ClosedOutcome,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cost_usd: Decimal = Decimal(0),
        latency_seconds: float = 0.0,
        error_class: str = "",
        error: str = "",
    ) -> None:
        """Put down what became of it."""
        ...


class MeteredProvider:
    """Wraps a provider for one caller: opens a row before each call and closes it after.

    Args:
        inner: makes the calls.
        ledger: counts them.
        call: who calls, and about what.
        limits: maxima the ledger holds.
        keep: given each answer before its row is closed, so that what was paid for is safe first.
    """

    def __init__(
        self,
        inner: LLMProvider,
        ledger: Ledger,
        call: CallIdentity,
        limits: CallMaxima,
        keep: Keep,
    ) -> None:
        self._inner = inner
        self._ledger = ledger
        self._call = call
        self._limits = limits
        self._keep = keep

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            CallLimitError: a maximum is reached; no call was made.
            StorageError: ledger or store failed.
            ModelError: as the wrapped provider.
        """
        call_id = await self._ledger.reserve(
            self._call,
            self._limits,
            spending=SpendingLimits(),
            estimate_usd=Decimal(0),
            seconds=RESERVED_SECONDS,
        )
        try:
            response = await self._inner.complete(request)
            await self._keep(response)
        except BaseException as error:  # also a cancelled call is closed
            await asyncio.shield(self._close_failed(call_id, error))
            raise
        await self._ledger.settle(
            call_id,
            outcome="answered",
            input_tokens=response.input_tokens,
            output_tokens=response.output_tokens,
            cost_usd=Decimal(str(response.cost_usd)),
            latency_seconds=response.latency_seconds,
        )
        return response

    async def health_check(self) -> bool:
        """Whether the wrapped provider answers; not counted as a call."""
        return await self._inner.health_check()

    async def _close_failed(self, call_id: int, error: BaseException) -> None:
        outcome: ClosedOutcome = "refused" if isinstance(error, RequestRefusedError) else "failed"
        await self._ledger.settle(call_id, outcome=outcome, error_class=type(error).__name__)
