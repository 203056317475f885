"""Asks a package index over HTTP, within bounds, and says in a few words why it cannot be asked."""

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
    """

    def __init__(
        self, settings: Mapping[str, str], transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        netrc = Path(settings.get("NETRC") or f"{settings.get('HOME', '')}/.netrc")
        certificates = settings.get("SSL_CERT_FILE")
        self._client = httpx.AsyncClient(
            auth=httpx.NetRCAuth(str(netrc)) if netrc.is_file() else None,
            follow_redirects=True,
            timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            transport=transport,
            verify=ssl.create_default_context(cafile=certificates) if certificates else True,
        )

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
