"""The OpenAI-compatible provider and a real server: nothing between them is faked."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from core.errors import RequestRefusedError
from providers.llm.answer_schema import json_schema_of
from providers.llm.catalogue import Catalogue, load_catalogue, read_catalogue_rows
from providers.llm.pool import ProviderPool
from providers.llm.provider import LLMProvider, LLMRequest, Message
from providers.llm.structured import parse_json
from providers.secrets.environment import EnvironmentSecrets
from tests.real_model.model_process import CONTEXT_TOKENS, RealModel

HOTTEST = 2.0
"""At this temperature only the grammar keeps an answer in form."""


class Opinion(BaseModel):
    """An answer with an enumeration, numbers and a truth value."""

    verdict: Literal["good", "bad", "undecided"]
    stars: int = Field(ge=1, le=5)
    recommended: bool


class Shelf(BaseModel):
    """An answer with a list of objects, some of whose fields may be missing."""

    class Book(BaseModel):
        kind: Literal["novel", "essay"]
        pages: int = Field(ge=1, le=999)
        opinion: Opinion | None = None

    books: tuple[Book, ...] = Field(min_length=1, max_length=3)


def ask(
    text: str = "Which books should one read?",
    *,
    max_tokens: int = 24,
    answer_type: type[BaseModel] | None = None,
) -> LLMRequest:
    return LLMRequest(
        model="smollm2",
        system="You help with books.",
        messages=(Message(role="user", content=text),),
        max_tokens=max_tokens,
        temperature=HOTTEST if answer_type else 0.7,
        schema_name=answer_type.__name__ if answer_type else "",
        json_schema=json_schema_of(answer_type) if answer_type else None,
    )


@asynccontextmanager
async def provider_of(
    model: RealModel, *, key: str | None = None, streams: bool = True
) -> AsyncGenerator[LLMProvider]:
    secrets = EnvironmentSecrets(
        {"LOCAL_LLM_BASE_URL": model.base_url, "LOCAL_LLM_API_KEY": key or model.key}
    )
    row = load_catalogue(read_catalogue_rows(), secrets.get)["local"]
    catalogue = Catalogue((row.model_copy(update={"streams": streams}),))
    async with ProviderPool(catalogue, secrets) as pool:
        yield pool.provider("local")


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])
async def test_an_answer_comes_with_its_tokens(model: RealModel, *, streams: bool) -> None:
    async with provider_of(model, streams=streams) as provider:
        response = await provider.complete(ask())
    assert response.content.strip()
    assert response.input_tokens > 10
    assert 0 < response.output_tokens <= 24
    assert response.latency_seconds > 0
    assert response.provider == "local"
    assert response.metadata["finish_reason"] in {"stop", "length"}


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])
async def test_an_answer_cut_off_says_so(model: RealModel, *, streams: bool) -> None:
    async with provider_of(model, streams=streams) as provider:
        response = await provider.complete(ask("Tell a very long story.", max_tokens=3))
    assert response.finish_reason == "length"
    assert response.output_tokens == 3


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "whole"])
@pytest.mark.parametrize("answer_type", [Opinion, Shelf])
async def test_an_answer_fits_the_schema_it_was_asked_for(
    model: RealModel, answer_type: type[BaseModel], *, streams: bool
) -> None:
    async with provider_of(model, streams=streams) as provider:
        for _ in range(3):
            response = await provider.complete(ask(max_tokens=1_000, answer_type=answer_type))
            assert response.finish_reason == "stop"
            assert isinstance(parse_json(response.content, answer_type), answer_type)


async def test_a_wrong_key_is_refused_with_what_to_do(model: RealModel) -> None:
    async with provider_of(model, key="wrong-key-0123") as provider:
        with pytest.raises(RequestRefusedError, match=r"HTTP 401: .*\(check the key\)") as caught:
            await provider.complete(ask())
        assert "wrong-key-0123" not in str(caught.value)
        assert not await provider.health_check()


async def test_it_is_well_with_the_right_key(model: RealModel) -> None:
    async with provider_of(model) as provider:
        assert await provider.health_check()


async def test_a_prompt_above_the_context_is_refused_with_the_reason(model: RealModel) -> None:
    async with provider_of(model) as provider:
        with pytest.raises(RequestRefusedError, match=r"HTTP 400: .*context size"):
            await provider.complete(ask("word " * 2 * CONTEXT_TOKENS))


async def test_many_calls_at_once_and_after_one_another_are_all_answered(model: RealModel) -> None:
    request = ask(max_tokens=2)
    async with provider_of(model) as provider:
        for _ in range(3):
            responses = await asyncio.gather(*[provider.complete(request) for _ in range(8)])
            assert [response.output_tokens for response in responses] == [2] * 8


async def test_a_call_that_is_given_up_holds_up_nobody(model: RealModel) -> None:
    async with provider_of(model) as provider:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await provider.complete(ask("Tell a very long story.", max_tokens=2_500))
        async with asyncio.timeout(20):
            assert (await provider.complete(ask(max_tokens=2))).content
