"""Google's own SDK sends what we send, and reads what we read."""

from typing import Any

import pytest
from google import genai
from google.genai.types import FinishReason, HttpOptions

from prompts.contexts import PromptContext
from providers.llm import gemini
from providers.llm.answer_schema import json_schema_of
from providers.llm.gemini import response_schema
from providers.llm.provider import LLMRequest
from tests.providers.llm.conformance.recording import KEY, Recorder, assert_same, ours
from tests.providers.llm.wire_samples import GEMINI, REQUEST, STRUCTURED, TEXT

ANSWER_TYPES = [kind.answer_type for kind in PromptContext.__subclasses__() if kind.answer_type]
ROLES = {"user": "user", "assistant": "model"}
both_ways = pytest.mark.parametrize("streams", [True, False])


def ask_sdk(request: LLMRequest, *, streams: bool) -> tuple[Recorder, Any]:
    """The same call by way of the SDK, below the same version of the API as our row."""
    recorder = Recorder(GEMINI)
    sdk: Any = genai.Client(
        api_key=KEY,
        http_options=HttpOptions(httpx_client=recorder.client(), api_version="v1beta"),
    )
    config: dict[str, Any] = {
        "max_output_tokens": request.max_tokens,
        "temperature": request.temperature,
    }
    if request.system:
        config["system_instruction"] = request.system
    if request.json_schema is not None:
        config["response_mime_type"] = "application/json"
        config["response_json_schema"] = response_schema(request.json_schema)
    asked: dict[str, Any] = {
        "model": request.model,
        "contents": [
            {"role": ROLES[turn.role], "parts": [{"text": turn.content}]}
            for turn in request.messages
        ],
        "config": config,
    }
    if streams:
        return recorder, list(sdk.models.generate_content_stream(**asked))
    return recorder, sdk.models.generate_content(**asked)


@both_ways
@pytest.mark.parametrize(
    "request_",
    [
        REQUEST,
        REQUEST.model_copy(update={"system": ""}),
        REQUEST.model_copy(update={"model": "tunedModels/mine-1"}),
        *(
            STRUCTURED.model_copy(update={"json_schema": json_schema_of(answer_type)})
            for answer_type in ANSWER_TYPES
        ),
    ],
)
def test_the_same_call_is_the_same_request(request_: LLMRequest, streams: bool) -> None:
    mine, _ = ours("gemini", GEMINI, request_, streams=streams, temperature=True)
    theirs, _ = ask_sdk(request_, streams=streams)
    assert_same(mine, theirs.only, "x-goog-api-key")


def test_the_same_answer_is_read_alike() -> None:
    _, answer = ours("gemini", GEMINI, REQUEST, streams=False)
    _, reply = ask_sdk(REQUEST, streams=False)
    usage = reply.usage_metadata
    assert answer.content == reply.text == TEXT
    assert answer.metadata["finish_reason"] == reply.candidates[0].finish_reason.value
    assert answer.input_tokens == usage.prompt_token_count
    assert answer.output_tokens == usage.candidates_token_count + usage.thoughts_token_count
    assert (answer.model, answer.metadata["id"]) == (reply.model_version, reply.response_id)


def test_the_same_stream_is_read_alike() -> None:
    _, answer = ours("gemini", GEMINI, REQUEST)
    _, replies = ask_sdk(REQUEST, streams=True)
    assert answer.content == "".join(reply.text or "" for reply in replies) == TEXT
    assert answer.metadata["finish_reason"] == replies[-1].candidates[0].finish_reason.value
    assert answer.input_tokens == replies[-1].usage_metadata.prompt_token_count


def test_the_reasons_to_end_that_we_know_are_among_googles() -> None:
    known = set(gemini._FINISH_REASONS) | gemini._BROKEN_REASONS  # pyright: ignore[reportPrivateUsage] -- of the file that is held to the SDK
    assert known <= {reason.value for reason in FinishReason}
