"""An answer that nobody can use is billed all the same, and the error says how much."""

import asyncio
import json
import math
import pickle
from collections.abc import AsyncIterator, Coroutine
from typing import Any

import httpx
import pytest

from core.errors import BilledUsage, ModelError, ProviderFailedError, RequestRefusedError
from providers.llm import answer_reading, http_provider
from providers.llm.http_client import HttpClient
from providers.llm.pool import PROVIDER_CLASSES
from providers.llm.prompt_size import likely_request_tokens, likely_tokens
from providers.llm.provider import LLMResponse
from tests.providers.llm.api_keys import api_key
from tests.providers.llm.wire_samples import (
    ANTHROPIC,
    CHAT,
    GEMINI,
    HUGGING_FACE_CHAT,
    KEY,
    REQUEST,
    SAMPLES,
    TEXT,
    Sample,
    stream,
    whole,
)

every_protocol = pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
PROMPT = likely_request_tokens(REQUEST)
WRITTEN = likely_tokens(TEXT)
STREAM = {"Content-Type": "text/event-stream"}


def _at_once(_: int) -> float:
    return 0.05


async def failure(sample: Sample, response: httpx.Response | Exception) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await sample.ask(response)
    return caught.value


async def cause_when_cancelled(
    call: Coroutine[Any, Any, LLMResponse], moment: asyncio.Event
) -> BaseException | None:
    """What the cancellation of a call at a moment has for its cause."""

    async def cancelled() -> BaseException | None:
        with pytest.raises(asyncio.CancelledError) as caught:
            await call
        return caught.value.__cause__

    task = asyncio.create_task(cancelled())
    await moment.wait()
    task.cancel()
    return await task


def half_of(sample: Sample) -> bytes:
    """A stream's beginning, with all of the text and no end."""
    return stream(*sample.events[: sample.half]).content


def of_half(sample: Sample) -> BilledUsage:
    """What is billed for it: only Anthropic counts the prompt as it begins."""
    if sample is ANTHROPIC:
        return BilledUsage(9, 4, likely_tokens(TEXT[:4]))
    return BilledUsage(PROMPT, 0, WRITTEN)


def chat(usage: object, finish_reason: str = "stop", **message: Any) -> Any:
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    return {"choices": [choice], "usage": usage}


CHAT_USAGE = {"prompt_tokens": 50_000, "completion_tokens": 8_000}
DECLINED = chat(CHAT_USAGE, content=None, refusal="I cannot help.")
BLOCKED: dict[str, Any] = {
    "promptFeedback": {"blockReason": "SAFETY"},
    "usageMetadata": {"promptTokenCount": 50_000, "cachedContentTokenCount": 40_000},
}
CLAUDE_DECLINED: dict[str, Any] = {
    **ANTHROPIC.whole,
    "content": [],
    "stop_reason": "refusal",
    "usage": {"input_tokens": 10_000, "cache_read_input_tokens": 40_000, "output_tokens": 8_000},
}


@pytest.mark.parametrize("kind", ["whole", "stream"])
@pytest.mark.parametrize(
    ("sample", "body", "event", "billed"),
    [
        (
            CHAT,
            DECLINED,
            {**DECLINED, "choices": [{**DECLINED["choices"][0], "delta": {"refusal": "No."}}]},
            BilledUsage(50_000, 0, 8_000),
        ),
        (ANTHROPIC, CLAUDE_DECLINED, None, BilledUsage(50_000, 40_000, 8_000)),
        (GEMINI, BLOCKED, BLOCKED, BilledUsage(50_000, 40_000, 0)),
    ],
    ids=["openai", "anthropic", "gemini"],
)
async def test_what_was_declined_is_billed_as_the_provider_counts(
    sample: Sample, body: Any, event: Any, billed: BilledUsage, kind: str
) -> None:
    event = event or {"type": "message_start", "message": body}
    error = await failure(sample, whole(body) if kind == "whole" else stream(event))
    assert type(error) is RequestRefusedError
    assert error.usage == billed
    assert pickle.loads(pickle.dumps(error)).usage == billed


async def test_a_refusal_without_counts_is_billed_by_what_was_said() -> None:
    error = await failure(CHAT, whole(chat(None, content=None, refusal="I cannot help.")))
    assert error.usage == BilledUsage(PROMPT, 0, likely_tokens("I cannot help."))


@pytest.mark.parametrize("sample", [CHAT, HUGGING_FACE_CHAT])
async def test_an_answer_the_provider_gave_up_has_its_own_price(sample: Sample) -> None:
    usage = {**CHAT_USAGE, "cost": 0.2, "prompt_tokens_details": {"cached_tokens": 1_000}}
    error = await failure(sample, whole(chat(usage, "error", content="half of it")))
    assert error.usage == BilledUsage(50_000, 1_000, 8_000, 0.2)


