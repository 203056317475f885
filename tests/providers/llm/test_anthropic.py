"""Anthropic's Messages API: what is its own in requests, answers, schemas and errors."""

from typing import Any

import httpx
import pytest

from core.errors import (
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from providers.llm.anthropic import output_schema
from providers.llm.provider import LLMRequest
from tests.providers.llm.wire_samples import (
    ANTHROPIC,
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
        return whole(ANTHROPIC.whole)

    await ANTHROPIC.provider(handler, **row).complete(request)
    return seen[0]


async def test_writes_a_message() -> None:
    request = await sent()
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.headers["anthropic-version"] == "2026-10-21"
    assert body_of(request) == {
        "model": "acme-small",
        "max_tokens": 77,
        "system": "Be brief.",
        "messages": [
            {"role": "user", "content": "Q"},
            {"role": "assistant", "content": "A"},
            {"role": "user", "content": "Again"},
        ],
        "stream": True,
    }


async def test_leaves_out_what_is_not_asked_for() -> None:
    body = body_of(await sent(REQUEST.model_copy(update={"system": ""}), streams=False))
    assert not body.keys() & {"system", "stream", "output_config"}


async def test_asks_for_structured_output_where_the_model_has_it() -> None:
    body = body_of(await sent(STRUCTURED))
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": SCHEMA}}
    for kind in ("json_object", "none"):
        models = [{**MODEL, "structured_output": kind}]
        assert "output_config" not in body_of(await sent(STRUCTURED, models=models))


async def test_a_schema_with_free_keys_is_left_to_the_prompt() -> None:
    free = {"type": "object", "additionalProperties": {"type": "string"}}
    request = STRUCTURED.model_copy(update={"json_schema": free})
    assert "output_config" not in body_of(await sent(request))


def test_keywords_that_are_not_enforced_are_told() -> None:
    assert output_schema({"type": "integer", "minimum": 1, "description": "How many."}) == {
        "type": "integer",
        "description": "How many.\n\n{minimum: 1}",
    }
    assert output_schema({"type": "string", "pattern": "^a"}) == {
        "type": "string",
        "description": "{pattern: ^a}",
    }
    assert output_schema({"type": "object"})["additionalProperties"] is False
    assert output_schema({"type": "string", "format": "color"})["description"] == "{format: color}"


def test_keywords_that_are_enforced_stay() -> None:
    schema: dict[str, Any] = {
        "$defs": {"Kind": {"enum": ["a", "b"]}},
        "type": "object",
        "properties": {
            "kind": {"$ref": "#/$defs/Kind"},
            "always": {"const": 1},
            "when": {"type": "string", "format": "date-time"},
            "names": {"type": "array", "items": {"type": "string"}, "minItems": 1},
            "maybe": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        },
        "required": ["kind"],
        "additionalProperties": False,
    }
    assert output_schema(schema) == schema
    anything = {"type": "array"}
    assert output_schema(anything) == anything
    many = {"type": "array", "minItems": 2}
    assert output_schema(many) == {"type": "array", "description": "{minItems: 2}"}


async def test_reads_what_the_provider_says_about_the_answer() -> None:
    answer = await ANTHROPIC.ask(whole(ANTHROPIC.whole, **{"request-id": "req_1"}))
    assert answer.model == "acme-small-2"
    assert answer.metadata == {"id": "m1", "request_id": "req_1", "finish_reason": "end_turn"}


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("pause_turn", "other"),
        ("something_new", "other"),
    ],
)
async def test_reads_why_it_ended(said: str, reason: str) -> None:
    answer = await ANTHROPIC.ask(whole({**ANTHROPIC.whole, "stop_reason": said}))
    assert answer.finish_reason == reason


@pytest.mark.parametrize(
    ("details", "why"),
    [
        ({"type": "refusal", "category": "cyber", "explanation": "No\nmalware."}, "No malware."),
        ({"type": "refusal", "category": "cyber"}, "cyber"),
        (None, "it gives no reason"),
    ],
)
async def test_a_refusal_is_an_error_that_quotes_it(details: object, why: str) -> None:
    end = {"stop_reason": "refusal", "stop_details": details}
    with pytest.raises(RequestRefusedError, match=f"the model declined: {why}"):
        await ANTHROPIC.ask(whole({**ANTHROPIC.whole, **end}))
    event = {"type": "message_delta", "delta": end, "usage": {"output_tokens": 1}}
    with pytest.raises(RequestRefusedError, match=f"the model declined: {why}"):
        await ANTHROPIC.ask(stream(*ANTHROPIC.events[:4], event, {"type": "message_stop"}))


async def test_thoughts_and_tools_are_not_the_answer() -> None:
    thought = {"type": "thinking_delta", "thinking": "hm"}
    tool = {"type": "input_json_delta", "partial_json": "{"}
    events = [
        {"type": "content_block_delta", "index": 0, "delta": delta} for delta in (thought, tool)
    ]
    answer = await ANTHROPIC.ask(
        stream(ANTHROPIC.events[0], *events, *ANTHROPIC.events[1:], {"type": "ping"})
    )
    assert answer.content == TEXT


async def test_later_counts_replace_earlier_ones() -> None:
    end = {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"input_tokens": 11, "cache_creation_input_tokens": 2, "output_tokens": 7},
    }
    answer = await ANTHROPIC.ask(stream(*ANTHROPIC.events[:5], end, {"type": "message_stop"}))
    assert (answer.input_tokens, answer.output_tokens) == (13, 7)


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": -1, "output_tokens": "many"}])
async def test_a_usage_that_makes_no_sense_counts_as_not_given(usage: object) -> None:
    answer = await ANTHROPIC.ask(whole({**ANTHROPIC.whole, "usage": usage}))
    assert (answer.input_tokens, answer.output_tokens) == (0, 0)


async def test_the_answer_counts_once_it_has_ended_and_only_then() -> None:
    assert (await ANTHROPIC.ask(stream(*ANTHROPIC.events[:-1]))).content == TEXT
    with pytest.raises(ProviderFailedError, match="ended in the middle"):
        await ANTHROPIC.ask(stream(*ANTHROPIC.events[:-2], {"type": "message_stop"}))


@pytest.mark.parametrize(
    ("kind", "error_type"),
    [
        ("invalid_request_error", RequestRefusedError),
        ("authentication_error", RequestRefusedError),
        ("billing_error", RequestRefusedError),
        ("request_too_large", RequestRefusedError),
        ("rate_limit_error", ProviderBusyError),
        ("overloaded_error", ProviderBusyError),
        ("api_error", ProviderFailedError),
        ("timeout_error", ProviderFailedError),
        ("something_new", ProviderFailedError),
        (None, ProviderFailedError),
    ],
)
async def test_an_error_within_a_stream_means_what_its_status_would(
    kind: str | None, error_type: type[ModelError]
) -> None:
    error = {"type": "error", "error": {"type": kind, "message": "no more"}}
    with pytest.raises(error_type, match="no more"):
        await ANTHROPIC.ask(stream(*ANTHROPIC.events[:4], error))
    with pytest.raises(error_type, match="no more"):
        await ANTHROPIC.ask(whole(error))


async def test_an_error_event_without_an_error_is_one_all_the_same() -> None:
    with pytest.raises(ProviderFailedError, match="the provider reports"):
        await ANTHROPIC.ask(stream(*ANTHROPIC.events[:4], {"type": "error"}))
