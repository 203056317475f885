"""The one HTTP client of the model providers: pooled, kept alive, bounded in time and size.

Times of one call:

- A connection must stand within `CONNECT_SECONDS`.
- A streamed answer must begin within `THINKING_SECONDS`: models that think first are silent until
  then, so this is not idleness. Once it flows, a silence of `IDLE_SECONDS` ends the call.
- An answer that is not streamed is silent until it is whole, so silence says nothing there.
- Either way the call ends after `call_seconds(max_tokens)`, which grows with the tokens asked for.

No more calls are under way than there are connections; the others wait their turn before any of
these times begins.
"""

import asyncio
import logging
import os
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from functools import cached_property, lru_cache
from types import TracebackType
from typing import Any, Self
from urllib.request import getproxies

import httpx

from providers.llm.connection_places import ConnectionPlaces
from providers.llm.http_sending import (
    ClientSender,
    Sender,
    Trace,
    TransportSender,
    send_request,
)
from providers.llm.wire_errors import Caller, transport_error

MAX_CONNECTIONS = 256
"""As many as a build may write files at once."""
CONNECT_SECONDS = 30.0
IDLE_SECONDS = 30.0
KEEP_ALIVE_SECONDS = 30.0
THINKING_SECONDS = 180.0
BASE_CALL_SECONDS = 60.0
FLOOR_TOKENS_PER_SECOND = 20.0
"""Slower than any model worth waiting for."""
DRAIN_SECONDS = 1.0
MAX_BODY_BYTES = 16 * 1024 * 1024

_HEADERS = {"User-Agent": "ai-app-builder"}

_log = logging.getLogger(__name__)


def call_seconds(max_tokens: int) -> float:
    """Longest time of one call that asks for so many tokens, in seconds."""
    return BASE_CALL_SECONDS + max_tokens / FLOOR_TOKENS_PER_SECOND


class _Silence:
    """Ends an exchange when nothing was heard for too long.

    A timer that looks how long ago something was heard: setting one anew for each of the hundreds
    of pieces of an answer would cost more than reading them.
    """

    def __init__(self, exchange: asyncio.Timeout) -> None:
        self._exchange = exchange
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._heard_at = 0.0
        self.seconds: float | None = None
        self.too_long: float | None = None

    def allow(self, seconds: float | None) -> None:
        """Allow so many seconds from now on; `None` for any number."""
        self.seconds = seconds
        self.heard()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None:
            self._timer = self._loop.call_later(seconds, self._look, seconds)

    def heard(self) -> None:
        """Begin to count anew."""
        self._heard_at = self._loop.time()

    def _look(self, seconds: float) -> None:
        now = self._loop.time()
        end = self._heard_at + seconds
        if now < end:
            self._timer = self._loop.call_at(end, self._look, seconds)
        elif not self._exchange.expired():
            self.too_long = seconds
            self._exchange.reschedule(now)


