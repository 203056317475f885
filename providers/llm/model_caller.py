"""Makes one call to a model, with all that surrounds it.

From the outside in: the breaker (a model that keeps failing is left alone), patience with busy
providers, the record of calls, the usage ledger with the money, a slot among the calls of its
stage, a seat among all calls at once, and the rate limits. These come last, so that a call which
got its place is sent without another wait: else calls that gathered places over minutes could go in
one moment. Each attempt that a busy provider refused is recorded, stands in the ledger and passes
the rate limits, like the one that was answered.
"""

import asyncio
import logging
import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Protocol

from core.attempt_clock import waiting
from core.errors import AnswerError, InputError
from core.settings import Settings, SpendingLimits
from providers.llm.breakers import Breakers
from providers.llm.call_records import CallRecords, RecordedProvider
from providers.llm.call_slots import CallSlot, SlottedProvider
from providers.llm.catalogue import ModelRow, ProviderRow
from providers.llm.checkpoints import Keep
from providers.llm.http_client import MAX_CONNECTIONS, call_seconds
from providers.llm.metering import CallTerms, Ledger, MeteredProvider
from providers.llm.prices import PriceList
from providers.llm.prompt_size import check_prompt, estimate_request_tokens, likely_tokens
from providers.llm.provider import Answerer, LLMProvider, LLMRequest, LLMResponse
from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_places import Place, Rates, places_of_call
from providers.llm.retrying import Patience, RetryingProvider
from providers.llm.stage_router import ModelChoice
from providers.llm.traced import TracedProvider
from providers.llm.work_turns import LeavingProvider, Turn, WorkTurns
from providers.storage.calls import CallIdentity, CallMaxima

_log = logging.getLogger(__name__)

_SILENT_WAIT_SECONDS = 5.0
"""How long a call waits for its turn before it is told."""

_SETTLING_SECONDS = 60.0
"""What storing the answer and closing the row may take beyond the call itself."""


class Providers(Protocol):
    """What is needed of the provider pool."""

    def provider(self, name: str) -> LLMProvider:
        """The provider of this name."""
        ...

    def row(self, name: str) -> ProviderRow:
        """What is known of a provider."""
        ...

    def model(self, provider: str, name: str) -> ModelRow:
        """What is known of a provider's model."""
        ...


@dataclass(frozen=True)
class CallLimits:
    """What holds for every call, whichever model it is for.

    Attributes:
        spending: limits of money.
        prompt_characters: longest prompt, all turns together.
        user_calls_per_minute: calls of one user; 0 is any number.
    """

    spending: SpendingLimits = field(default_factory=SpendingLimits)
    prompt_characters: int = 100_000
    user_calls_per_minute: int = 0

    @classmethod
    def of(cls, settings: Settings) -> "CallLimits":
        """The limits that the operator set."""
        return cls(
            settings.spending, settings.calls.prompt_characters, settings.user_calls_per_minute
        )


@dataclass(frozen=True)
class Call:
    """One call to be made.

    Attributes:
        identity: who calls which model, and about what.
        request: what is asked.
        maxima: of calls.
        ordinal: which call of its conversation it is, from 0.
        spending: limits of money for this call alone; `None` for those of every call.
        slot: the one it needs among those of its stage; `None` if it needs none.
    """

    identity: CallIdentity
    request: LLMRequest
    maxima: CallMaxima
    ordinal: int = 0
    spending: SpendingLimits | None = None
    slot: CallSlot | None = None

    @property
    def choice(self) -> ModelChoice:
        """The model that is called."""
        return ModelChoice(self.identity.provider, self.identity.model)


class LeftAloneError(Exception):
    """The model is left alone for now, and another one can be asked; never leaves the asker."""


