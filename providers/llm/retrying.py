"""A provider that waits until it is its turn, and retries nothing else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    wait_random,
    wait_random_exponential,
)

from core.attempt_clock import waiting
from core.errors import ProviderBusyError
from providers.llm.provider import Answerer, LLMRequest, LLMResponse

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long a busy provider is waited for.

    Attributes:
        attempts: calls made at most, the first included.
        longest_wait: seconds between two calls at most. A provider that asks for more is left
            alone at once: asked earlier, it would refuse again.
        total_wait: seconds waited at most, over all attempts.
        first_wait: scale of the first wait where the provider does not say how long, in seconds;
            doubled each time, with jitter.
    """

    attempts: int = 5
    longest_wait: float = 120.0
    total_wait: float = 300.0
    first_wait: float = 1.0


class RetryingProvider:
    """Wraps a provider: waits out `ProviderBusyError`, honouring its `retry_after`.

    Args:
        inner: asked again after each wait.
        patience: how long.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        inner: Answerer,
        patience: Patience | None = None,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._inner = inner
        self._patience = patience or Patience()
        self._sleep = sleep
        self._backoff = wait_random_exponential(
            multiplier=self._patience.first_wait, max=self._patience.longest_wait
        )
        self._jitter = wait_random(0, self._patience.first_wait)

    @property
    def name(self) -> str:
        """The wrapped provider's name."""
        return self._inner.name

    async def complete(self, request: LLMRequest) -> LLMResponse:
        """Answer one request, waiting while the provider is busy.

        Raises:
            ProviderBusyError: it still is when patience ends.
            ModelError: any other, at once.
        """
        try:
            return await self._inner.complete(request)
        except ProviderBusyError as error:
            return await self._retried(request, error)

    async def _retried(self, request: LLMRequest, refusal: ProviderBusyError) -> LLMResponse:
        """Answer a request whose first attempt was refused.

        Only now is tenacity asked: most calls are answered at once.
        """
        refusals = [refusal]

        async def attempt() -> LLMResponse:
            if refusals:
                raise refusals.pop()
            return await self._inner.complete(request)

        retrying = AsyncRetrying(
            sleep=self._pause,
            retry=retry_if_exception_type(ProviderBusyError),
            wait=self._wait,
            stop=self._must_stop,
            before_sleep=self._say,
            reraise=True,
        )
        return await retrying(attempt)

    async def _pause(self, seconds: float) -> None:
        with waiting():
            await self._sleep(seconds)

    def _wait(self, state: RetryCallState) -> float:
        asked = _asked_to_wait(state)
        if not asked:  # told nothing, or to come back at once, which is no time for it to recover
            return self._backoff(state)
        # Else all that were told the same would come back in the same moment.
        return asked + self._jitter(state)

    def _must_stop(self, state: RetryCallState) -> bool:
        patience = self._patience
        return (
            state.attempt_number >= patience.attempts
            or (_asked_to_wait(state) or 0) > patience.longest_wait
            or state.idle_for + state.upcoming_sleep > patience.total_wait
        )

    def _say(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        _log.info("%s; waiting %.1f s for its turn", error, state.upcoming_sleep)


def _asked_to_wait(state: RetryCallState) -> float | None:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, ProviderBusyError) else None
