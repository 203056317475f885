"""Connects to an address the way this machine does: directly, or through its own proxy."""

import asyncio
import base64
from collections.abc import Mapping
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass

from core.errors import SandboxError

_CONNECT_SECONDS = 30.0
_HTTP_PORT = 80
_ANSWER_BYTES = 64 * 1024

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Refusal(SandboxError):  # noqa: N818 -- it becomes an answer and leaves the proxy as such
    """A request is answered with an error instead of being passed on.

    Attributes:
        status: the HTTP status of the answer.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class Upstream:
    """Opens connections, through a proxy where the environment names one.

    Args:
        variables: environment variables; of them count `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY`
            and `NO_PROXY`, in capitals or not, as curl and pip read them.

    Raises:
        SandboxError: the proxy is of a kind that is not spoken here.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        lower = {name.lower(): value for name, value in variables.items()}
        self._proxies = {
            scheme: lower.get(f"{scheme}_proxy") or lower.get("all_proxy") or ""
            for scheme in ("http", "https")
        }
        self._bypass = {"no": lower.get("no_proxy", "")}
        for scheme, url in self._proxies.items():
            if url and urlsplit(url if "://" in url else f"http://{url}").scheme != "http":
                raise SandboxError(
                    f"{scheme.upper()}_PROXY is {_without_password(url)!r}: installs only go "
                    "through a proxy whose address begins with http://"
                )

    async def tunnel(self, address: tuple[str, int]) -> Streams:
        """A connection to an address, for bytes that are not looked at."""
        proxy = self._proxy("https", address)
        if not proxy:
            return await _connect(address)
        reader, writer = await _connect(_address(proxy))
        target = _authority(address).encode()
        lines = [b"CONNECT " + target + b" HTTP/1.1", b"Host: " + target, *_authorization(proxy)]
        writer.write(b"\r\n".join([*lines, b"", b""]))
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            writer.close()
            raise Refusal(502, "this machine's own proxy does not answer") from error
        status = head.split(b"\r\n", 1)[0].split(b" ", 2)[1:2]
        if status != [b"200"]:
            writer.close()
            raise Refusal(502, f"this machine's own proxy answers {status!r}")
        return reader, writer

    async def plain(
        self, address: tuple[str, int], path: bytes
    ) -> tuple[Streams, bytes, list[bytes]]:
        """A connection for a request over plain HTTP, its target, and further header lines.

        What the request is for is said by the address alone, in target and `Host` (RFC 9112, 3.2).

        Args:
            address: host and port.
            path: with the query.
        """
        host, port = address
        named = (_bracketed(host) if port == _HTTP_PORT else _authority(address)).encode()
        lines = [b"Host: " + named]
        proxy = self._proxy("http", address)
        if proxy:
            target = b"http://" + named + path
            return await _connect(_address(proxy)), target, [*lines, *_authorization(proxy)]
        return await _connect(address), path, lines

    def _proxy(self, scheme: str, address: tuple[str, int]) -> str:
        host, port = address
        if proxy_bypass(f"{host}:{port}", self._bypass):
            return ""
        return self._proxies[scheme]


async def _connect(address: tuple[str, int]) -> Streams:
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            return await asyncio.open_connection(*address, limit=_ANSWER_BYTES)
    except OSError as error:
        raise Refusal(502, f"{address[0]}:{address[1]} cannot be reached: {error}") from error


def _address(proxy: str) -> tuple[str, int]:
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    return parts.hostname or "", parts.port or 80


def _authorization(proxy: str) -> list[bytes]:
    parts = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
    if parts.username is None:
        return []
    user = f"{unquote(parts.username)}:{unquote(parts.password or '')}".encode()
    return [b"Proxy-Authorization: Basic " + base64.b64encode(user)]


def _authority(address: tuple[str, int]) -> str:
    """Host and port as they stand in an address (RFC 3986, 3.2)."""
    return f"{_bracketed(address[0])}:{address[1]}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _without_password(url: str) -> str:
    before, at, after = url.rpartition("@")
    return f"{before.rpartition('/')[0]}/…@{after}" if at else url
