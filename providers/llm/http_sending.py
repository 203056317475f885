"""Makes HTTP requests and sends them: over a shared transport, or over clients of their own.

What httpx's client does around a transport (cookies, redirects, authentication, putting URLs and
headers together anew) is not needed here, and takes longer than the transport itself. It is used
where its connections are: behind a proxy.
"""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any, Protocol

import httpx

STALE_SECONDS = 1.0
"""A kept connection that was dead before the request shows it within this time after sending."""

_KEPT_URLS = 1_024

_log = logging.getLogger(__name__)

Trace = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Told what happens to a request, as httpx's `trace` extension is."""


class GarbledAnswerError(httpx.RemoteProtocolError):
    """Bytes of an answer came that are not HTTP."""


class Sender(Protocol):
    """Makes requests and sends them."""

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        trace: Trace,
    ) -> httpx.Request:
        """A request with a body of JSON, or without one."""
        ...

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send it; the response's body is still to be read.

        Raises:
            httpx.HTTPError: the network failed.
        """
        ...

    async def aclose(self) -> None:
        """Close the connections."""
        ...


class ClientSender:
    """Sends with a client of httpx.

    Args:
        client: closed with this sender.
    """

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        trace: Trace,
    ) -> httpx.Request:
        """A request with a body of JSON, or without one."""
        extensions = {"trace": trace}
        return self._client.build_request(
            method, url, headers=dict(headers), json=body, extensions=extensions
        )

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send it; see `Sender`."""
        return await self._client.send(request, stream=True)

    async def aclose(self) -> None:
        """Close the client."""
        await self._client.aclose()


class TransportSender:
    """Sends over a transport as it is.

    Args:
        transport: closed with this sender; one that was closed must open anew when it is used.
        timeout: for the transport.
        headers: of every request.
    """

    def __init__(
        self,
        transport: httpx.AsyncBaseTransport,
        *,
        timeout: httpx.Timeout,
        headers: Mapping[str, str],
    ) -> None:
        self._transport = transport
        self._timeout = timeout.as_dict()
        # Among them is what httpx can decode.
        usual = httpx.AsyncClient(transport=transport, headers=headers).headers.raw
        self._headers = {name.lower(): (name, value) for name, value in usual}

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: Mapping[str, Any] | None,
        trace: Trace,
    ) -> httpx.Request:
        """A request with a body of JSON, or without one."""
        target, host = _target(url)
        whole = {**self._headers, b"host": (b"Host", host)}
        content = b""
        if body is not None:
            content = _json(body)
            whole[b"content-type"] = (b"Content-Type", b"application/json")
            whole[b"content-length"] = (b"Content-Length", b"%d" % len(content))
        for name, value in headers.items():
            whole[name.lower().encode()] = (name.encode(), value.encode("ascii"))
        return httpx.Request(
            method,
            target,
            headers=list(whole.values()),
            stream=httpx.ByteStream(content),
            extensions={"trace": trace, "timeout": self._timeout},
        )

    async def send(self, request: httpx.Request) -> httpx.Response:
        """Send it; see `Sender`."""
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the transport."""
        await self._transport.aclose()


@lru_cache(_KEPT_URLS)
def _target(url: str) -> tuple[httpx.URL, bytes]:
    """A URL taken apart, and what a request to it says of the host."""
    target = httpx.URL(url)
    return target, target.netloc


def _json(body: Mapping[str, Any]) -> bytes:
    """As httpx writes it."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


async def send_request(
    sender: Sender, new_request: Callable[[Trace], httpx.Request]
) -> httpx.Response:
    """Send, and once more if a kept connection turns out to have been dead already.

    A server that took the request may have done the work, and a model's work is paid for: what
    breaks later than `STALE_SECONDS` after sending, or while an answer comes in, is a failure.

    Args:
        sender: sends it.
        new_request: makes the request, once for each sending.

    Raises:
        httpx.HTTPError: the network failed.
    """
    opened: list[str] = []
    clock = asyncio.get_running_loop().time
    sent_at = clock()

    async def note(event: str, _info: Mapping[str, Any]) -> None:
        nonlocal sent_at
        if event.startswith("connection.connect"):
            opened.append(event)
        elif event == "http11.send_request_body.complete":
            sent_at = clock()

    first = new_request(note)
    try:
        return await sender.send(first)
    except (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError) as error:
        if opened or _is_garbled(error) or clock() - sent_at > STALE_SECONDS:
            raise
        _log.info("a kept connection to %s was dead (%r); sending again", first.url, error)
    return await sender.send(new_request(note))


def _is_garbled(error: httpx.HTTPError) -> bool:
    """Whether bytes of an answer came that are not HTTP.

    Of httpx's own transport: then it passes on what httpcore raised while the parser failed; of a
    connection that closed, also amid a head, it passes on httpcore's own.
    """
    source = error.__cause__
    return isinstance(error, GarbledAnswerError) or (
        isinstance(error, httpx.RemoteProtocolError)
        and source is not None
        and source.__context__ is not None
    )