class Exchange:
    """A response whose head is in and whose body is read from here, within bounds.

    Attributes:
        status: HTTP status.
        headers: of the response.
        received: bytes of the body that came in so far.
    """

    def __init__(self, response: httpx.Response, caller: Caller, silence: _Silence) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.received = 0
        self._caller = caller
        self._silence = silence
        self._chunks = self._bounded(_chunks(response))

    @property
    def silence_seconds(self) -> float | None:
        """Longest wait for the next bytes; `None` for any.

        The reader lowers it when the answer begins to flow.
        """
        return self._silence.seconds

    @silence_seconds.setter
    def silence_seconds(self, seconds: float | None) -> None:
        if seconds != self._silence.seconds:
            self._silence.allow(seconds)

    async def body(self) -> bytes:
        """The whole body.

        Raises:
            ProviderFailedError: it is larger than `MAX_BODY_BYTES`.
        """
        return b"".join([chunk async for chunk in self._chunks])

    async def beginning(self, size: int) -> bytes:
        """The body's first bytes, `size` at most; the rest is left unread."""
        body = bytearray()
        async for chunk in self._chunks:
            body += chunk
            if len(body) >= size:
                break
        return bytes(body[:size])

    async def lines(self) -> AsyncGenerator[list[str]]:
        """The body's lines without their ends, each group as soon as it has come in.

        Raises:
            ProviderFailedError: as `body`, or a line is not UTF-8.
        """
        buffer = bytearray()
        async for chunk in self._chunks:
            # Only the new part can hold the end of the line that is being gathered.
            end = chunk.rfind(b"\n")
            if end < 0:
                buffer += chunk
                continue
            whole = bytes(buffer) + chunk[:end] if buffer else chunk[:end]
            buffer[:] = chunk[end + 1 :]
            for lines in self._decoded(whole):
                yield lines
        if buffer:
            for lines in self._decoded(bytes(buffer)):
                yield lines

    async def drain(self) -> None:
        """Read what is left after the answer is whole, so that the connection can be kept."""
        self._silence.allow(None)
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                async for _ in self._chunks:
                    pass
        except (TimeoutError, httpx.HTTPError) as error:
            # The answer is in: all that is lost is this connection.
            _log.debug("%s: connection not kept: %r", self._caller, error)

    async def _bounded(self, chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
        async for chunk in chunks:
            self._silence.heard()
            self.received += len(chunk)
            if self.received > MAX_BODY_BYTES:
                raise self._caller.failed(f"the answer is larger than {MAX_BODY_BYTES} bytes")
            yield chunk

    def _decoded(self, whole: bytes) -> Iterator[list[str]]:
        """The lines; of those that are not UTF-8 all before the first that is not."""
        try:
            text = whole.decode()
        except UnicodeDecodeError as error:
            before = whole.rfind(b"\n", 0, error.start)
            if before >= 0:
                yield _split(whole[:before].decode())
            raise self._caller.failed(f"the answer is not UTF-8 text: {error.reason}") from None
        yield _split(text)


def _split(text: str) -> list[str]:
    lines = text.split("\n")
    return [line.removesuffix("\r") for line in lines] if "\r" in text else lines


def _chunks(response: httpx.Response) -> AsyncIterator[bytes]:
    """The decoded body piece by piece, so that a small compressed one cannot become a huge one."""
    stream = response.stream
    if response.headers.get("content-encoding") or not isinstance(stream, httpx.AsyncByteStream):
        return response.aiter_bytes()
    # What httpx would do with each piece, it does for nothing where there is nothing to decode.
    return stream.__aiter__()


class HttpClient:
    """Owner of the connections that every provider of a run shares.

    An async context manager; used within one event loop.

    Args:
        transport: in place of the network.
    """

    def __init__(self, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._transport = transport
        self._places = ConnectionPlaces(MAX_CONNECTIONS, self._new_sender)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close every connection; no call may follow."""
        await self._places.close()

    @asynccontextmanager
    async def exchange(
        self,
        method: str,
        url: str,
        *,
        caller: Caller,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        total_seconds: float,
        silence_seconds: float | None,
    ) -> AsyncGenerator[Exchange]:
        """Send a request and read its response inside the `async with` block.

        Args:
            method, url, headers: of the request.
            caller: named in errors.
            body: sent as JSON.
            total_seconds: bound of the whole exchange, reading included.
            silence_seconds: longest wait for the head, and at first for each piece of the body.

        Raises:
            ProviderBusyError: the connection was refused.
            ProviderFailedError: any other failure of the network, or too slow.
        """
        async with self._places.place() as sender:

            def request(trace: Trace) -> httpx.Request:
                return sender.request(method, url, headers=headers, body=body, trace=trace)

            silence: _Silence | None = None
            response: httpx.Response | None = None
            try:
                async with asyncio.timeout(total_seconds) as whole:
                    silence = _Silence(whole)
                    silence.allow(silence_seconds)
                    try:
                        response = await send_request(sender, request)
                        silence.heard()
                        yield Exchange(response, caller, silence)
                    finally:
                        silence.allow(None)
                        if response is not None:
                            await response.aclose()
            except TimeoutError:
                raise caller.failed(_too_slow(silence, response, total_seconds)) from None
            except httpx.HTTPError as error:
                raise transport_error(error, caller) from error

    @cached_property
    def _shared_transport(self) -> httpx.AsyncBaseTransport | None:
        """What all clients send over; `None` for a transport of its own for each."""
        if self._transport is None and not getproxies():  # which httpx knows how to use
            # Not before the first call: a build has begun by then, and nobody waits for aiohttp.
            from providers.llm.aiohttp_transport import AiohttpTransport

            return AiohttpTransport(
                tls=_tls(_certificates()), keep_alive_seconds=KEEP_ALIVE_SECONDS
            )
        return self._transport

    def _new_sender(self, connections: int) -> Sender:
        # Reading is timed by `Exchange`, and the pool is never full: see `exchange`.
        timeout = httpx.Timeout(connect=CONNECT_SECONDS, write=IDLE_SECONDS, read=None, pool=None)
        if self._shared_transport is not None:
            return TransportSender(self._shared_transport, timeout=timeout, headers=_HEADERS)
        limits = httpx.Limits(
            max_connections=connections,
            max_keepalive_connections=connections,
            keepalive_expiry=KEEP_ALIVE_SECONDS,
        )
        return ClientSender(
            httpx.AsyncClient(
                verify=_tls(_certificates()), timeout=timeout, limits=limits, headers=_HEADERS
            )
        )


def _certificates() -> tuple[str | None, ...]:
    """Where people say that certificates are; httpx looks there."""
    return tuple(map(os.environ.get, ("SSL_CERT_FILE", "SSL_CERT_DIR")))


@lru_cache(maxsize=2)
def _tls(_certificates: tuple[str | None, ...]) -> ssl.SSLContext:
    """For all connections of the process; it takes 30 ms to make, in which a build stands still."""
    return httpx.create_ssl_context()


def _too_slow(
    silence: _Silence | None, response: httpx.Response | None, total_seconds: float
) -> str:
    """What was waited for in vain."""
    if silence is None or silence.too_long is None:
        return f"no whole answer within {total_seconds:g} s"
    if response is None:
        return f"no answer began within {silence.too_long:g} s"
    return f"the server went silent for {silence.too_long:g} s"
