"""Hugging Face's own SDK sends what we send, and reads what we read."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

import httpx2
import huggingface_hub
import pytest

from providers.llm.huggingface import chatml_prompt
from providers.llm.provider import LLMRequest
from tests.providers.llm.conformance.recording import KEY, Recorder, assert_same, ours
from tests.providers.llm.wire_samples import (
    HUGGING_FACE_CHAT,
    HUGGING_FACE_GENERATION,
    REQUEST,
    STRUCTURED,
    Sample,
)

MODEL = {"structured_output": "json_schema"}
NATIVE = {**MODEL, "prompt_format": "chatml"}
both_ways = pytest.mark.parametrize("streams", [True, False])
with_and_without_schema = pytest.mark.parametrize("request_", [REQUEST, STRUCTURED])


@pytest.fixture(autouse=True)
def usual_client() -> Iterator[None]:
    """The SDK shares one client among all callers; ours is taken back."""
    yield
    huggingface_hub.set_client_factory(httpx2.Client)


def sdk(sample: Sample, provider: Literal["auto", "hf-inference"]) -> tuple[Recorder, Any]:
    recorder = Recorder(sample, lookup={"id": REQUEST.model, "pipeline_tag": "text-generation"})
    huggingface_hub.set_client_factory(recorder.client)
    return recorder, huggingface_hub.InferenceClient(provider=provider, api_key=KEY)


def chat(request: LLMRequest, *, streams: bool) -> tuple[Recorder, Any]:
    """The same chat by way of the SDK."""
    recorder, client = sdk(HUGGING_FACE_CHAT, "auto")
    asked: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_tokens,
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
        return recorder, list(client.chat_completion(**asked))
    return recorder, client.chat_completion(**asked)


def generate(request: LLMRequest, *, streams: bool) -> tuple[Recorder, Any]:
    """The same text generation by way of the SDK."""
    recorder, client = sdk(HUGGING_FACE_GENERATION, "hf-inference")
    asked: dict[str, Any] = {
        "model": request.model,
        "max_new_tokens": request.max_tokens,
        "temperature": request.temperature,
        "return_full_text": False,
        "stop": ["<|im_end|>"],
        "details": True,
        "stream": streams,
    }
    if request.json_schema is not None:
        asked["grammar"] = {"type": "json", "value": request.json_schema}
    answer = client.text_generation(chatml_prompt(request), **asked)
    return recorder, list(answer) if streams else answer


@both_ways
@with_and_without_schema
def test_the_same_chat_is_the_same_request(request_: LLMRequest, streams: bool) -> None:
    mine, _ = ours("huggingface", HUGGING_FACE_CHAT, request_, streams=streams, **MODEL)
    theirs, _ = chat(request_, streams=streams)
    # Without a stream the SDK says so, and we leave out what is the default.
    body = {name: value for name, value in theirs.only.body.items() if value is not False}
    assert_same(mine, replace(theirs.only, body=body))


@both_ways
@with_and_without_schema
def test_the_same_generation_is_the_same_request(request_: LLMRequest, streams: bool) -> None:
    mine, _ = ours("huggingface", HUGGING_FACE_GENERATION, request_, streams=streams, **NATIVE)
    theirs, _ = generate(request_, streams=streams)
    assert_same(mine, theirs.only)


@both_ways
def test_the_same_chat_is_read_alike(streams: bool) -> None:
    _, answer = ours("huggingface", HUGGING_FACE_CHAT, REQUEST, streams=streams)
    _, said = chat(REQUEST, streams=streams)
    if streams:
        text = "".join(one.delta.content or "" for chunk in said for one in chunk.choices)
        usage = said[-1].usage
    else:
        text, usage = said.choices[0].message.content, said.usage
    assert answer.content == text
    assert (answer.input_tokens, answer.output_tokens) == (
        usage.prompt_tokens,
        usage.completion_tokens,
    )


@both_ways
def test_the_same_generation_is_read_alike(streams: bool) -> None:
    _, answer = ours("huggingface", HUGGING_FACE_GENERATION, REQUEST, streams=streams, **NATIVE)
    _, said = generate(REQUEST, streams=streams)
    end = said[-1] if streams else said
    assert answer.content == end.generated_text
    assert answer.output_tokens == end.details.generated_tokens
    assert answer.metadata["finish_reason"] == end.details.finish_reason
