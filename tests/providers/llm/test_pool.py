"""Providers by name, one instance each, over one client."""

from typing import get_args

import httpx
import pytest

from core.errors import ConfigurationError, InputError
from providers.llm.catalogue import (
    DEMO,
    Catalogue,
    WireProtocol,
    load_catalogue,
    read_catalogue_rows,
)
from providers.llm.http_client import HttpClient
from providers.llm.pool import PROVIDER_CLASSES, ProviderPool
from providers.llm.provider import LLMRequest, Message
from providers.secrets.environment import EnvironmentSecrets

REQUEST = LLMRequest(model="m", system="", messages=(Message(role="user", content="Q"),))
ANSWER = {"choices": [{"message": {"content": "A"}, "finish_reason": "stop"}]}


def catalogue(**variables: str) -> Catalogue:
    return load_catalogue(read_catalogue_rows(), variables.get)


async def test_builds_each_provider_once_with_the_key_of_its_row() -> None:
    seen: list[tuple[str, str]] = []

    def handler(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.host, request.headers.get("authorization", "")))
        return httpx.Response(200, json=ANSWER)

    client = HttpClient(transport=httpx.MockTransport(handler))
    variables = {"DEEPSEEK_API_KEY": "k1", "LOCAL_LLM_BASE_URL": "http://localhost:1/v1"}
    secrets = EnvironmentSecrets(variables)
    async with ProviderPool(catalogue(**variables), secrets, client=client) as pool:
        assert pool.provider("deepseek") is pool.provider("deepseek")
        await pool.provider("deepseek").complete(REQUEST)
        await pool.provider("local").complete(REQUEST)
        variables["DEEPSEEK_API_KEY"] = "k2"
        await pool.provider("deepseek").complete(REQUEST)
    assert seen == [
        ("api.deepseek.com", "Bearer k1"),
        ("localhost", ""),
        ("api.deepseek.com", "Bearer k2"),
    ]


async def test_closes_the_client_it_made_and_no_other() -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=ANSWER))
    client = HttpClient(transport=transport)
    secrets = EnvironmentSecrets({"DEEPSEEK_API_KEY": "k"})
    async with ProviderPool(catalogue(), secrets, client=client) as pool:
        provider = pool.provider("deepseek")
    assert (await provider.complete(REQUEST)).content == "A"
    async with ProviderPool(catalogue(), secrets) as pool:
        provider = pool.provider("deepseek")
    with pytest.raises(RuntimeError, match="client has been closed"):
        await provider.complete(REQUEST)


async def test_a_missing_key_shows_when_it_is_needed() -> None:
    async with ProviderPool(catalogue(), EnvironmentSecrets({})) as pool:
        with pytest.raises(ConfigurationError, match="set DEEPSEEK_API_KEY"):
            await pool.provider("deepseek").complete(REQUEST)


async def test_a_local_provider_needs_its_url() -> None:
    async with ProviderPool(catalogue(), EnvironmentSecrets({})) as pool:
        with pytest.raises(ConfigurationError, match="provider 'local' has no URL; set LOCAL_LLM"):
            pool.provider("local")


async def test_knows_the_models_and_refuses_strangers() -> None:
    async with ProviderPool(catalogue(), EnvironmentSecrets({})) as pool:
        assert pool.model("deepseek", "deepseek-v3").wire_id == "deepseek-v4-flash"
        with pytest.raises(InputError, match="no provider 'nobody'"):
            pool.provider("nobody")


async def test_the_demo_provider_needs_nothing() -> None:
    async with ProviderPool(catalogue(), EnvironmentSecrets({})) as pool:
        demo = pool.provider("demo")
        assert demo.name == "demo"
        assert await demo.health_check()


def test_every_protocol_has_its_class() -> None:
    assert set(PROVIDER_CLASSES) == set(get_args(WireProtocol)) - {DEMO}
    assert len(set(PROVIDER_CLASSES.values())) == len(PROVIDER_CLASSES)


async def test_each_provider_speaks_the_protocol_of_its_row() -> None:
    variables = {"LOCAL_LLM_BASE_URL": "http://localhost:1/v1"}
    async with ProviderPool(catalogue(**variables), EnvironmentSecrets({})) as pool:
        for row in catalogue():
            if row.name != DEMO:
                assert type(pool.provider(row.name)) is PROVIDER_CLASSES[row.protocol]
