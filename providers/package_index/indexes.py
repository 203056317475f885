"""The package indexes that pip, uv and npm are configured with, asked for what they know."""

import asyncio
import hashlib
import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict

from core.artifacts.packages import Ecosystem, PackageListing, Release
from core.errors import AppBuilderError, ArtifactNotFoundError, StorageError
from providers.package_index import npm_documents, simple_pages
from providers.package_index.configured import npm_registries, python_indexes
from providers.package_index.index_client import IndexClient, IndexSilentError, Page
from providers.storage.artifact_store import ArtifactStore

KEPT_FOR = timedelta(days=1)
AT_ONCE = 8

PackageName = tuple[Ecosystem, str]
"""An ecosystem and a canonical name in it."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True)

    asked_at: AwareDatetime
    listing: PackageListing


def _now() -> datetime:
    return datetime.now(UTC)


class PackageIndexes:
    """Says of packages whether they exist, and which releases they have.

    What an index answered is kept for a day. Nothing here fails: what could not be asked, for
    whatever reason, is `unknown`.

    Args:
        store: where answers are kept.
        variables: the environment; default: ours.
        transport: for tests.
        now: the time, for tests.
    """

    def __init__(
        self,
        store: ArtifactStore,
        *,
        variables: Mapping[str, str] | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._store = store
        self._variables = os.environ if variables is None else variables
        self._transport = transport
        self._now = now

    async def look_up(self, names: Iterable[PackageName]) -> dict[PackageName, PackageListing]:
        """What the indexes know of some packages; nothing is asked where there are none."""
        wanted = sorted(set(names))
        found: dict[PackageName, PackageListing] = {}
        for ecosystem in ("python", "npm"):
            mine = [name for kind, name in wanted if kind == ecosystem]
            if mine:
                found |= await self._of(ecosystem, mine)
        return found

    async def _of(
        self, ecosystem: Ecosystem, names: list[str]
    ) -> dict[PackageName, PackageListing]:
        slots = asyncio.Semaphore(AT_ONCE)
        try:
            find = python_indexes if ecosystem == "python" else npm_registries
            configured = await find(self._variables)
        except (AppBuilderError, OSError) as error:
            reason = f"its configuration cannot be read: {type(error).__name__}"
            return {(ecosystem, name): _unknown(ecosystem, name, reason) for name in names}
        try:
            opened = IndexClient(configured.settings, self._transport)
        except IndexSilentError as error:
            return {(ecosystem, name): _unknown(ecosystem, name, str(error)) for name in names}
        async with opened as client:

            async def ask(name: str) -> PackageListing:
                urls = configured.urls_for(name)
                async with slots:
                    return await self._remembered(client, ecosystem, name, urls)

            listings = await asyncio.gather(*map(ask, names))
        return {(ecosystem, listing.name): listing for listing in listings}

    async def _remembered(
        self, client: IndexClient, ecosystem: Ecosystem, name: str, urls: tuple[str, ...]
    ) -> PackageListing:
        key = _key(ecosystem, name, urls)
        kept = await self._kept(key)
        if kept is not None:
            return kept
        listing = await _ask(client, ecosystem, name, urls)
        if listing.status != "unknown":
            entry = _Kept(asked_at=self._now(), listing=listing)
            with suppress(StorageError):  # it is asked again, which is all that is lost
                await self._store.write_text(key, entry.model_dump_json(), durable=False)
        return listing

    async def _kept(self, key: str) -> PackageListing | None:
        try:
            entry = await self._store.read_artifact(key, _Kept)
        except (ArtifactNotFoundError, StorageError):
            return None  # not there, or written by another version of this program
        age = self._now() - entry.asked_at
        return entry.listing if timedelta(0) <= age < KEPT_FOR else None


async def _ask(
    client: IndexClient, ecosystem: Ecosystem, name: str, urls: tuple[str, ...]
) -> PackageListing:
    """Ask every index that may have a package: to pip, all of them are one."""
    releases: list[Release] = []
    found, silent = False, "" if urls else "none is configured"
    for url in urls:
        try:
            page = await _page(client, ecosystem, name, url)
            if page is None:
                continue
            read = npm_documents.releases_in if ecosystem == "npm" else simple_pages.releases_on
            releases += read(page)
            found = True
        except IndexSilentError as error:
            silent = str(error)
    if found:
        return PackageListing(
            name=name, ecosystem=ecosystem, status="found", releases=tuple(releases)
        )
    if silent:
        return _unknown(ecosystem, name, silent)
    return PackageListing(name=name, ecosystem=ecosystem, status="missing")


async def _page(client: IndexClient, ecosystem: Ecosystem, name: str, url: str) -> Page | None:
    if ecosystem == "npm":
        return await client.page(f"{url.rstrip('/')}/{quote(name, safe='@')}", npm_documents.ACCEPT)
    if url.startswith("file:"):
        return await asyncio.to_thread(_local_page, url, name)
    return await client.page(f"{url.rstrip('/')}/{name}/", simple_pages.ACCEPT)


def _local_page(url: str, name: str) -> Page | None:
    """A project's page of an index that is a folder."""
    folder = Path(unquote(urlsplit(url).path))
    try:
        return Page("text/html", (folder / name / "index.html").read_bytes())
    except FileNotFoundError:
        if not folder.is_dir():
            raise IndexSilentError("its folder is not there") from None
        return None
    except OSError as error:
        raise IndexSilentError(f"its folder cannot be read: {error.strerror}") from None


def _unknown(ecosystem: Ecosystem, name: str, reason: str) -> PackageListing:
    return PackageListing(name=name, ecosystem=ecosystem, status="unknown", reason=reason)


def _key(ecosystem: Ecosystem, name: str, urls: tuple[str, ...]) -> str:
    text = json.dumps([ecosystem, name, urls])
    return f"cache/packages/{ecosystem}-{hashlib.sha256(text.encode()).hexdigest()[:32]}.json"
