"""Which addresses an install of Python packages needs: the indexes, and where their files are."""

import asyncio
import os
import sys
from collections.abc import Collection, Iterable, Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

import httpx
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel, ValidationError

from core.errors import ConfigurationError
from providers.sandbox.install_box import WayOut, addresses_of, folders_of
from providers.sandbox.uv import run_uv

_JSON = "application/vnd.pypi.simple.v1+json"  # PEP 691
_PAGE_SECONDS = 20.0
_PAGES = 8
_OPTIONS = frozenset({"--index-url", "--extra-index-url"})


async def python_way_out(
    requirements: Sequence[str], settings: Mapping[str, str], further: Collection[str] = ()
) -> WayOut:
    """What uv may reach to install these requirements, as its own settings say.

    An index may keep its files at other addresses than its pages, so it is asked where it keeps
    those of one of the packages. An index that cannot be asked is left to uv, who says why.

    Args:
        requirements: as they are installed.
        settings: uv's settings, as `uv_environment` gives them.
        further: addresses that are needed as well, with their scheme.

    Raises:
        ConfigurationError: uv does not understand its settings.
    """
    indexes = await configured_indexes(settings)
    links = settings.get("UV_FIND_LINKS", "")
    remote = [url for url in (*indexes, *links.split(",")) if url.startswith(("http:", "https:"))]
    names = [canonicalize_name(Requirement(text).name) for text in requirements]
    files: Iterable[list[str]] = ()
    if remote and not settings.get("UV_OFFLINE"):
        async with _client(settings) as client:
            files = await asyncio.gather(*(_file_urls(client, url, names) for url in indexes))
    found = [url for urls in files for url in urls]
    values = [*indexes, *(value for name, value in settings.items() if name.startswith("UV_"))]
    values = [value for value in values if value != settings.get("UV_CACHE_DIR")]
    return WayOut(addresses_of([*remote, *found, *further]), folders_of(values))


async def configured_indexes(settings: Mapping[str, str]) -> tuple[str, ...]:
    """Addresses of the package indexes, as uv takes them from variables, files and itself.

    Raises:
        ConfigurationError: uv does not understand its settings.
    """
    # uv would fetch the pages that this names, only to say that nothing is asked for.
    quiet = {name: value for name, value in settings.items() if name != "UV_FIND_LINKS"}
    options = ("--emit-index-url", "--no-header", "--quiet", "--offline")
    code, said = await run_uv(
        ("pip", "compile", os.devnull, *options, "--python", sys.executable), environment=quiet
    )
    if code != 0:
        raise ConfigurationError(
            f"uv cannot say which package indexes are configured: {said}; correct the variables "
            "UV_… and PIP_… or the configuration files of uv and pip"
        )
    lines = (line.split(" ", 1) for line in said.splitlines())
    return tuple(line[1].strip() for line in lines if line[0] in _OPTIONS and len(line) > 1)


def _client(settings: Mapping[str, str]) -> httpx.AsyncClient:
    netrc = Path(settings.get("NETRC") or f"{settings.get('HOME', '')}/.netrc")
    return httpx.AsyncClient(
        auth=httpx.NetRCAuth(str(netrc)) if netrc.is_file() else None,
        follow_redirects=True,
        headers={"Accept": f"{_JSON}, text/html;q=0.1"},
        timeout=_PAGE_SECONDS,
    )


async def _file_urls(client: httpx.AsyncClient, index: str, names: Sequence[str]) -> list[str]:
    """Addresses of the files of the first of the packages that the index has."""
    if not index.startswith(("http:", "https:")):
        return []
    for name in names[:_PAGES]:
        try:
            page = await client.get(f"{index.rstrip('/')}/{name}/")
        except httpx.HTTPError:
            return []  # uv asks as well, and says what is wrong
        if page.is_success and (found := _links(page)):
            return [str(page.url), *found]
    return []


def _links(page: httpx.Response) -> list[str]:
    if page.headers.get("content-type", "").startswith(_JSON):
        try:
            urls = [file.url for file in _Page.model_validate_json(page.content).files]
        except ValidationError:
            return []  # uv reads it as well, and says what is wrong
    else:
        reader = _Links()
        reader.feed(page.text)
        urls = reader.found
    return [urljoin(str(page.url), url) for url in urls]


class _File(BaseModel):
    url: str


class _Page(BaseModel):
    """What is read of a project's page in JSON."""

    files: tuple[_File, ...] = ()


class _Links(HTMLParser):
    """Collects where the anchors of a page lead."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if tag == "a" and name == "href" and value]
