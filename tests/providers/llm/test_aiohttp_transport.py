"""The transport over real sockets: what it sends, what it reads, and how it fails."""

import asyncio
import ssl
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from providers.llm.aiohttp_transport import AiohttpTransport
from providers.llm.http_client import HttpClient
from providers.llm.http_sending import GarbledAnswerError
from tests.providers.llm.wire_server import (
    REQUEST,
    STREAM_HEAD,
    WHOLE,
    Reply,
    chunk,
    local,
    plain,
    raw,
    serving,
)

END = b"0\r\n\r\n"


@asynccontextmanager
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    tls = ssl.create_default_context()
    transport = AiohttpTransport(tls=tls, keep_alive_seconds=5)
    async with httpx.AsyncClient(transport=transport, timeout=None) as opened:
        yield opened


async def failure(*replies: Reply, asked: int = 1) -> httpx.HTTPError:
    async with serving(*replies) as server, client() as opened:
        url = f"http://127.0.0.1:{server.port}/v1/a%20b?c=d%2Fe"
        for _ in range(asked - 1):
            await opened.post(url, json={})
        with pytest.raises(httpx.HTTPError) as caught:
            await asyncio.wait_for(opened.post(url, json={}), 5)
    return caught.value


async def test_a_url_is_sent_as_it_is_and_a_connection_used_again() -> None:
    traced: list[str] = []

    async def trace(event: str, _: Mapping[str, Any]) -> None:
        traced.append(event)

    async with serving(plain(WHOLE), plain(WHOLE)) as server, client() as opened:
        for _ in range(2):
            answer = await opened.post(
                f"http://127.0.0.1:{server.port}/v1/a%20b?c=d%2Fe",
                json={"x": 1},
                extensions={"trace": trace},
            )
            assert answer.content == WHOLE
    assert server.paths == ["/v1/a%20b?c=d%2Fe"] * 2
    assert server.connections == 1
    assert traced == ["connection.connect_tcp.started"], "a kept connection opens nothing"


async def test_pieces_that_are_in_already_come_at_once() -> None:
    pieces = [chunk(b"piece %d" % number) for number in range(50)]
    async with (
        serving(raw(STREAM_HEAD + b"".join(pieces) + END)) as server,
        client() as opened,
        opened.stream("GET", f"http://127.0.0.1:{server.port}/") as answer,
    ):
        parts = [part async for part in answer.aiter_raw()]
    assert b"".join(parts) == b"".join(b"piece %d" % number for number in range(50))
    assert len(parts) < 5


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (raw(), httpx.RemoteProtocolError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), httpx.RemoteProtocolError),
        (raw(b"220 mail.example ESMTP\r\n\r\n"), GarbledAnswerError),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n123"), httpx.RemoteProtocolError),
        (raw(STREAM_HEAD, chunk(b"one")), httpx.RemoteProtocolError),
        (raw(STREAM_HEAD, chunk(b"one"), 0.05, b"zz\r\nno chunk", 30.0), httpx.RemoteProtocolError),
    ],
    ids=["nothing", "cut head", "not HTTP", "short body", "cut stream", "garbled, left open"],
)
async def test_an_answer_that_breaks_off_is_told(reply: Reply, kind: type[Exception]) -> None:
    assert isinstance(await failure(reply), kind)


async def test_an_answer_that_is_garbled_on_a_kept_connection_is_told() -> None:
    garbled = raw(STREAM_HEAD, chunk(b"one"), 0.05, b"zz\r\nno chunk", 30.0)
    error = await failure(plain(WHOLE), plain(WHOLE), garbled, asked=3)
    assert isinstance(error, httpx.RemoteProtocolError)


async def test_nobody_listening_is_a_failure_to_connect() -> None:
    async with serving(plain(WHOLE)) as server:
        pass
    async with client() as opened:
        with pytest.raises(httpx.ConnectError) as caught:
            await opened.get(f"http://127.0.0.1:{server.port}/")
    assert isinstance(caught.value.__cause__, OSError)


async def test_a_connection_that_does_not_come_is_a_timeout() -> None:
    async def slowly(*_: object, **__: object) -> None:
        await asyncio.sleep(30)

    async with client() as opened:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("aiohttp.TCPConnector._create_connection", slowly)
            with pytest.raises(httpx.ConnectTimeout):
                await opened.get("http://127.0.0.1:9/", timeout=httpx.Timeout(None, connect=0.05))


async def test_another_kind_of_url_is_refused() -> None:
    async with client() as opened:
        with pytest.raises(httpx.UnsupportedProtocol):
            await opened.get("gopher://127.0.0.1/")


async def test_where_there_is_a_proxy_the_calls_go_through_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(plain(WHOLE)) as proxy, serving() as server, HttpClient() as opened:
        monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert (await local(server, opened).complete(REQUEST)).content == "Hello"
    assert (proxy.requests, server.requests) == (1, 0)
