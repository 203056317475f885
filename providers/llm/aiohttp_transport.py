"""httpx over aiohttp's connections and parser, which take a third of the time of httpx's own.

`httpx-aiohttp` does the same, but calls every failure to connect a timeout and waits for ever for
the rest of an answer that is garbled amid its chunks, so the few lines it takes are here.
"""

import asyncio
from collections.abc import AsyncIterator, Generator
from contextlib import contextmanager
from functools import lru_cache
from ssl import SSLContext
from types import SimpleNamespace
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from providers.llm.http_sending import GarbledAnswerError

_LONGEST_HEADER = 64 * 1024
"""Bytes of a header line that is still read."""
_KEPT_URLS = 1_024


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends the requests of any number of httpx clients over one pool of connections.

    Used within one event loop. How many calls are under way, and how long they may take, is bounded
    by who calls; only the time to connect is taken from the request. Proxies are not used.

    Args:
        tls: for `https` URLs.
        keep_alive_seconds: how long a connection without a call is kept open.
    """

    def __init__(self, *, tls: SSLContext, keep_alive_seconds: float) -> None:
        self._tls = tls
        self._keep_alive_seconds = keep_alive_seconds
        self._session: aiohttp.ClientSession | None = None
        self._connections: WeakKeyDictionary[ResponseHandler, _Connection] = WeakKeyDictionary()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; its response is read from the stream that comes with it.

        Raises:
            httpx.TransportError: the network failed, or what came is not HTTP.
        """
        if self._session is None:
            self._session = self._opened()
        with _as_httpx():
            response = await self._session.request(
                request.method,
                _url(str(request.url)),
                headers=_headers(request),
                data=await request.aread() or None,
                allow_redirects=False,
                timeout=_timeout(request.extensions.get("timeout", {}).get("connect")),
                trace_request_ctx=request.extensions.get("trace"),
            )
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response, self._connection_of(response)),
            extensions={"http_version": b"HTTP/1.1"},
        )

    async def aclose(self) -> None:
        """Close every connection; a later request opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        tracing = aiohttp.TraceConfig()
        tracing.on_connection_create_start.append(_tell_connecting)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, ssl=self._tls, keepalive_timeout=self._keep_alive_seconds
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            max_line_size=_LONGEST_HEADER,
            max_field_size=_LONGEST_HEADER,
            trace_configs=[tracing],
        )

    def _connection_of(self, response: aiohttp.ClientResponse) -> "_Connection | None":
        """The connection that the rest of a response comes over; `None` when all of it is in."""
        if response.connection is None or response.connection.protocol is None:
            return None
        protocol = response.connection.protocol
        known = self._connections.get(protocol)
        if known is None:
            known = self._connections[protocol] = _Connection(protocol)
        return known


class _Connection:
    """Tells who reads a response when its connection is lost.

    aiohttp does so where the response ends too early, but not where its parser gave up amid the
    chunks of one; its reader would wait for ever.
    """

    def __init__(self, protocol: ResponseHandler) -> None:
        self.reader: aiohttp.StreamReader | None = None
        closed = protocol.closed
        if closed is not None:
            closed.add_done_callback(self._lost)

    def _lost(self, closed: "asyncio.Future[None]") -> None:
        closed.exception()  # seen, should nobody be reading
        reader, self.reader = self.reader, None
        if reader is not None and not reader.is_eof() and reader.exception() is None:
            reader.set_exception(aiohttp.ClientPayloadError("the answer is garbled"))


class _Body(httpx.AsyncByteStream):
    """The body of a response, as it comes in."""

    def __init__(self, response: aiohttp.ClientResponse, connection: _Connection | None) -> None:
        self._response = response
        self._connection = connection
        if connection is not None:
            connection.reader = response.content

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _as_httpx():
            # All that has come in at once: taking apart what is whole already costs time.
            async for data in self._response.content.iter_any():
                yield data

    async def aclose(self) -> None:
        if self._connection is not None and self._connection.reader is self._response.content:
            self._connection.reader = None
        self._response.close()  # one that was read to its end has given its connection back


@lru_cache(_KEPT_URLS)
def _url(url: str) -> URL:
    """As it is: what is escaped in it stays so."""
    return URL(url, encoded=True)


@lru_cache
def _timeout(connect: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=connect)


def _headers(request: httpx.Request) -> list[tuple[str, str]]:
    # httpx decodes its headers anew each time that one is read.
    raw = request.headers.raw
    return [(name.decode("ascii"), value.decode("latin-1")) for name, value in raw]


@contextmanager
def _as_httpx() -> Generator[None]:
    """Raise aiohttp's errors as httpx's own."""
    try:
        yield
    except aiohttp.ClientError as error:
        raise _httpx_error(error) from error


def _httpx_error(error: aiohttp.ClientError) -> httpx.TransportError:
    said = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ServerTimeoutError):
        return httpx.ConnectTimeout(said)
    if isinstance(error, aiohttp.ClientConnectorError):
        return httpx.ConnectError(said)
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return httpx.RemoteProtocolError("Server disconnected without sending a response.")
    if isinstance(error, aiohttp.ClientOSError):
        return httpx.ReadError(said)
    if isinstance(error, (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)):
        return httpx.UnsupportedProtocol(said)
    if isinstance(error, aiohttp.ClientResponseError):
        return GarbledAnswerError(said)
    return httpx.RemoteProtocolError(said)


async def _tell_connecting(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _details: aiohttp.TraceConnectionCreateStartParams,
) -> None:
    """Say it as httpx's own transport does, to whoever wants to know if a connection is new."""
    trace = context.trace_request_ctx
    if trace is not None:
        await trace("connection.connect_tcp.started", {})
