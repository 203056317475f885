"""Asks a package index over HTTP, within bounds, and says in a few words why it cannot be asked."""

import netrc
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 20.0
"""Longest silence of an index that is answering."""
MAX_BODY_BYTES = 64 * 1024 * 1024
"""The largest pages of well-known packages have some ten million bytes."""

_GONE = frozenset({404, 410})


class IndexSilentError(Exception):
    """An index could not be asked; the text says why, without its address, which may hold keys."""


@dataclass(frozen=True)
class Page:
    """A page of an index.

    Attributes:
        content_type: as the index names it, in lower case, without parameters.
    """

    content_type: str
    body: bytes


class IndexClient:
    """Fetches pages of package indexes; an asynchronous context manager.

    Args:
        settings: environment variables, of which certificates and `.netrc` are taken.
        transport: for tests.

    Raises:
        IndexSilentError: `.netrc`, the certificates or the proxies cannot be used.
    """

    def __init__(
        self, settings: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        credentials, certificates = _credentials(settings), _certificates(settings)
        try:
            self._client = httpx.AsyncClient(
                auth=credentials,
                follow_redirects=True,
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
                transport=transport,
                verify=certificates,
            )
        except (OSError, ValueError, httpx.InvalidURL) as error:  # it reads proxies by itself
            told = f"the settings of connections cannot be used: {type(error).__name__}"
            raise IndexSilentError(told) from None

    async def __aenter__(self) -> "IndexClient":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def page(self, url: str, accept: str) -> Page | None:
        """A page; `None` where the index says that there is none.

        Raises:
            IndexSilentError: it did not answer, or not with a page.
        """
        try:
            async with self._client.stream("GET", url, headers={"Accept": accept}) as response:
                if response.status_code in _GONE:
                    return None
                if not response.is_success:
                    raise IndexSilentError(f"it answered with the status {response.status_code}")
                body = bytearray()
                async for part in response.aiter_bytes():
                    body += part
                    if len(body) > MAX_BODY_BYTES:
                        raise IndexSilentError(f"its answer is over {MAX_BODY_BYTES} bytes long")
                content_type = response.headers.get("content-type", "").partition(";")[0]
                return Page(content_type.strip().lower(), bytes(body))
        except httpx.TimeoutException:
            raise IndexSilentError("it did not answer in time") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise IndexSilentError(f"the connection failed: {type(error).__name__}") from None


def _credentials(settings: Mapping[str, str]) -> httpx.NetRCAuth | None:
    path = Path(settings.get("NETRC") or f"{settings.get('HOME', '')}/.netrc")
    try:
        return httpx.NetRCAuth(str(path)) if path.is_file() else None
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError) as error:
        # Its text may hold what it is about, which is a password.
        raise IndexSilentError(f"its .netrc cannot be read: {type(error).__name__}") from None


def _certificates(settings: Mapping[str, str]) -> ssl.SSLContext | bool:
    path = settings.get("SSL_CERT_FILE")
    try:
        return ssl.create_default_context(cafile=path) if path else True
    except (OSError, ValueError) as error:  # `SSLError` is an `OSError`
        raise IndexSilentError(
            f"the certificates in SSL_CERT_FILE cannot be read: {type(error).__name__}"
        ) from None
