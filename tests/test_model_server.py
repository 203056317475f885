"""The counting model server, asked by the real client over HTTP."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from core.artifacts.specs import CleanSpec
from core.errors import ProviderBusyError, ProviderFailedError, RequestRefusedError
from core.fence import fenced
from providers.llm.catalogue import ProviderRow
from providers.llm.http_client import HttpClient
from providers.llm.openai_compatible import OpenAICompatibleProvider
from providers.llm.provider import LLMRequest, LLMResponse, Message
from tests.model_server import Call, Failure, ModelServer, model_server
from tests.providers.llm.api_keys import api_key

UNKNOWN = LLMRequest(
    model="any", system="# no-such-template", messages=(Message(role="user", content="Q"),)
)


@pytest.fixture(scope="module")
def server() -> Generator[ModelServer]:
    with model_server() as running:
        yield running


def request(what: str = "one") -> LLMRequest:
    """A question that the demo model knows: documents for a small clean spec."""
    spec = CleanSpec.model_validate(
        {
            "project_name": "Tasks",
            "slug": "tasks",
            "summary": f"Keeps tasks, {what}.",
            "requirements": [{"id": "FR-1", "title": "Add a task"}],
            "entities": [{"name": "Task", "fields": [{"name": "title"}]}],
        }
    )
    text = fenced("specs", spec)
    return LLMRequest(
        model="any", system="# docs-creator", messages=(Message(role="user", content=text),)
    )


async def ask(server: ModelServer, asked: LLMRequest, *, streams: bool = True) -> LLMResponse:
    row = ProviderRow(
        name="local",
        protocol="openai-compatible",
        base_url=server.base_url,
        key_required=False,
        streams=streams,
    )
    async with HttpClient() as client:
        provider = OpenAICompatibleProvider(row, api_key=api_key(None), client=client)
        assert await provider.health_check()
        return await provider.complete(asked)


async def test_answers_like_the_demo_model_whole_and_streamed(server: ModelServer) -> None:
    before = len(server.calls())
    streamed = await ask(server, request())
    whole = await ask(server, request(), streams=False)
    assert streamed.content == whole.content
    assert "Tasks" in whole.content
    assert streamed.finish_reason == "stop"
    assert (streamed.input_tokens, streamed.output_tokens) == (
        whole.input_tokens,
        whole.output_tokens,
    )
    assert whole.output_tokens > 0
    first, second = server.calls()[before:]
    assert first.digest == second.digest
    assert first.status == second.status == 200
    assert first.finished is not None
    assert first.started <= first.finished <= second.started


async def test_other_questions_have_other_digests(server: ModelServer) -> None:
    before = len(server.calls())
    await ask(server, request("one"))
    await ask(server, request("two"))
    first, second = server.calls()[before:]
    assert first.digest != second.digest


async def test_fails_as_often_as_it_is_told(server: ModelServer) -> None:
    before = len(server.calls())
    server.behave(failure=Failure(status=429, times=1, retry_after=3))
    with pytest.raises(ProviderBusyError) as busy:
        await ask(server, request())
    assert busy.value.retry_after == 3
    server.behave(failure=Failure(status=500, times=1))
    with pytest.raises(ProviderFailedError, match="HTTP 500: told to fail"):
        await ask(server, request())
    server.behave(failure=Failure(status=0))
    with pytest.raises(ProviderFailedError, match="ended in the middle"):
        await ask(server, request())
    assert (await ask(server, request())).content
    assert [call.status for call in server.calls()[before:]] == [429, 500, 200, 200]


async def test_what_the_demo_model_refuses_is_refused(server: ModelServer) -> None:
    with pytest.raises(RequestRefusedError, match="HTTP 400"):
        await ask(server, UNKNOWN)


async def test_takes_as_long_as_it_is_told(server: ModelServer) -> None:
    server.behave(latency=0.2)
    answer = await ask(server, request())
    server.behave(latency=0)
    assert answer.latency_seconds >= 0.2


async def test_a_client_that_left_is_not_counted_as_answered(server: ModelServer) -> None:
    before = len(server.calls())
    server.behave(latency=1)
    asking = asyncio.create_task(ask(server, request()))
    async with asyncio.timeout(10):
        while len(server.calls()) == before:  # noqa: ASYNC110 -- it is another process
            await asyncio.sleep(0.02)
    asking.cancel()
    await asyncio.wait([asking])
    server.behave(latency=0)
    call = await ended_call(server, before)
    assert call.status == 200
    assert call.finished is None


async def ended_call(server: ModelServer, number: int) -> Call:
    async with asyncio.timeout(10):
        while True:
            calls = server.calls()
            if len(calls) > number and calls[number].status:
                return calls[number]
            await asyncio.sleep(0.05)


def test_ends_with_the_process_that_started_it() -> None:
    script = (
        "import os\n"
        "from tests.model_server import model_server\n"
        "with model_server() as server:\n"
        "    print(server.url, flush=True)\n"
        "    os._exit(9)\n"
    )
    root = Path(__file__).resolve().parent.parent
    started = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, text=True, check=False
    )
    assert started.returncode == 9
    url = started.stdout.strip()
    deadline = time.monotonic() + 10
    while answers(url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/v1/models").is_success
    except httpx.TransportError:
        return False