async def test_an_error_amid_a_stream_may_state_the_price() -> None:
    end: dict[str, Any] = {
        "choices": [],
        "error": {"code": 502},
        "usage": {**CHAT_USAGE, "cost": 0.2},
    }
    error = await failure(CHAT, stream(*CHAT.events[:2], end))
    assert error.usage == BilledUsage(50_000, 0, 8_000, 0.2)


async def test_an_answer_google_cannot_read_is_billed_with_its_thoughts() -> None:
    body = {**GEMINI.whole, "candidates": [{"finishReason": "MALFORMED_RESPONSE"}]}
    assert (await failure(GEMINI, whole(body))).usage == BilledUsage(9, 0, 4)


@every_protocol
async def test_a_stream_that_ends_early_is_billed_for_what_came_in(sample: Sample) -> None:
    error = await failure(sample, stream(*sample.events[: sample.half]))
    assert error.usage == of_half(sample)


@every_protocol
@pytest.mark.parametrize("how", ["connection", "json", "error", "silence", "time"])
async def test_so_is_one_that_breaks(
    sample: Sample, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how == "silence":
        monkeypatch.setattr(answer_reading, "IDLE_SECONDS", 0.05)
    if how == "time":
        monkeypatch.setattr(http_provider, "call_seconds", _at_once)

    async def broken() -> AsyncIterator[bytes]:
        yield half_of(sample)
        if how == "connection":
            raise httpx.ReadError("reset by peer")
        if how in ("silence", "time"):
            await asyncio.sleep(5)
        said = {"type": "error", "error": {"type": "overloaded_error", "code": 500, "message": "x"}}
        yield f"data: {'{' if how == 'json' else json.dumps(said)}\n\n".encode()

    error = await failure(sample, httpx.Response(200, headers=STREAM, content=broken()))
    assert error.usage == of_half(sample)


@every_protocol
@pytest.mark.parametrize("how", ["connection", "json"])
async def test_so_is_a_whole_answer_that_breaks_or_cannot_be_read(sample: Sample, how: str) -> None:
    body = json.dumps(sample.whole).encode()[:-9]

    async def broken() -> AsyncIterator[bytes]:
        yield body
        if how == "connection":
            raise httpx.ReadError("reset by peer")

    headers = {"Content-Type": "application/json"}
    error = await failure(sample, httpx.Response(200, headers=headers, content=broken()))
    assert type(error) is ProviderFailedError
    written = min(math.ceil(len(body) / 2.5), REQUEST.max_tokens)
    assert error.usage == BilledUsage(PROMPT, 0, written)


@every_protocol
async def test_so_is_one_whose_caller_is_cancelled_and_the_cause_says_it(sample: Sample) -> None:
    came_in = asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield half_of(sample)
        came_in.set()
        await asyncio.sleep(5)

    response = httpx.Response(200, headers=STREAM, content=slow())
    cause = await cause_when_cancelled(sample.ask(response), came_in)
    assert isinstance(cause, ProviderFailedError)
    assert cause.usage == of_half(sample)


async def test_one_that_is_cancelled_before_it_began_is_not_billed() -> None:
    asked = asyncio.Event()

    async def hang(_: httpx.Request) -> httpx.Response:
        asked.set()
        await asyncio.sleep(5)
        raise AssertionError("not cancelled")

    row = CHAT.row()
    client = HttpClient(transport=httpx.MockTransport(hang))
    provider = PROVIDER_CLASSES[row.protocol](row, api_key=api_key(KEY), client=client)
    assert await cause_when_cancelled(provider.complete(REQUEST), asked) is None


@every_protocol
async def test_a_stream_that_breaks_before_any_text_is_billed_for_the_prompt(
    sample: Sample,
) -> None:
    error = await failure(sample, stream("{"))
    assert error.usage == BilledUsage(PROMPT)


@every_protocol
@pytest.mark.parametrize(
    "response",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.Response(400, text="prompt is too long"),
        httpx.Response(401),
        httpx.Response(429),
        httpx.Response(500, text="boom"),
        httpx.Response(529),
        httpx.Response(204),
        httpx.Response(200, json={"error": {"code": 502, "message": "boom"}}),
        stream({"type": "error", "error": {"type": "overloaded_error", "message": "boom"}}),
        stream(),
    ],
    ids=lambda response: str(getattr(response, "status_code", type(response).__name__)),
)
async def test_before_an_answer_begins_nothing_is_billed(
    sample: Sample, response: httpx.Response | Exception
) -> None:
    error = await failure(sample, response)
    assert error.usage in (None, BilledUsage())
