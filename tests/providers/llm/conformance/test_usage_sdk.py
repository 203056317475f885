"""Usage as the vendors' own types hold it is read as they mean it, cached tokens included."""

from typing import Any

import pytest
from anthropic.types import MessageDeltaUsage
from anthropic.types import Usage as AnthropicUsage
from google.genai.types import GenerateContentResponseUsageMetadata
from openai.types import CompletionUsage
from openai.types.completion_usage import CompletionTokensDetails, PromptTokensDetails
from pydantic import BaseModel

from tests.providers.llm.wire_samples import ANTHROPIC, CHAT, GEMINI, Sample, stream, whole

OPENAI = CompletionUsage(
    prompt_tokens=50_000,
    completion_tokens=800,
    total_tokens=50_800,
    prompt_tokens_details=PromptTokensDetails(cached_tokens=49_000, audio_tokens=0),
    completion_tokens_details=CompletionTokensDetails(reasoning_tokens=300),
)
CLAUDE = AnthropicUsage(
    input_tokens=600,
    cache_creation_input_tokens=400,
    cache_read_input_tokens=49_000,
    output_tokens=800,
)
GOOGLE = GenerateContentResponseUsageMetadata(
    prompt_token_count=50_000,
    cached_content_token_count=49_000,
    candidates_token_count=500,
    thoughts_token_count=300,
    total_token_count=50_800,
)
both_ways = pytest.mark.parametrize("streams", [True, False])


def dumped(usage: BaseModel) -> dict[str, Any]:
    return usage.model_dump(mode="json", by_alias=True, exclude_none=True)


@both_ways
@pytest.mark.parametrize(
    ("sample", "field", "usage"),
    [(CHAT, "usage", OPENAI), (GEMINI, "usageMetadata", GOOGLE)],
    ids=["openai", "gemini"],
)
async def test_cached_tokens_are_among_those_of_the_prompt(
    sample: Sample, field: str, usage: BaseModel, streams: bool
) -> None:
    counts = {field: dumped(usage)}
    last = [event if event == "[DONE]" else {**event, **counts} for event in sample.events]
    answer = await sample.ask(stream(*last) if streams else whole({**sample.whole, **counts}))
    assert (answer.input_tokens, answer.cached_input_tokens) == (50_000, 49_000)
    assert answer.output_tokens == 800


async def test_anthropic_counts_cached_tokens_beside_those_of_the_prompt() -> None:
    answer = await ANTHROPIC.ask(whole({**ANTHROPIC.whole, "usage": dumped(CLAUDE)}))
    assert (answer.input_tokens, answer.cached_input_tokens) == (50_000, 49_000)
    assert answer.output_tokens == 800


async def test_anthropic_counts_them_as_a_stream_begins_and_maybe_as_it_ends() -> None:
    message = ANTHROPIC.events[0]["message"]
    begin = {"type": "message_start", "message": {**message, "usage": dumped(CLAUDE)}}
    short = MessageDeltaUsage(output_tokens=900)
    full = MessageDeltaUsage(
        input_tokens=700,
        cache_creation_input_tokens=0,
        cache_read_input_tokens=49_500,
        output_tokens=900,
    )
    for last, counts in ((short, (50_000, 49_000)), (full, (50_200, 49_500))):
        end = {**ANTHROPIC.events[-2], "usage": dumped(last)}
        answer = await ANTHROPIC.ask(
            stream(begin, *ANTHROPIC.events[1:-2], end, ANTHROPIC.events[-1])
        )
        assert (answer.input_tokens, answer.cached_input_tokens) == counts
        assert answer.output_tokens == 900
