"""Anthropic's own SDK sends what we send, and reads what we read."""

from typing import Any

import anthropic
import pytest
from anthropic.resources.messages.messages import DEPRECATED_MODELS

from prompts.contexts import PromptContext
from providers.llm.answer_schema import json_schema_of
from providers.llm.anthropic import output_schema
from providers.llm.provider import LLMRequest
from tests.docs.tables import catalogue
from tests.providers.llm.conformance.recording import KEY, Recorder, assert_same, ours
from tests.providers.llm.wire_samples import ANTHROPIC, REQUEST, STRUCTURED

ANSWER_TYPES = [kind.answer_type for kind in PromptContext.__subclasses__() if kind.answer_type]
both_ways = pytest.mark.parametrize("streams", [True, False])


def ask_sdk(request: LLMRequest, *, streams: bool) -> tuple[Recorder, Any]:
    """The same call by way of the SDK."""
    recorder = Recorder(ANTHROPIC)
    client = recorder.client()
    sdk: Any = anthropic.Anthropic(api_key=KEY, http_client=client, max_retries=0)
    asked: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
        "messages": [turn.model_dump() for turn in request.messages],
    }
    if request.system:
        asked["system"] = request.system
    if request.json_schema is not None:
        schema = anthropic.transform_schema(request.json_schema)
        asked["output_config"] = {"format": {"type": "json_schema", "schema": schema}}
    if not streams:
        return recorder, sdk.messages.create(**asked)
    with sdk.messages.stream(**asked) as stream:
        return recorder, stream.get_final_message()


@both_ways
@pytest.mark.parametrize(
    "request_", [REQUEST, STRUCTURED, REQUEST.model_copy(update={"system": ""})]
)
def test_the_same_call_is_the_same_request(request_: LLMRequest, streams: bool) -> None:
    mine, _ = ours("anthropic", ANTHROPIC, request_, streams=streams)
    theirs, _ = ask_sdk(request_, streams=streams)
    assert_same(mine, theirs.only, "anthropic-version")


@both_ways
def test_the_same_answer_is_read_alike(streams: bool) -> None:
    _, answer = ours("anthropic", ANTHROPIC, REQUEST, streams=streams)
    _, message = ask_sdk(REQUEST, streams=streams)
    assert answer.content == "".join(
        block.text for block in message.content if block.type == "text"
    )
    usage = message.usage
    assert answer.input_tokens == usage.input_tokens + usage.cache_read_input_tokens
    assert answer.output_tokens == usage.output_tokens
    assert answer.model == message.model
    assert answer.metadata["finish_reason"] == message.stop_reason
    assert answer.metadata["id"] == message.id


@pytest.mark.parametrize("answer_type", ANSWER_TYPES)
def test_every_schema_we_ask_for_is_written_alike(answer_type: Any) -> None:
    schema = json_schema_of(answer_type)
    assert output_schema(schema) == anthropic.transform_schema(schema)


def test_the_models_we_name_are_not_taken_off() -> None:
    assert not {model.wire_id for model in catalogue()["anthropic"].models} & set(DEPRECATED_MODELS)
