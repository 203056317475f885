"""Waiting for a busy provider, and for nothing else."""

import pytest

from core.errors import ModelError, ProviderBusyError, ProviderFailedError, RequestRefusedError
from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.llm.retrying import Patience, RetryingProvider

REQUEST = LLMRequest(model="m", system="", messages=(Message(role="user", content="Q"),))
ANSWER = LLMResponse(content="A", provider="p", model="m")


class Scripted:
    """Raises the given errors, one a call, then answers."""

    name = "scripted"

    def __init__(self, *errors: ModelError) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def complete(self, request: LLMRequest) -> LLMResponse:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return ANSWER


class Sleeper:
    """Notes each wait, and takes no time."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def busy(retry_after: float | None = None) -> ProviderBusyError:
    return ProviderBusyError("busy", retry_after=retry_after)


async def test_waits_as_long_as_the_provider_asks() -> None:
    sleeper, inner = Sleeper(), Scripted(busy(7), busy(0))
    assert await RetryingProvider(inner, sleep=sleeper).complete(REQUEST) == ANSWER
    told, unsaid = sleeper.waits
    assert 7 <= told <= 8  # with jitter, so that not all come back in one moment
    assert 0 <= unsaid <= 2  # at once is no time to recover in
    assert inner.calls == 3


async def test_waits_longer_each_time_with_jitter_where_the_provider_says_nothing() -> None:
    sleeper = Sleeper()
    patience = Patience(attempts=5, first_wait=2, longest_wait=10)
    await RetryingProvider(Scripted(*[busy()] * 4), patience, sleep=sleeper).complete(REQUEST)
    assert len(sleeper.waits) == 4
    for wait, most in zip(sleeper.waits, [2, 4, 8, 10], strict=True):
        assert 0 <= wait <= most


async def test_gives_up_after_the_last_attempt_with_the_providers_own_error() -> None:
    sleeper, inner = Sleeper(), Scripted(*[busy(1)] * 9)
    with pytest.raises(ProviderBusyError, match="busy"):
        await RetryingProvider(inner, Patience(attempts=3), sleep=sleeper).complete(REQUEST)
    assert inner.calls == 3
    assert len(sleeper.waits) == 2


async def test_does_not_wait_when_asked_to_wait_too_long() -> None:
    sleeper, inner = Sleeper(), Scripted(busy(3_600))
    with pytest.raises(ProviderBusyError):
        await RetryingProvider(inner, sleep=sleeper).complete(REQUEST)
    assert inner.calls == 1
    assert sleeper.waits == []


async def test_the_waits_together_are_bounded() -> None:
    sleeper, inner = Sleeper(), Scripted(*[busy(40)] * 9)
    patience = Patience(attempts=9, longest_wait=60, total_wait=100)
    with pytest.raises(ProviderBusyError):
        await RetryingProvider(inner, patience, sleep=sleeper).complete(REQUEST)
    assert len(sleeper.waits) == 2


@pytest.mark.parametrize("error_type", [RequestRefusedError, ProviderFailedError])
async def test_retries_nothing_else(error_type: type[ModelError]) -> None:
    sleeper, inner = Sleeper(), Scripted(error_type("no"))
    with pytest.raises(error_type):
        await RetryingProvider(inner, sleep=sleeper).complete(REQUEST)
    assert inner.calls == 1
    assert sleeper.waits == []


async def test_is_the_provider_it_wraps() -> None:
    provider = RetryingProvider(Scripted())
    assert provider.name == "scripted"


async def test_sleeps_in_earnest_by_default() -> None:
    assert await RetryingProvider(Scripted(busy(0.01))).complete(REQUEST) == ANSWER