class ModelCaller:
    """Makes calls; used within one event loop.

    Args:
        providers: gives the providers.
        ledger: holds money and numbers of calls.
        prices: what calls cost.
        breakers: how the models are.
        limiter: holds the rates.
        limits: what holds for every call.
        records: where calls are written down for people; `None` for nowhere.
        patience: how long a busy provider is waited for.
    """

    def __init__(
        self,
        providers: Providers,
        ledger: Ledger,
        *,
        prices: PriceList,
        breakers: Breakers,
        limiter: RateLimiter,
        limits: CallLimits | None = None,
        records: CallRecords | None = None,
        patience: Patience | None = None,
    ) -> None:
        self._providers = providers
        self._ledger = ledger
        self._prices = prices
        self._breakers = breakers
        self._limiter = limiter
        self._limits = limits or CallLimits()
        self._records = records
        self._patience = patience
        self._seats = asyncio.Semaphore(MAX_CONNECTIONS)
        self._turns = WorkTurns()

    async def call(
        self, call: Call, keep: Keep, *, others: Iterable[ModelChoice] = ()
    ) -> LLMResponse:
        """Make a call.

        Args:
            call: what to ask of whom.
            keep: given the answer before the ledger closes the call.
            others: models that could be asked instead.

        Raises:
            LeftAloneError: the model is left alone, and one of the others is not.
            InputError: the prompt is empty, or too long for the limits or the model.
            AnswerError: the conversation has outgrown the model's context.
            SpendingLimitError, CallLimitError: a limit is reached; no call was made.
            ProviderFailedError: the provider broke; or all models are left alone, and what each
                of them said.
            RequestRefusedError, ProviderBusyError: of the provider.
            StorageError: ledger, rate limits or the store failed.
        """
        self._check(call)
        choices = (call.choice, *others)
        with waiting():
            if await self._breakers.first_available(choices) != call.choice:
                raise LeftAloneError(str(call.choice))
            admission = await self._breakers.admit(call.choice)
        turn = self._turns.turn()
        provider = self._wrapped(call, keep, turn)
        with admission:
            async with turn:
                return await RetryingProvider(provider, self._patience).complete(call.request)

    async def record_borrowed(self, call: Call, response: LLMResponse) -> None:
        """Write down an answer that was taken from another build, without a call.

        Raises:
            StorageError: the store failed.
        """
        if self._records is not None:
            await self._records.borrowed(call.identity, call.ordinal, call.request, response)

    def _check(self, call: Call) -> None:
        """Refuse a prompt before it costs anything."""
        request = call.request
        try:
            check_prompt(
                request.system,
                request.messages,
                model=self._model(call),
                # Of later calls, what the model itself answered is a part.
                max_characters=sys.maxsize if call.ordinal else self._limits.prompt_characters,
                room=request.max_tokens,
            )
        except InputError as error:
            if not call.ordinal:
                raise
            raise AnswerError(
                f"there is no room to ask on: {error}",
                provider=call.identity.provider,
                model=call.identity.model,
            ) from None

    def _wrapped(self, call: Call, keep: Keep, turn: Turn) -> Answerer:
        identity, model = call.identity, self._model(call)

        async def keep_and_come_back(response: LLMResponse) -> None:
            await keep(response)
            await turn.come_back()  # only now: whatever becomes of the call, its answer is safe

        provider: Answerer = LimitedProvider(
            LeavingProvider(self._traced(identity), turn),
            self._limiter,
            self._places(call, model),
            self._seats,
        )
        if call.slot is not None:
            provider = SlottedProvider(provider, call.slot, turn)
        provider = MeteredProvider(
            provider,
            self._ledger,
            identity,
            CallTerms(
                maxima=call.maxima,
                spending=call.spending or self._limits.spending,
                seconds=call_seconds(call.request.max_tokens) + _SETTLING_SECONDS,
                prices=self._prices,
                model=model,
                input_tokens=estimate_request_tokens(call.request),
                reports_cost=self._providers.row(identity.provider).reports_cost,
            ),
            keep_and_come_back,
        )
        if self._records is not None:
            provider = RecordedProvider(provider, self._records, identity, ordinal=call.ordinal)
        return provider

    def _traced(self, call: CallIdentity) -> Answerer:
        base_url = self._providers.row(call.provider).base_url
        return TracedProvider(self._providers.provider(call.provider), call, base_url)

    def _places(self, call: Call, model: ModelRow) -> tuple[Place, ...]:
        identity, request = call.identity, call.request
        row = self._providers.row(identity.provider)
        limited = model.tokens_per_minute or row.tokens_per_minute
        texts = (request.system, *(turn.content for turn in request.messages)) if limited else ()
        return places_of_call(
            user=identity.user,
            user_calls_per_minute=self._limits.user_calls_per_minute,
            provider=identity.provider,
            provider_rates=Rates(row.requests_per_minute, row.tokens_per_minute),
            model=model.wire_id,  # names of one model share its limits
            model_rates=Rates(model.requests_per_minute, model.tokens_per_minute),
            tokens=sum(map(likely_tokens, texts)) + request.max_tokens,
        )

    def _model(self, call: Call) -> ModelRow:
        return self._providers.model(call.identity.provider, call.identity.model)


class LimitedProvider:
    """Wraps a provider: each call waits for a seat, and until the rate limits have room for it.

    Args:
        inner: makes the calls.
        limiter: holds the limits.
        places: every limit a call has to pass.
        seats: as many as calls can be under way; with a seat, none waits for a connection.
    """

    def __init__(
        self,
        inner: Answerer,
        limiter: RateLimiter,
        places: tuple[Place, ...],
        seats: asyncio.Semaphore,
    ) -> None:
        self._inner = inner
        self._limiter = limiter
        self._places = places
        self._seats = seats

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request when it is its turn.

        Raises:
            StorageError: the store of the limits does not answer.
            AppBuilderError: as the wrapped provider.
        """
        async with AsyncExitStack() as seat:
            with waiting():
                await seat.enter_async_context(self._seats)
                await self._turn()
            return await self._inner.complete(request)

    async def _turn(self) -> None:
        if not self._places:
            return
        told = asyncio.get_running_loop().call_later(_SILENT_WAIT_SECONDS, self._say)
        try:
            await self._limiter.acquire(self._places)
        finally:
            told.cancel()

    def _say(self) -> None:
        """Tell people why nothing seems to happen."""
        limits = ", ".join(f"{place.limit} a minute for {place.key}" for place in self._places)
        _log.info("a call of %s waits for its turn under the rate limits: %s", self.name, limits)
