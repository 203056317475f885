"""The whole way of a model call as a build makes it, and the same request made bare."""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import httpx

from benchmarks.chat_server import TEXT
from core.options import BuildOptions
from core.settings import Settings
from providers.llm.asker import Question
from providers.llm.breakers import Breakers
from providers.llm.catalogue import Catalogue, open_catalogue
from providers.llm.catalogue_rows import ProviderRow
from providers.llm.stage_router import ModelChoice
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallMaxima
from providers.storage.ledger import UsageLedger
from tasks.engine.model_access import model_access
from tasks.engine.secret_sources import secret_chain

Call = Callable[[], Awaitable[None]]
"""Asks the server once, something that was not asked before, and checks the answer."""

_PROMPT = "Write the file that this benchmark asks for, in the style of the others. " * 28
"""Some 2,000 characters."""
_MAX_TOKENS = 1_000
_PLENTY = 10_000_000


@asynccontextmanager
async def whole_path(url: str, home: Path, *, streams: bool) -> AsyncGenerator[Call]:
    """The path of a build: router, cache, breaker, limits, record, ledger, keys, client.

    As in a build, keys are looked up where the settings say, here in a `.env` file, and the
    shipped catalogue is there beside the benchmark's row.

    Args:
        url: of the server.
        home: empty folder for ledger, limits and artifacts, on a disk.
        streams: whether answers are streamed.
    """
    settings = Settings(home=home)
    environment = EnvironmentSecrets(env_file=_env_file(home))
    catalogue = Catalogue(
        (*open_catalogue(None, environment.get), _row(url, streams=streams)),
    )
    ledger = UsageLedger(settings.ledger_database_url)
    numbers = count()
    try:
        async with model_access(
            settings,
            BuildOptions(),
            catalogue=catalogue,
            secrets=secret_chain(settings, catalogue, environment),
            store=ArtifactStore(settings.store_url),
            ledger=ledger,
            breakers=Breakers(settings.breaker, ledger),
        ) as asker:

            async def call() -> None:
                answer = await asker.ask(_question(next(numbers)), str)
                if answer.calls_made != 1:
                    raise ValueError(f"{answer.calls_made} calls were made for a question")
                _check(answer.value)

            yield call
    finally:
        ledger.close()


@asynccontextmanager
async def bare_httpx(url: str, *, streams: bool) -> AsyncGenerator[Call]:
    """One httpx client, and no more than is needed to get the answer's bytes."""
    numbers = count()
    async with httpx.AsyncClient(timeout=None) as client:  # noqa: S113 -- the server answers

        async def call() -> None:
            body = _body(next(numbers), streams=streams)
            response = await client.post(f"{url}/chat/completions", json=body)
            _check_bytes(response.content)

        yield call


@asynccontextmanager
async def bare_aiohttp(url: str, *, streams: bool) -> AsyncGenerator[Call]:
    """One aiohttp session, and no more than is needed to get the answer's bytes."""
    numbers = count()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def call() -> None:
            body = _body(next(numbers), streams=streams)
            async with session.post(f"{url}/chat/completions", json=body) as response:
                _check_bytes(await response.read())

        yield call


def _env_file(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    file = home / ".env"
    file.write_text("BENCH_API_KEY=key-of-this-benchmark\n", encoding="utf-8")
    return file


def _row(url: str, *, streams: bool) -> ProviderRow:
    rates = {"requests_per_minute": _PLENTY, "tokens_per_minute": _PLENTY * 1_000}
    price = {
        "input_usd": 1,
        "output_usd": 1,
        "source": "https://prices.test/",
        "as_of": "2026-11-01",
    }
    model = {"name": "bench", "wire_id": "bench-1", "price": price, **rates}
    return ProviderRow.model_validate(
        {
            "name": "bench",
            "protocol": "openai-compatible",
            "base_url": url,
            "key_variable": "BENCH_API_KEY",
            "streams": streams,
            "models": [model],
            **rates,
        }
    )


def _question(number: int) -> Question:
    return Question(
        build_id="bench-0123456789",
        project_id="bench",
        user="bench",
        stage="7",
        template="coder",
        file=f"src/file_{number % 100}.py",
        system="You write source code.",
        user_text=f"{number}: {_PROMPT}",
        choices=(ModelChoice("bench", "bench"),),
        limits=CallMaxima(per_stage=_PLENTY, per_file=_PLENTY, per_build=_PLENTY),
        max_tokens=_MAX_TOKENS,
    )


def _body(number: int, *, streams: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": "bench-1",
        "messages": [
            {"role": "system", "content": "You write source code."},
            {"role": "user", "content": f"{number}: {_PROMPT}"},
        ],
        "max_tokens": _MAX_TOKENS,
        "temperature": 0.7,
    }
    return {**body, "stream": True, "stream_options": {"include_usage": True}} if streams else body


def _check(answer: str) -> None:
    if answer != TEXT:
        raise ValueError(f"the server answered {answer[:100]!r}…")


def _check_bytes(body: bytes) -> None:
    if not body.endswith(b"data: [DONE]\n\n"):
        json.loads(body)
