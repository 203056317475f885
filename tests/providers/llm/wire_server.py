"""A server on this machine that answers byte for byte as a test says."""

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from providers.llm.catalogue import ProviderRow
from providers.llm.http_client import HttpClient
from providers.llm.openai_compatible import OpenAICompatibleProvider
from providers.llm.provider import LLMRequest, LLMResponse, Message
from providers.llm.wire_errors import Caller
from tests.providers.llm.api_keys import api_key

REQUEST = LLMRequest(model="m", system="S", messages=(Message(role="user", content="Q"),))
CALLER = Caller("local", "m")
WHOLE = json.dumps(
    {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}
).encode()
STREAM_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
)

Reply = Callable[[asyncio.StreamWriter], Awaitable[bool]]
"""Writes one response; says whether the connection is kept."""


def plain(body: bytes, *, keep: bool = True, headers: bytes = b"") -> Reply:
    async def reply(writer: asyncio.StreamWriter) -> bool:
        writer.write(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            + headers
            + b"Content-Length: %d\r\n\r\n" % len(body)
            + body
        )
        await writer.drain()
        return keep

    return reply


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def event(content: str, reason: str | None = None) -> bytes:
    piece = {"choices": [{"delta": {"content": content}, "finish_reason": reason}]}
    return chunk(b"data: " + json.dumps(piece).encode() + b"\n\n")


def raw(*parts: bytes | float, keep: bool = False) -> Reply:
    """Writes parts as they are; a number is a pause in seconds."""

    async def reply(writer: asyncio.StreamWriter) -> bool:
        for part in parts:
            if isinstance(part, bytes):
                writer.write(part)
                await writer.drain()
            else:
                await asyncio.sleep(part)
        return keep

    return reply


@dataclass
class Server:
    """An HTTP server that gives one reply a request, in order, and counts."""

    replies: list[Reply]
    connections: int = 0
    requests: int = 0
    at_once: int = 0
    most_at_once: int = 0
    port: int = 0
    paths: list[str] = field(default_factory=list[str])

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while await self._serve(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        lengths = [
            int(line.split(":")[1])
            for line in head.split("\r\n")
            if line.lower().startswith("content-length")
        ]
        await reader.readexactly(sum(lengths))
        self.paths.append(head.split(" ")[1])
        reply = self.replies[min(self.requests, len(self.replies) - 1)]
        self.requests += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            return await reply(writer)
        finally:
            self.at_once -= 1


@asynccontextmanager
async def serving(*replies: Reply) -> AsyncGenerator[Server]:
    server = Server(list(replies))
    async with await asyncio.start_server(server.handle, "127.0.0.1", 0) as listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server


def local(server: Server, client: HttpClient, *, streams: bool = True) -> OpenAICompatibleProvider:
    row = ProviderRow(
        name="local",
        protocol="openai-compatible",
        base_url=f"http://127.0.0.1:{server.port}/v1",
        key_required=False,
        streams=streams,
    )
    return OpenAICompatibleProvider(row, api_key=api_key(None), client=client)


async def ask(server: Server, *, streams: bool = True) -> LLMResponse:
    async with HttpClient() as client:
        return await local(server, client, streams=streams).complete(REQUEST)


async def read_lines(client: HttpClient, url: str) -> list[str]:
    async with client.exchange(
        "GET", url, caller=CALLER, headers={}, body=None, total_seconds=20, silence_seconds=None
    ) as exchange:
        return [line async for lines in exchange.lines() for line in lines]
