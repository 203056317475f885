"""A forward proxy that lets a box reach package indexes and nothing else.

It listens on a Unix socket, the one thing that is shown to a box without a network, and connects to
the addresses it was given: `CONNECT` for encrypted connections, which stay closed to it, and plain
HTTP requests in absolute form (RFC 9110, 9.3.6; RFC 9112, 3.2.2). Where this machine itself reaches
the indexes through a proxy, it goes through that one.
"""

import asyncio
import re
import tempfile
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from core.errors import SandboxError
from providers.sandbox.upstream import Refusal, Upstream

HEAD_BYTES = 64 * 1024
"""Most bytes of a request's first line and header."""

CONNECTIONS = 128
"""Most connections at once; a further one waits."""

_CHUNK = 64 * 1024
_HEAD_SECONDS = 30.0
_TOKEN = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_LINE = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t\x20-\x7e\x80-\xff]*")
_VISIBLE = re.compile(rb"[\x21-\x7e]+")
_ABSOLUTE = re.compile(rb"(?i:http:)//(?P<authority>[^/?#]+)(?P<path>[^#]*)")
# The last is not: it is written anew from the address that was checked.
_NOT_PASSED_ON = frozenset(
    {b"connection", b"keep-alive", b"proxy-authorization", b"proxy-connection", b"host"}
)

Address = tuple[str, int]
"""A host's name in lower case, and a port."""


class IndexProxy:
    """An open proxy; leaving its context closes it and every connection through it.

    Args:
        allowed: the addresses that may be reached, exactly as they are asked for.
        variables: environment variables that say through which proxy this machine goes.
    """

    def __init__(self, allowed: Collection[Address], variables: Mapping[str, str]) -> None:
        self._allowed = frozenset(allowed)
        self._upstream = Upstream(variables)
        self._refused: dict[str, None] = {}
        self._free = asyncio.Semaphore(CONNECTIONS)
        self._folder = tempfile.TemporaryDirectory(prefix="outlet-")
        self._connections: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @property
    def socket(self) -> Path:
        """The socket it listens on; its folder is closed to other users."""
        return Path(self._folder.name) / "socket"

    @property
    def refused(self) -> tuple[str, ...]:
        """The addresses that were asked for in vain, in order, each once."""
        return tuple(self._refused)

    async def __aenter__(self) -> Self:
        try:
            self._server = await asyncio.start_unix_server(
                self._accept, self.socket, limit=HEAD_BYTES
            )
        except OSError as error:
            self._folder.cleanup()
            raise SandboxError(f"no proxy can listen on {str(self.socket)!r}: {error}") from error
        self.socket.chmod(0o666)  # a box's user is another one than we
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._folder.cleanup()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._free, _closing(writer):
            try:
                async with asyncio.timeout(_HEAD_SECONDS):
                    head = await reader.readuntil(b"\r\n\r\n")
                method, target, lines = _parse(head)
                if method == b"CONNECT":
                    await self._tunnel(target, reader, writer)
                else:
                    await self._forward(method, target, lines, reader, writer)
            except Refusal as refusal:
                await _answer(writer, refusal.status, str(refusal))
            except asyncio.LimitOverrunError:
                await _answer(writer, 431, "the header is too long")
            except (asyncio.IncompleteReadError, OSError):
                pass  # either side went away, or did not ask in time; the other sees the close

    async def _tunnel(
        self, target: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        address = self._checked(*_split_address(target, None))
        far_reader, far_writer = await self._upstream.tunnel(address)
        async with _closing(far_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await _splice(reader, writer, far_reader, far_writer)

    async def _forward(
        self,
        method: bytes,
        target: bytes,
        lines: list[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        url = _ABSOLUTE.fullmatch(target)
        if url is None:
            raise Refusal(400, f"{target[:200]!r} is not an absolute http address")
        address = self._checked(*_split_address(url["authority"], 80))
        path = url["path"] if url["path"].startswith(b"/") else b"/" + url["path"]
        (far_reader, far_writer), said, added = await self._upstream.plain(address, path)
        async with _closing(far_writer):
            # One request a connection: what follows it can only reach the same address.
            kept = [line for line in lines if _name(line) not in _NOT_PASSED_ON]
            first = b" ".join((method, said, b"HTTP/1.1"))
            head = [first, *added, *kept, b"Connection: close", b"", b""]
            far_writer.write(b"\r\n".join(head))
            await _splice(reader, writer, far_reader, far_writer)

    def _checked(self, host: str, port: int) -> Address:
        address = (host.rstrip("."), port)
        if address not in self._allowed:
            self._refused[f"{host}:{port}"] = None
            raise Refusal(403, f"{host}:{port} is no configured package index")
        return address


def _parse(head: bytes) -> tuple[bytes, bytes, list[bytes]]:
    """Method, target and header lines of a request."""
    first, *lines = head[:-4].split(b"\r\n")
    match first.split(b" "):
        case [method, target, b"HTTP/1.1" | b"HTTP/1.0"] if _TOKEN.fullmatch(
            method
        ) and _VISIBLE.fullmatch(target):
            pass
        case _:
            raise Refusal(400, f"{first[:200]!r} is not a request line")
    # A bare line feed ends a line for some servers (RFC 9112, 2.2), and would begin one of its own.
    if not all(_HEADER_LINE.fullmatch(line) for line in lines):
        raise Refusal(400, "a header line is malformed")
    return method, target, lines


def _name(line: bytes) -> bytes:
    return line.partition(b":")[0].lower()


def _split_address(authority: bytes, default_port: int | None) -> tuple[str, int]:
    """Host and port of an authority, which names nobody (RFC 9110, 4.2.4)."""
    host: str | None = None
    port: int | None = None
    if not set(b"@/?#\\") & set(authority):
        with suppress(ValueError):
            parts = urlsplit("//" + authority.decode("ascii"))
            host, port = parts.hostname, parts.port or default_port
    if not host or not port:
        raise Refusal(400, f"{authority[:200]!r} names no host and port")
    return host, port


async def _answer(writer: asyncio.StreamWriter, status: int, reason: str) -> None:
    body = f"{reason}\n".encode()
    writer.write(
        f"HTTP/1.1 {status} Refused\r\nContent-Type: text/plain\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    )
    writer.write(body)
    with suppress(OSError):
        await writer.drain()


async def _splice(
    near_reader: asyncio.StreamReader,
    near_writer: asyncio.StreamWriter,
    far_reader: asyncio.StreamReader,
    far_writer: asyncio.StreamWriter,
) -> None:
    """Pass bytes both ways until both sides have ended, or one broke."""
    async with asyncio.TaskGroup() as group:
        group.create_task(_pass_on(near_reader, far_writer))
        group.create_task(_pass_on(far_reader, near_writer))


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except OSError:
        # A side that broke ends the other as well: a half-open tunnel would wait for ever.
        writer.transport.abort()


@asynccontextmanager
async def _closing(writer: asyncio.StreamWriter) -> AsyncGenerator[None]:
    try:
        yield
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
