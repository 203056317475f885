"""Calls that wait for other things than their turn: what reaches the provider stays in its limit.

The whole way of a call, to a server on this machine that notes when each call came.
"""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from core.settings import SpendingLimits
from providers.llm import http_client, model_caller
from providers.llm.catalogue import Catalogue, ModelRow, ProviderRow
from providers.llm.http_client import HttpClient
from providers.llm.model_caller import Call, CallLimits, ModelCaller
from providers.llm.openai_compatible import OpenAICompatibleProvider
from providers.llm.provider import LLMProvider, LLMRequest, LLMResponse, Message
from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_window import Window
from providers.storage.calls import CallIdentity, CallMaxima
from providers.storage.ledger import UsageLedger
from tests.providers.llm import callers
from tests.providers.llm.api_keys import api_key
from tests.providers.llm.wire_server import WHOLE, plain, serving

LIMIT = 4
CALLS = 10
MINUTE = 0.4
WINDOW = Window(MINUTE, margin=0.75)
"""The large margin is for a busy machine, which wakes a call late."""
SLOW_SECONDS = 4 * MINUTE
"""So long that all calls could gather places meanwhile, if they took them before they wait."""

IDENTITY = CallIdentity(
    build_id="b-1", project_id="b", user="ann", stage="2", provider="local", model="m"
)
MAXIMA = CallMaxima(per_stage=100, per_file=100, per_build=100)
PRICE = {"input_usd": 1, "output_usd": 10, "as_of": "2026-11-22", "source": "made up for the test"}


class Arrivals:
    """Replies to calls and notes when they came; the first ones are answered late."""

    def __init__(self, slow: int) -> None:
        self.times: list[float] = []
        self._slow = slow

    async def reply(self, writer: asyncio.StreamWriter) -> bool:
        self.times.append(time.monotonic())
        if len(self.times) <= self._slow:
            await asyncio.sleep(SLOW_SECONDS)
        return await plain(WHOLE)(writer)

    def most_in_a_minute(self) -> int:
        return max(sum(0 <= other - one < MINUTE for other in self.times) for one in self.times)


class Pool:
    """One provider, over HTTP."""

    def __init__(self, row: ProviderRow, client: HttpClient) -> None:
        self.catalogue = Catalogue((row,))
        self._provider = OpenAICompatibleProvider(row, api_key=api_key(None), client=client)

    def provider(self, name: str) -> LLMProvider:
        assert name == self._provider.name
        return self._provider

    def row(self, name: str) -> ProviderRow:
        return self.catalogue[name]

    def model(self, provider: str, name: str) -> ModelRow:
        return self.catalogue[provider].model(name)


class Bench:
    """A caller over everything real, and its server."""

    def __init__(self, caller: ModelCaller, ledger: UsageLedger, arrivals: Arrivals) -> None:
        self.ledger = ledger
        self.arrivals = arrivals
        self._caller = caller

    async def ask(self, number: int, max_tokens: int = 10) -> LLMResponse:
        question = Message(role="user", content=f"Question {number}")
        request = LLMRequest(model="m", system="", messages=(question,), max_tokens=max_tokens)
        return await self._caller.call(Call(IDENTITY, request, MAXIMA), _kept)

    async def came(self, calls: int) -> None:
        """Wait until so many calls have come."""
        for _ in range(500):
            if len(self.arrivals.times) >= calls:
                return
            await asyncio.sleep(0.01)
        raise TimeoutError


async def _kept(_: LLMResponse) -> None:
    """Nothing has to be kept here."""


@asynccontextmanager
async def opened(
    folder: Path, *, slow: int, limit: int = LIMIT, per_build: str = "25"
) -> AsyncGenerator[Bench]:
    arrivals = Arrivals(slow)
    ledger = UsageLedger(f"sqlite:///{folder}/ledger.db")
    async with (
        serving(arrivals.reply) as server,
        HttpClient() as client,
        RateLimiter("", folder / "limits.db", window=WINDOW) as limiter,
    ):
        row = {
            "name": "local",
            "protocol": "openai-compatible",
            "base_url": f"http://127.0.0.1:{server.port}/v1",
            "key_required": False,
            "models": [{"name": "m", "wire_id": "m", "requests_per_minute": limit, "price": PRICE}],
        }
        pool = Pool(ProviderRow.model_validate(row), client)
        limits = CallLimits(SpendingLimits(per_build_usd=Decimal(per_build)))
        caller = callers.model_caller(pool, ledger, pool.catalogue, limiter=limiter, limits=limits)
        yield Bench(caller, ledger, arrivals)
    await asyncio.to_thread(ledger.close)


async def test_calls_that_waited_for_money_still_go_at_the_rate(tmp_path: Path) -> None:
    # The first call could cost a cent, and beside it there is no room for any other.
    async with opened(tmp_path, slow=1, per_build="0.0102") as bench:
        dear = asyncio.create_task(bench.ask(0, max_tokens=1_000))
        await bench.came(1)
        others = [asyncio.create_task(bench.ask(number)) for number in range(1, CALLS)]
        await dear
        assert len(bench.arrivals.times) == 1
        await asyncio.gather(*others)

    assert len(bench.arrivals.times) == CALLS
    assert bench.arrivals.most_in_a_minute() == LIMIT


async def test_calls_that_waited_for_a_connection_still_go_at_the_rate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (http_client, model_caller):
        monkeypatch.setattr(module, "MAX_CONNECTIONS", 2)
    async with opened(tmp_path, slow=2) as bench:
        await asyncio.gather(*(bench.ask(number) for number in range(CALLS)))

    assert len(bench.arrivals.times) == CALLS
    assert bench.arrivals.most_in_a_minute() == LIMIT


async def test_a_call_that_is_cancelled_while_it_waits_for_its_turn_gives_its_money_back(
    tmp_path: Path,
) -> None:
    # There is room for one dear call at a time, and one call a minute.
    async with opened(tmp_path, slow=0, limit=1, per_build="0.0110") as bench:
        await bench.ask(0)
        waiting = asyncio.create_task(bench.ask(1, max_tokens=1_000))
        await asyncio.sleep(MINUTE / 2)
        assert (await bench.ledger.totals("b-1")).calls == 2, "its money is held"
        waiting.cancel()
        await asyncio.wait({waiting})
        async with asyncio.timeout(5):
            await bench.ask(2, max_tokens=1_000)

    assert len(bench.arrivals.times) == 2
