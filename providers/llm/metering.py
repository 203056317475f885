"""A provider whose every call stands in the usage ledger, with the money it may cost."""

import asyncio
import logging
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from core.attempt_clock import waiting
from core.errors import BilledUsage, ModelError, RequestRefusedError, StorageError
from core.settings import SpendingLimits
from providers.llm.catalogue import ModelRow
from providers.llm.checkpoints import Keep
from providers.llm.prices import PriceList
from providers.llm.prompt_size import estimate_tokens
from providers.llm.provider import Answerer, LLMRequest, LLMResponse
from providers.storage.calls import CallIdentity, CallMaxima, ClosedOutcome

_RENEWALS = 3
"""How often a reservation is renewed in the time it counts for."""

_log = logging.getLogger(__name__)


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

    async def extend(self, call_id: int, *, seconds: float) -> None:
        """Hold it for so long from now on."""
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
        """Put down what became of it, also when who asks for it is cancelled meanwhile."""
        ...


@dataclass(frozen=True)
class CallTerms:
    """On what terms a call is made.

    Attributes:
        maxima: of calls.
        spending: limits of money.
        seconds: how long a reservation counts. It is renewed while its call waits for its turn
            and is made, however long that takes; that of a process that died ends by itself.
        prices: what calls cost.
        model: the model that is asked.
        input_tokens: of the prompt, never less than the provider counts.
        reports_cost: whether the provider's own word on what a call cost is believed.
    """

    maxima: CallMaxima
    spending: SpendingLimits
    seconds: float
    prices: PriceList
    model: ModelRow
    input_tokens: int
    reports_cost: bool = False


class MeteredProvider:
    """Wraps a provider for one caller: reserves what a call may cost, and settles what it did.

    Args:
        inner: makes the calls.
        ledger: holds money and numbers of calls.
        call: who calls, and about what.
        terms: prices and limits.
        keep: given each answer, with its cost, before its row is closed, so that what was paid
            for is safe first.
    """

    def __init__(
        self,
        inner: Answerer,
        ledger: Ledger,
        call: CallIdentity,
        terms: CallTerms,
        keep: Keep,
    ) -> None:
        self._inner = inner
        self._ledger = ledger
        self._call = call
        self._terms = terms
        self._keep = keep

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request.

        Raises:
            CallLimitError, SpendingLimitError: a limit is reached; no call was made.
            ConfigurationError: it is not known what the model costs; no call was made.
            StorageError: ledger or store failed.
            ModelError: as the wrapped provider.
        """
        terms = self._terms
        with waiting():  # for money that other calls hold
            call_id = await self._ledger.reserve(
                self._call,
                terms.maxima,
                spending=terms.spending,
                estimate_usd=terms.prices.worst_case(
                    self._call.provider, terms.model, terms.input_tokens, request.max_tokens
                ),
                seconds=terms.seconds,
            )
        answered: tuple[LLMResponse, Decimal] | None = None
        try:
            with self._held(call_id):
                answered = self._priced(await self._inner.complete(request))
                await self._keep(answered[0])
        except BaseException as error:  # also a cancelled call is closed
            billed = _billed(error) if answered is None else answered[0]
            await asyncio.shield(self._close_failed(call_id, error, billed))
            raise
        response, cost = answered
        # What was paid for is counted, also when nobody waits for the answer any more.
        await self._ledger.settle(
            call_id,
            outcome="answered",
            input_tokens=response.input_tokens,
            output_tokens=response.output_tokens,
            cost_usd=cost,
            latency_seconds=response.latency_seconds,
        )
        return response

    @contextmanager
    def _held(self, call_id: int) -> Generator[None]:
        """Renew the call's reservation inside the `with` block."""
        loop = asyncio.get_running_loop()
        renewing: list[asyncio.Task[None]] = []
        # No task before the first renewal: most calls have ended by then.
        begin = loop.call_later(
            self._terms.seconds / _RENEWALS,
            lambda: renewing.append(loop.create_task(self._renew(call_id))),
        )
        try:
            yield
        finally:
            begin.cancel()
            for task in renewing:
                task.cancel()

    async def _renew(self, call_id: int) -> None:
        seconds = self._terms.seconds
        while True:
            try:
                await self._ledger.extend(call_id, seconds=seconds)
            except StorageError as error:  # it still counts for a while; the next may do better
                _log.warning("the reservation of call %s is not renewed: %s", call_id, error)
            await asyncio.sleep(seconds / _RENEWALS)

    def _priced(self, response: LLMResponse) -> tuple[LLMResponse, Decimal]:
        """The answer with its cost; one without a count of tokens is not taken for free."""
        counted = response
        if not self._terms.model.free:
            counted = response.model_copy(
                update={
                    "input_tokens": response.input_tokens or self._terms.input_tokens,
                    "output_tokens": response.output_tokens or estimate_tokens(response.content),
                }
            )
        cost = self._cost(counted)
        return counted.model_copy(update={"cost_usd": float(cost)}), cost

    def _cost(self, billed: LLMResponse | BilledUsage) -> Decimal:
        """What it costs, in the provider's own word where that is believed."""
        if billed.cost_usd and self._terms.reports_cost:
            return Decimal(str(billed.cost_usd))
        return self._terms.prices.cost(
            self._call.provider,
            self._terms.model,
            billed.input_tokens,
            billed.output_tokens,
            cached_input_tokens=billed.cached_input_tokens,
        )

    async def _close_failed(
        self, call_id: int, error: BaseException, billed: LLMResponse | BilledUsage
    ) -> None:
        """Close the row of a call that failed, and book what it was billed for all the same.

        The call's own error is what its caller must see, so one of the ledger is only logged: the
        reservation then counts until it expires.
        """
        try:
            await self._ledger.settle(
                call_id,
                outcome="refused" if isinstance(error, RequestRefusedError) else "failed",
                input_tokens=billed.input_tokens,
                output_tokens=billed.output_tokens,
                cost_usd=self._cost(billed),
                error_class=type(error).__name__,
                error=str(error),
            )
        except StorageError as unsettled:
            _log.warning("call %s that failed is not settled: %s", call_id, unsettled)


def _billed(error: BaseException) -> BilledUsage:
    """What is billed for a call that was not answered.

    Of one that was cancelled while its answer came in, the cause says it.
    """
    said = error.__cause__ if isinstance(error, asyncio.CancelledError) else error
    return (said.usage if isinstance(said, ModelError) else None) or BilledUsage()
