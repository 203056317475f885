"""The provider over a faked transport: what it sends, and what each response means."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from core.errors import (
    ConfigurationError,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from providers.llm.catalogue import ProviderRow
from providers.llm.http_client import HttpClient
from providers.llm.openai_compatible import OpenAICompatibleProvider
from providers.llm.provider import LLMRequest, LLMResponse, Message
from tests.providers.llm.api_keys import api_key

KEY = "sk-secret-0123456789"
REQUEST = LLMRequest(
    model="acme-small",
    system="Be brief.",
    messages=(Message(role="user", content="Q"),),
    schema_name="Reply",
    json_schema={"type": "object"},
)
WHOLE = {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
Handler = Callable[[httpx.Request], httpx.Response]


def row(**change: object) -> ProviderRow:
    return ProviderRow.model_validate(
        {
            "name": "acme",
            "protocol": "openai-compatible",
            "base_url": "https://acme.test/v1",
            "key_variable": "ACME_API_KEY",
            "models": [
                {"name": "small", "wire_id": "acme-small", "structured_output": "json_object"}
            ],
            **change,
        }
    )


def provider(
    handler: Handler, *, key: str | None = KEY, **change: object
) -> OpenAICompatibleProvider:
    client = HttpClient(transport=httpx.MockTransport(handler))
    return OpenAICompatibleProvider(row(**change), api_key=api_key(key), client=client)


async def ask(response: httpx.Response | Exception) -> LLMResponse:
    def handler(_: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    return await provider(handler).complete(REQUEST)


def stream(*events: object, end: str = "data: [DONE]\n\n") -> httpx.Response:
    text = "".join(
        f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events
    )
    return httpx.Response(
        200, headers={"Content-Type": "text/event-stream; charset=utf-8"}, text=text + end
    )


def delta(content: str, finish_reason: str | None = None) -> dict[str, Any]:
    return {"choices": [{"delta": {"content": content}, "finish_reason": finish_reason}]}


async def test_sends_a_streamed_chat_completion_with_the_key() -> None:
    seen: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, json=WHOLE, headers={"x-request-id": "r1"})

    acme = provider(handler)
    answer = await acme.complete(REQUEST)
    [request] = seen
    assert (request.method, str(request.url)) == ("POST", "https://acme.test/v1/chat/completions")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    body = json.loads(request.content)
    assert body["model"] == "acme-small"
    assert body["response_format"] == {"type": "json_object"}
    assert (body["stream"], body["stream_options"]) == (True, {"include_usage": True})
    assert (answer.content, answer.provider) == ("Hello", "acme")
    assert answer.metadata["request_id"] == "r1"
    assert answer.latency_seconds > 0
    assert acme.name == "acme"
    assert KEY not in repr(acme)


async def test_a_provider_that_cannot_stream_is_not_asked_to() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert "stream" not in json.loads(request.content)
        assert "authorization" not in request.headers
        return httpx.Response(200, json=WHOLE)

    answer = await provider(handler, key=None, key_required=False, streams=False).complete(REQUEST)
    assert answer.content == "Hello"


async def test_reads_a_stream() -> None:
    answer = await ask(
        stream(
            delta("Hel"),
            delta("lo", "stop"),
            {"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}},
        )
    )
    assert (answer.content, answer.finish_reason) == ("Hello", "stop")
    assert (answer.input_tokens, answer.output_tokens) == (3, 2)


async def test_a_stream_may_end_without_done_once_the_answer_has_ended() -> None:
    assert (await ask(stream(delta("Hello", "stop"), end=""))).content == "Hello"


@pytest.mark.parametrize(
    ("response", "error_type", "problem"),
    [
        (stream(delta("Hel"), end=""), ProviderFailedError, "ended in the middle"),
        (stream(end=""), ProviderFailedError, "ended in the middle"),
        (stream(delta("Hel"), '{"choices": [{"del'), ProviderFailedError, "malformed answer"),
        (
            stream(delta("Hel"), {"error": {"code": 429, "message": "slow down"}}),
            ProviderBusyError,
            "HTTP 429: slow down",
        ),
        (stream({"error": {"message": "boom"}}), ProviderFailedError, "reports: boom"),
        (
            httpx.Response(200, json={"error": {"code": 402, "message": "pay"}}),
            RequestRefusedError,
            "pay",
        ),
        (
            httpx.Response(200, json={"choices": []}),
            ProviderFailedError,
            "no choice with a message",
        ),
        (httpx.Response(200, text="<html>"), ProviderFailedError, "malformed answer"),
        (httpx.Response(204), ProviderFailedError, "malformed answer"),
        (httpx.Response(500, text="boom"), ProviderFailedError, "HTTP 500: boom"),
        (httpx.Response(503), ProviderBusyError, "HTTP 503"),
        (
            httpx.Response(401, json={"error": {"message": f"bad key {KEY}"}}),
            RequestRefusedError,
            r"bad key \[key\] \(check the key\)",
        ),
        (httpx.Response(307, headers={"Location": "/v2"}), RequestRefusedError, "redirect"),
        (httpx.ReadTimeout("slow"), ProviderFailedError, "ReadTimeout: slow"),
        (httpx.ReadError(""), ProviderFailedError, "ReadError"),
    ],
)
async def test_each_failure_has_its_error(
    response: httpx.Response | Exception, error_type: type[ModelError], problem: str
) -> None:
    with pytest.raises(error_type, match=problem) as caught:
        await ask(response)
    assert str(caught.value).startswith("acme/small: ")
    assert (caught.value.provider, caught.value.model) == ("acme", "small")
    assert KEY not in str(caught.value)


async def test_a_busy_provider_says_how_long_to_wait() -> None:
    with pytest.raises(ProviderBusyError) as caught:
        await ask(httpx.Response(429, headers={"Retry-After": "17"}))
    assert caught.value.retry_after == 17


async def test_a_missing_key_is_refused_before_anything_is_sent() -> None:
    with pytest.raises(ConfigurationError, match="provider 'acme' has no key; set ACME_API_KEY"):
        await provider(lambda _: pytest.fail("sent"), key=None).complete(REQUEST)


@pytest.mark.parametrize("key", ["sk-se cret", "sk-se\ncret", "sk-sé", "sk-se\x00"])
async def test_a_key_that_cannot_be_one_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigurationError, match="ACME_API_KEY holds characters") as caught:
        await provider(lambda _: pytest.fail("sent"), key=key).complete(REQUEST)
    assert "sk-" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "well"), [(200, True), (404, True), (429, True), (401, False), (500, False)]
)
async def test_health_is_whether_it_answers_and_takes_our_key(status: int, well: bool) -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        assert (request.method, request.url.path) == ("GET", "/v1/models")
        return httpx.Response(status, json={"data": []})

    assert (await provider(handler).health_check()).well is well


async def test_health_check_never_raises() -> None:
    def handler(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("no route")

    unreachable = await provider(handler).health_check()
    assert not unreachable
    assert "cannot connect: no route" in unreachable.reason
    assert unreachable.providers_fault
    without_key = await provider(handler, key=None).health_check()
    assert without_key.reason == "provider 'acme' has no key; set ACME_API_KEY"
    assert not without_key.providers_fault
