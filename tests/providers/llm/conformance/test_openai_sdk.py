"""OpenAI's own SDK sends what we send, and reads what we read."""

from typing import Any

import openai
import pytest

from providers.llm.provider import LLMRequest
from tests.docs.tables import catalogue
from tests.providers.llm.conformance.recording import KEY, Recorder, assert_same, ours
from tests.providers.llm.wire_samples import CHAT, REQUEST, STRUCTURED

MEMBERS = [row.name for row in catalogue() if row.protocol == "openai-compatible" and row.base_url]
both_ways = pytest.mark.parametrize("streams", [True, False])


def ask_sdk(
    request: LLMRequest,
    *,
    streams: bool,
    base_url: str | None = None,
    max_tokens_field: str = "max_completion_tokens",
) -> tuple[Recorder, Any]:
    """The same call by way of the SDK."""
    recorder = Recorder(CHAT)
    sdk: Any = openai.OpenAI(
        api_key=KEY, base_url=base_url, http_client=recorder.client(), max_retries=0
    )
    asked: dict[str, Any] = {
        "model": request.model,
        max_tokens_field: request.max_tokens,
        "temperature": request.temperature,
        "messages": [
            {"role": "system", "content": request.system},
            *(turn.model_dump() for turn in request.messages),
        ],
    }
    if request.json_schema is not None:
        schema = {"name": request.schema_name, "schema": request.json_schema, "strict": True}
        asked["response_format"] = {"type": "json_schema", "json_schema": schema}
    if streams:
        asked |= {"stream": True, "stream_options": {"include_usage": True}}
        return recorder, list(sdk.chat.completions.create(**asked))
    return recorder, sdk.chat.completions.create(**asked)


@both_ways
@pytest.mark.parametrize("request_", [REQUEST, STRUCTURED])
def test_the_same_call_is_the_same_request(request_: LLMRequest, streams: bool) -> None:
    traits = {"max_tokens_field": "max_completion_tokens", "structured_output": "json_schema"}
    mine, _ = ours("openai", CHAT, request_, streams=streams, **traits)
    theirs, _ = ask_sdk(request_, streams=streams)
    assert_same(mine, theirs.only)


@both_ways
@pytest.mark.parametrize("max_tokens_field", ["max_tokens", "max_completion_tokens"])
@pytest.mark.parametrize("request_", [REQUEST, STRUCTURED])
@pytest.mark.parametrize("member", MEMBERS)
def test_every_member_of_the_family_is_sent_the_same_request(
    member: str, request_: LLMRequest, max_tokens_field: str, streams: bool
) -> None:
    traits: dict[str, Any] = {
        "max_tokens_field": max_tokens_field,
        "structured_output": "json_schema",
        "temperature": True,
        "extra_body": {},
    }
    mine, _ = ours(member, CHAT, request_, streams=streams, **traits)
    theirs, _ = ask_sdk(
        request_,
        streams=streams,
        base_url=catalogue()[member].base_url,
        max_tokens_field=max_tokens_field,
    )
    assert_same(mine, theirs.only)


def test_the_same_answer_is_read_alike() -> None:
    _, answer = ours("openai", CHAT, REQUEST, streams=False)
    _, completion = ask_sdk(REQUEST, streams=False)
    [choice] = completion.choices
    assert answer.content == choice.message.content
    assert answer.metadata["finish_reason"] == choice.finish_reason
    assert answer.input_tokens == completion.usage.prompt_tokens
    assert answer.output_tokens == completion.usage.completion_tokens
    assert (answer.model, answer.metadata["id"]) == (completion.model, completion.id)


def test_the_same_stream_is_read_alike() -> None:
    _, answer = ours("openai", CHAT, REQUEST)
    _, chunks = ask_sdk(REQUEST, streams=True)
    choices = [choice for chunk in chunks for choice in chunk.choices]
    assert answer.content == "".join(choice.delta.content or "" for choice in choices)
    assert answer.metadata["finish_reason"] == choices[-1].finish_reason
    assert answer.output_tokens == chunks[-1].usage.completion_tokens
