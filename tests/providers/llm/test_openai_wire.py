"""How a request is written, and an answer is read."""

from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from core.errors import ProviderFailedError, RequestRefusedError
from providers.llm.catalogue import ModelTraits
from providers.llm.openai_wire import AnswerReader, Completion, read_completion, request_body
from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.llm.wire_errors import Caller

CALLER = Caller("acme", "small")
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {},
    "required": [],
    "additionalProperties": False,
}
REQUEST = LLMRequest(
    model="acme-small",
    system="Be brief.",
    messages=(
        Message(role="user", content="Q"),
        Message(role="assistant", content="A"),
        Message(role="user", content="Again"),
    ),
    max_tokens=77,
    temperature=0.2,
    schema_name="Reply",
    json_schema=SCHEMA,
)


def written(
    request: LLMRequest = REQUEST, *, stream: bool = False, usage: bool = True, **traits: Any
) -> dict[str, Any]:
    return request_body(
        request, ModelTraits.model_validate(traits), stream=stream, stream_usage=usage
    )


def test_writes_conversation_and_parameters() -> None:
    assert written() == {
        "model": "acme-small",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "Q"},
            {"role": "assistant", "content": "A"},
            {"role": "user", "content": "Again"},
        ],
        "max_tokens": 77,
        "temperature": 0.2,
    }


def test_leaves_an_empty_system_text_out() -> None:
    roles = [
        turn["role"] for turn in written(REQUEST.model_copy(update={"system": ""}))["messages"]
    ]
    assert roles == ["user", "assistant", "user"]


def test_writes_the_response_format_that_the_model_has() -> None:
    assert written(structured_output="json_object")["response_format"] == {"type": "json_object"}
    assert written(structured_output="json_schema")["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "Reply", "schema": SCHEMA, "strict": True},
    }
    free = REQUEST.model_copy(update={"json_schema": None})
    assert "response_format" not in written(free, structured_output="json_schema")


def test_a_schema_that_is_not_strict_is_not_called_so() -> None:
    request = REQUEST.model_copy(update={"json_schema": {"type": "object"}, "schema_name": ""})
    form = written(request, structured_output="json_schema")["response_format"]["json_schema"]
    assert (form["strict"], form["name"]) == (False, "answer")


def test_writes_what_the_model_takes() -> None:
    body = written(max_tokens_field="max_completion_tokens", temperature=False)
    assert body["max_completion_tokens"] == 77
    assert not body.keys() & {"max_tokens", "temperature"}


def test_a_stream_asks_for_its_usage_where_that_may_be_asked() -> None:
    assert written(stream=True)["stream_options"] == {"include_usage": True}
    assert "stream_options" not in written(stream=True, usage=False)
    assert written(stream=True, usage=False)["stream"] is True


def read(*pieces: dict[str, Any], part: Literal["message", "delta"] = "message") -> LLMResponse:
    reader = AnswerReader(CALLER)
    for piece in pieces:
        reader.feed(TypeAdapter(Completion).validate_python(piece), part)
    return reader.response(1.5, "req-1")


def choice(content: Any, finish_reason: str | None = "stop") -> dict[str, Any]:
    return {"choices": [{"message": {"content": content}, "finish_reason": finish_reason}]}


def test_reads_a_whole_answer() -> None:
    assert read(
        {
            "id": "c1",
            "object": "chat.completion",
            "model": "acme-small-2026",
            **choice("Hello"),
            "usage": {"prompt_tokens": 9, "completion_tokens": 4, "cost": 0.002, "more": {}},
        }
    ) == LLMResponse(
        content="Hello",
        input_tokens=9,
        output_tokens=4,
        cost_usd=0.002,
        latency_seconds=1.5,
        provider="acme",
        model="acme-small-2026",
        finish_reason="stop",
        metadata={"id": "c1", "request_id": "req-1", "finish_reason": "stop"},
    )


