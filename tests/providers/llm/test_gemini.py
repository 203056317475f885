"""Google's Gemini API: what is its own in requests, answers, schemas and errors."""

from typing import Any

import httpx
import pytest

from core.errors import (
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from providers.llm.gemini import response_schema
from providers.llm.provider import LLMRequest
from tests.providers.llm.wire_samples import (
    GEMINI,
    KEY,
    MODEL,
    REQUEST,
    SCHEMA,
    STRUCTURED,
    TEXT,
    body_of,
    stream,
    whole,
)


async def sent(request: LLMRequest = REQUEST, **row: Any) -> httpx.Request:
    seen: list[httpx.Request] = []

    def handler(received: httpx.Request) -> httpx.Response:
        seen.append(received)
        return whole(GEMINI.whole)

    await GEMINI.provider(handler, **row).complete(request)
    return seen[0]


def ending(reason: str | None) -> dict[str, Any]:
    return {"candidates": [{"content": {"parts": [{"text": TEXT}]}, "finishReason": reason}]}


async def test_writes_contents_and_their_configuration() -> None:
    request = await sent()
    assert request.headers["x-goog-api-key"] == KEY
    assert "authorization" not in request.headers
    assert body_of(request) == {
        "systemInstruction": {"role": "user", "parts": [{"text": "Be brief."}]},
        "contents": [
            {"role": "user", "parts": [{"text": "Q"}]},
            {"role": "model", "parts": [{"text": "A"}]},
            {"role": "user", "parts": [{"text": "Again"}]},
        ],
        "generationConfig": {"maxOutputTokens": 77, "temperature": 0.2},
    }


async def test_leaves_an_empty_system_text_out() -> None:
    body = body_of(await sent(REQUEST.model_copy(update={"system": ""})))
    assert "systemInstruction" not in body


@pytest.mark.parametrize(
    ("model", "path"),
    [
        ("acme 1?key=x#y", "/models/acme%201%3Fkey%3Dx%23y:generateContent"),
        ("tunedModels/mine", "/tunedModels/mine:generateContent"),
    ],
)
async def test_a_model_is_a_path_and_nothing_else(model: str, path: str) -> None:
    request = await sent(REQUEST.model_copy(update={"model": model}), streams=False)
    assert request.url.raw_path.decode() == path


async def test_asks_for_structured_output_as_the_model_has_it() -> None:
    config = body_of(await sent(STRUCTURED))["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert config["responseJsonSchema"] == SCHEMA
    models = [{**MODEL, "structured_output": "json_object"}]
    config = body_of(await sent(STRUCTURED, models=models))["generationConfig"]
    assert config["responseMimeType"] == "application/json"
    assert "responseJsonSchema" not in config
    models = [{**MODEL, "structured_output": "none"}]
    assert (
        "responseMimeType" not in body_of(await sent(STRUCTURED, models=models))["generationConfig"]
    )


def test_a_schema_keeps_the_keywords_that_are_known() -> None:
    schema: dict[str, Any] = {
        "$defs": {"Name": {"type": "string", "pattern": "^a", "minLength": 1}},
        "type": "object",
        "properties": {
            "pattern": {"$ref": "#/$defs/Name"},
            "kind": {"type": "string", "const": "a"},
            "sure": {"type": "boolean", "const": True},
            "pair": {"type": "array", "prefixItems": [{"type": "string", "pattern": "b"}]},
            "all": {"type": "array", "items": {"type": "integer", "minimum": 0, "multipleOf": 2}},
            "maybe": {"anyOf": [{"type": "string", "pattern": "c"}, {"type": "null"}]},
            "map": {"type": "object", "additionalProperties": {"type": "string", "pattern": "d"}},
        },
        "additionalProperties": False,
    }
    assert response_schema(schema) == {
        "$defs": {"Name": {"type": "string"}},
        "type": "object",
        "properties": {
            "pattern": {"$ref": "#/$defs/Name"},
            "kind": {"type": "string", "enum": ["a"]},
            "sure": {"type": "boolean"},
            "pair": {"type": "array", "prefixItems": [{"type": "string"}]},
            "all": {"type": "array", "items": {"type": "integer", "minimum": 0}},
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "additionalProperties": False,
    }


async def test_reads_what_the_provider_says_about_the_answer() -> None:
    answer = await GEMINI.ask(whole(GEMINI.whole))
    assert answer.model == "acme-small-2"
    assert answer.metadata == {"id": "r1", "finish_reason": "STOP"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("STOP", "stop"),
        ("MAX_TOKENS", "length"),
        ("SAFETY", "content_filter"),
        ("RECITATION", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("OTHER", "other"),
        ("SOMETHING_NEW", "other"),
    ],
)
async def test_reads_why_it_ended(said: str, reason: str) -> None:
    assert (await GEMINI.ask(whole(ending(said)))).finish_reason == reason


async def test_an_answer_google_cannot_read_is_no_answer() -> None:
    with pytest.raises(ProviderFailedError, match=r"broke off .*MALFORMED_RESPONSE"):
        await GEMINI.ask(whole(ending("MALFORMED_RESPONSE")))


async def test_a_whole_answer_that_has_not_ended_is_malformed() -> None:
    with pytest.raises(ProviderFailedError, match="no candidate that has ended"):
        await GEMINI.ask(whole(ending(None)))


@pytest.mark.parametrize(
    ("feedback", "why"),
    [
        ({"blockReason": "SAFETY"}, "SAFETY"),
        ({"blockReason": "OTHER", "blockReasonMessage": "Not here."}, "OTHER: Not here."),
    ],
)
async def test_a_blocked_prompt_is_refused(feedback: dict[str, str], why: str) -> None:
    blocked = {"promptFeedback": feedback, "usageMetadata": {"promptTokenCount": 9}}
    for response in (whole(blocked), stream(blocked)):
        with pytest.raises(RequestRefusedError, match=f"the prompt was blocked: {why}"):
            await GEMINI.ask(response)


async def test_feedback_that_blocks_nothing_is_ignored() -> None:
    answer = await GEMINI.ask(whole({**GEMINI.whole, "promptFeedback": {"safetyRatings": []}}))
    assert answer.content == TEXT


async def test_thoughts_and_other_candidates_are_not_the_answer() -> None:
    thought = {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}, {}]}}]}
    other = {"candidates": [{"index": 1, "content": {"parts": [{"text": "no"}]}}]}
    empty: dict[str, Any] = {"candidates": [{"content": {"role": "model"}}, {}]}
    assert (await GEMINI.ask(stream(thought, other, empty, *GEMINI.events))).content == TEXT


