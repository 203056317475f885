"""What a vendor's server answers when all goes well, and what reached it."""

import asyncio
import json
from typing import Any

import pytest

from providers.llm.http_provider import HttpProvider
from providers.llm.provider import LLMRequest
from tests.real_wire.cases import (
    INPUT_TOKENS,
    KEY,
    OUTPUT_TOKENS,
    SCHEMA,
    STRUCTURED_ANSWER,
    TEXT,
    request,
)
from tests.real_wire.conftest import Speaking
from tests.real_wire.vendors_imitation import Imitation


async def test_an_answer_is_read_and_its_tokens_are_counted(provider: HttpProvider) -> None:
    answer = await provider.complete(request("answer"))
    assert (answer.content, answer.finish_reason) == (TEXT, "stop")
    assert (answer.input_tokens, answer.output_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)
    assert (answer.provider, answer.model) == ("acme", "imitated-1")
    assert answer.latency_seconds > 0


async def test_what_was_asked_arrives(
    provider: HttpProvider, vendors: Imitation, protocol: str, streams: bool
) -> None:
    asked = request("answer")
    await provider.complete(asked)
    received = vendors.last_request()
    assert KEY not in received["path"]
    assert _turns(received["body"]) == [
        ("system", asked.system),
        ("user", asked.messages[0].content),
    ]
    assert received["path"] == _path(protocol, asked, streams=streams)
    assert bool(received["body"].get("stream")) == streams


async def test_an_answer_that_ran_out_of_room_says_so(provider: HttpProvider) -> None:
    answer = await provider.complete(request("cut off"))
    assert (answer.content, answer.finish_reason) == (TEXT, "length")


async def test_a_schema_arrives_and_its_answer_is_read(
    provider: HttpProvider, vendors: Imitation, protocol: str
) -> None:
    answer = await provider.complete(request("structured", structured=True))
    assert json.loads(answer.content) == STRUCTURED_ANSWER
    assert (answer.input_tokens, answer.output_tokens) == (INPUT_TOKENS, OUTPUT_TOKENS)
    if protocol == "openai-compatible":
        # Of the others the imitation records the turns and the parameters only; their schemas are
        # held to the vendors' own SDKs, in tests/providers/llm/conformance.
        schema = vendors.last_request()["body"]["response_format"]["json_schema"]["schema"]
        assert schema == SCHEMA


async def test_many_calls_at_once_each_get_their_answer(provider: HttpProvider) -> None:
    cases = ["answer", "cut off"] * 40
    answers = await asyncio.gather(*(provider.complete(request(case)) for case in cases))
    assert [answer.finish_reason for answer in answers] == ["stop", "length"] * 40
    assert {answer.content for answer in answers} == {TEXT}


@pytest.mark.parametrize(("key", "well"), [(KEY, True), ("sk-of-somebody-else", False)])
async def test_health_is_whether_our_key_is_taken(speaking: Speaking, key: str, well: bool) -> None:
    assert (await speaking(streams=True, key=key).health_check()).well is well


def _path(protocol: str, asked: LLMRequest, *, streams: bool) -> str:
    method = "streamGenerateContent?alt=sse" if streams else "generateContent"
    return {
        "openai-compatible": "/v1/chat/completions",
        "anthropic": "/v1/messages",
        "gemini": f"/v1beta/models/{asked.model}:{method}",
    }[protocol]


def _turns(body: dict[str, Any]) -> list[tuple[str, str]]:
    return [(turn["role"], turn["content"]) for turn in body["messages"]]
