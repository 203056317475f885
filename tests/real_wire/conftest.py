"""One imitation for all tests, and a provider of each protocol that calls it."""

from collections.abc import AsyncGenerator, Callable, Iterator
from pathlib import Path

import pytest

from providers.llm.catalogue_rows import ProviderRow
from providers.llm.http_client import HttpClient
from providers.llm.http_provider import HttpProvider
from providers.llm.pool import PROVIDER_CLASSES
from tests.providers.llm.api_keys import api_key
from tests.real_wire.cases import KEY, fixtures
from tests.real_wire.vendors_imitation import Imitation, imitation

PATHS = {"openai-compatible": "/v1", "anthropic": "", "gemini": "/v1beta"}
"""Where the imitation speaks each protocol."""

Speaking = Callable[..., HttpProvider]
"""Makes a provider, with a key of one's own where one is given."""


@pytest.fixture(scope="session")
def vendors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imitation]:
    folder: Path = tmp_path_factory.mktemp("imitation")
    with imitation(folder, KEY, fixtures()) as running:
        yield running


@pytest.fixture(params=PATHS)
def protocol(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
async def client() -> AsyncGenerator[HttpClient]:
    async with HttpClient() as client:
        yield client


@pytest.fixture(params=[True, False], ids=["streamed", "whole"])
def streams(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def speaking(protocol: str, vendors: Imitation, client: HttpClient) -> Speaking:
    def make(*, streams: bool, key: str = KEY) -> HttpProvider:
        row = ProviderRow.model_validate(
            {
                "name": "acme",
                "protocol": protocol,
                "base_url": vendors.url + PATHS[protocol],
                "key_variable": "ACME_API_KEY",
                "any_model": True,
                "others": {"structured_output": "json_schema"},
                "streams": streams,
            }
        )
        return PROVIDER_CLASSES[row.protocol](row, api_key=api_key(key), client=client)

    return make


@pytest.fixture
def provider(speaking: Speaking, streams: bool) -> HttpProvider:
    return speaking(streams=streams)