@pytest.mark.parametrize("usage", [None, {}, {"promptTokenCount": -1, "thoughtsTokenCount": 1.5}])
async def test_a_usage_that_makes_no_sense_counts_as_not_given(usage: object) -> None:
    answer = await GEMINI.ask(whole({**GEMINI.whole, "usageMetadata": usage}))
    assert (answer.input_tokens, answer.output_tokens) == (0, 0)


async def test_no_more_is_cached_than_was_asked() -> None:
    usage = {"promptTokenCount": 9, "cachedContentTokenCount": 10}
    answer = await GEMINI.ask(whole({**GEMINI.whole, "usageMetadata": usage}))
    assert (answer.input_tokens, answer.cached_input_tokens) == (9, 9)


def exhausted(*details: object) -> dict[str, Any]:
    error = {"code": 429, "message": "slow down", "status": "RESOURCE_EXHAUSTED"}
    return {"error": {**error, "details": list(details)}}


RETRY_INFO = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "58.5s"}


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        (exhausted({"@type": "type.googleapis.com/google.rpc.Help"}, RETRY_INFO), 58.5),
        ([exhausted(RETRY_INFO)], 58.5),
        (exhausted({**RETRY_INFO, "retryDelay": "soon"}), None),
        (exhausted({**RETRY_INFO, "retryDelay": f"{10**400}s"}), None),
        (exhausted("soon", 5), None),
        ({"error": {"code": 429, "message": "slow down", "details": "soon"}}, None),
        ({"error": "slow down"}, None),
    ],
)
async def test_a_wait_may_stand_in_the_body(body: object, seconds: float | None) -> None:
    with pytest.raises(ProviderBusyError, match="slow down") as caught:
        await GEMINI.ask(httpx.Response(429, json=body))
    assert caught.value.retry_after == seconds


async def test_a_wait_in_the_head_comes_first() -> None:
    response = httpx.Response(429, json=exhausted(RETRY_INFO), headers={"Retry-After": "3"})
    with pytest.raises(ProviderBusyError) as caught:
        await GEMINI.ask(response)
    assert caught.value.retry_after == 3


@pytest.mark.parametrize(
    ("code", "error_type"),
    [(429, ProviderBusyError), (503, ProviderBusyError), (500, ProviderFailedError)],
)
async def test_an_error_within_a_stream_means_what_its_status_would(
    code: int, error_type: type[ModelError]
) -> None:
    error = exhausted(RETRY_INFO)
    error["error"]["code"] = code
    with pytest.raises(error_type, match="slow down") as caught:
        await GEMINI.ask(stream(*GEMINI.events[:1], error))
    if isinstance(caught.value, ProviderBusyError):
        assert caught.value.retry_after == 58.5
