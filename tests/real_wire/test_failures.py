"""What becomes of each failure of a vendor's server: its branch of the errors, its message."""

import time

import pytest

from core.errors import ModelError, ProviderBusyError, ProviderFailedError, RequestRefusedError
from providers.llm import answer_reading, http_provider
from providers.llm.http_client import MAX_BODY_BYTES
from providers.llm.http_provider import HttpProvider
from tests.real_wire.cases import KEY, TEXT, WAIT_SECONDS, WAIT_UNTIL, request
from tests.real_wire.conftest import Speaking

WRONG_KEY = "sk-of-somebody-else"


async def failure(provider: HttpProvider, case: str) -> ModelError:
    """The error that a case ends in; it names provider and model, and no key."""
    with pytest.raises(ModelError) as caught:
        await provider.complete(request(case))
    error = caught.value
    assert str(error).startswith("acme/imitated-1: ")
    assert (error.provider, error.model) == ("acme", "imitated-1")
    assert KEY not in str(error)
    return error


async def test_a_wrong_key_is_refused(speaking: Speaking, streams: bool) -> None:
    error = await failure(speaking(streams=streams, key=WRONG_KEY), "answer")
    assert type(error) is RequestRefusedError
    assert "HTTP 401: Invalid API key (check the key)" in str(error)
    assert WRONG_KEY not in str(error)


async def test_a_wrong_request_is_refused_and_a_key_it_quotes_is_left_out(
    provider: HttpProvider,
) -> None:
    error = await failure(provider, "refused")
    assert type(error) is RequestRefusedError
    assert "HTTP 400: max_tokens is wrong; your key is [key]" in str(error)


async def test_too_many_requests_say_how_long_to_wait(provider: HttpProvider) -> None:
    error = await failure(provider, "wait")
    assert isinstance(error, ProviderBusyError)
    assert error.retry_after == WAIT_SECONDS


async def test_too_many_requests_say_until_when_to_wait(provider: HttpProvider) -> None:
    error = await failure(provider, "wait until")
    assert isinstance(error, ProviderBusyError)
    assert error.retry_after is not None
    # The date was written when the tests began.
    assert WAIT_UNTIL.total_seconds() - 300 < error.retry_after <= WAIT_UNTIL.total_seconds()


async def test_an_overloaded_provider_is_busy(provider: HttpProvider) -> None:
    error = await failure(provider, "overloaded")
    assert isinstance(error, ProviderBusyError)
    assert error.retry_after is None
    assert "HTTP 529: overloaded" in str(error)


@pytest.mark.parametrize(
    ("case", "problem"),
    [
        ("broken", "HTTP 500: boom"),
        ("malformed", "malformed answer: "),
        ("disconnect before", "the connection broke (RemoteProtocolError: Server disconnected"),
    ],
)
async def test_a_provider_that_breaks_has_failed(
    provider: HttpProvider, case: str, problem: str
) -> None:
    error = await failure(provider, case)
    assert type(error) is ProviderFailedError
    assert problem in str(error)


@pytest.mark.parametrize("case", ["disconnect amid", "cut stream"])
async def test_half_a_stream_is_no_answer(speaking: Speaking, case: str) -> None:
    error = await failure(speaking(streams=True), case)
    assert type(error) is ProviderFailedError
    assert "the connection broke (RemoteProtocolError: " in str(error)


async def test_a_server_that_hangs_is_left(
    provider: HttpProvider, streams: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_provider, "THINKING_SECONDS", 0.5)
    monkeypatch.setattr(http_provider, "call_seconds", _one_second)
    started = time.perf_counter()
    error = await failure(provider, "hang")
    assert time.perf_counter() - started < 10
    assert type(error) is ProviderFailedError
    limit = "no answer began within 0.5 s" if streams else "no whole answer within 1 s"
    assert limit in str(error)


async def test_a_stream_that_falls_silent_is_left(
    speaking: Speaking, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer_reading, "IDLE_SECONDS", 0.5)
    started = time.perf_counter()
    error = await failure(speaking(streams=True), "hang amid")
    assert time.perf_counter() - started < 10
    assert type(error) is ProviderFailedError
    assert "the server went silent for 0.5 s" in str(error)


async def test_50_mb_are_refused(provider: HttpProvider) -> None:
    error = await failure(provider, "50 MB")
    assert type(error) is ProviderFailedError
    assert f"the answer is larger than {MAX_BODY_BYTES} bytes" in str(error)


async def test_the_next_call_after_a_failure_is_answered(provider: HttpProvider) -> None:
    for case in ("broken", "malformed", "disconnect before", "refused"):
        await failure(provider, case)
        assert (await provider.complete(request("answer"))).content == TEXT


def _one_second(_: int) -> float:
    return 1.0