def test_puts_a_streamed_answer_together() -> None:
    pieces: list[dict[str, Any]] = [
        {"choices": [{"delta": {"role": "assistant", "content": ""}}]},
        {"choices": [{"delta": {"reasoning_content": "hm"}}]},
        {"choices": [{"delta": {"content": "Hel"}}, {"index": 1, "delta": {"content": "no"}}]},
        {"choices": [{"delta": {"content": "lo"}, "finish_reason": None}]},
        {"choices": [{"delta": {}, "finish_reason": "length"}]},
        {"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}},
    ]
    answer = read(*pieces, part="delta")
    assert (answer.content, answer.finish_reason) == ("Hello", "length")
    assert (answer.input_tokens, answer.output_tokens) == (1, 2)
    assert answer.model == "small"


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("stop", "stop"),
        ("end_turn", "stop"),
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("tool_calls", "other"),
        (None, "other"),
    ],
)
def test_reads_why_it_ended(said: str | None, reason: str) -> None:
    assert read(choice("x", said)).finish_reason == reason


@pytest.mark.parametrize("said", ["error", "insufficient_system_resource"])
def test_an_answer_the_provider_gave_up_is_no_answer(said: str) -> None:
    with pytest.raises(ProviderFailedError, match=f"acme/small: the answer broke off .*{said}"):
        read(choice("half of it", said))


def test_a_refusal_is_an_error_that_quotes_it() -> None:
    refusal = {"choices": [{"message": {"refusal": "I can't\nhelp."}, "finish_reason": "stop"}]}
    with pytest.raises(RequestRefusedError, match="the model declined: I can't help"):
        read(refusal)


def test_content_in_parts_is_joined_without_reasoning() -> None:
    parts = [{"type": "thinking", "text": "hm"}, {"text": "Hel"}, {"type": "text", "text": "lo"}]
    assert read(choice(parts)).content == "Hello"


def test_no_content_is_an_empty_answer() -> None:
    assert read(choice(None)).content == ""


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": None, "completion_tokens": -5, "cost": "much"},
        {"prompt_tokens": 10**40, "completion_tokens": 1.5, "cost": 10**400},
        {"prompt_tokens": True, "completion_tokens": "4", "cost": True},
        {"cost": 1_000_001},
        {"prompt_tokens_details": "many", "prompt_cache_hit_tokens": 7},
        {"prompt_tokens_details": {"cached_tokens": 7}},
    ],
)
def test_a_usage_that_makes_no_sense_counts_as_not_given(usage: object) -> None:
    answer = read({**choice("x"), "usage": usage})
    assert (answer.input_tokens, answer.output_tokens, answer.cost_usd) == (0, 0, 0.0)
    assert answer.cached_input_tokens == 0


@pytest.mark.parametrize(
    ("said", "cached"),
    [
        ({"prompt_tokens_details": {"cached_tokens": 6}}, 6),
        ({"prompt_cache_hit_tokens": 7, "prompt_cache_miss_tokens": 2}, 7),
        ({"prompt_tokens_details": {"cached_tokens": 6}, "prompt_cache_hit_tokens": 6}, 6),
        ({"prompt_tokens_details": {"cached_tokens": 10**6}}, 9),
        ({"prompt_tokens_details": None, "prompt_cache_hit_tokens": None}, 0),
    ],
)
def test_reads_what_of_the_prompt_was_cached(said: dict[str, Any], cached: int) -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 4, **said}
    answer = read({**choice("x"), "usage": usage})
    assert (answer.input_tokens, answer.cached_input_tokens) == (9, cached)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "malformed answer: Invalid JSON"),
        ("[]", "malformed answer: Input should be"),
        ('{"choices": {}}', "malformed answer: choices: Input should be"),
        ('{"choices": [{"message": {"content": [1]}}]}', "choices.0.message.content"),
        (b'{"choices": "' + b"x" * 10_000 + b'"}', "choices"),
    ],
)
def test_a_malformed_body_is_the_providers_failure(text: str | bytes, problem: str) -> None:
    with pytest.raises(ProviderFailedError) as caught:
        read_completion(text, CALLER)
    assert problem in str(caught.value)
    assert len(str(caught.value)) < 600


@given(st.binary(max_size=100) | st.text(max_size=100))
def test_any_body_is_read_or_refused(text: str | bytes) -> None:
    try:
        read_completion(text, CALLER)
    except ProviderFailedError as error:
        malformed = str(error)
        assert malformed.startswith("acme/small: malformed answer")
