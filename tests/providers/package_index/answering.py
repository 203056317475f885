"""Package indexes at the transport: all else is the real thing."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx

from providers.package_index.indexes import PackageIndexes
from providers.storage.artifact_store import ArtifactStore

INDEX = "https://index.test/simple"
REGISTRY = "https://registry.test"
JSON = "application/vnd.pypi.simple.v1+json"

Answer = Callable[[httpx.Request], httpx.Response]


class Index:
    """Answers by path, and keeps what it was asked."""

    def __init__(self, pages: Mapping[str, httpx.Response | Exception]) -> None:
        self._pages = pages
        self.asked: list[str] = []
        self.headers: list[httpx.Headers] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(str(request.url))
        self.headers.append(request.headers)
        answer = self._pages.get(str(request.url), httpx.Response(404))
        if isinstance(answer, Exception):
            raise answer
        return answer


def settings(folder: Path, **more: str) -> dict[str, str]:
    """Variables of somebody with a home of their own, who configured both indexes."""
    return {
        "HOME": str(folder),
        "PATH": "/usr/bin:/bin",
        "PIP_CONFIG_FILE": "/dev/null",
        "UV_NO_CONFIG": "1",
        "UV_DEFAULT_INDEX": INDEX,
        "npm_config_registry": REGISTRY,
        **more,
    }


def indexes(folder: Path, index: Index, **more: str) -> PackageIndexes:
    return PackageIndexes(
        ArtifactStore(f"file://{folder / 'store'}"),
        variables=settings(folder, **more),
        transport=httpx.MockTransport(index),
    )


def simple_page(*files: Mapping[str, object]) -> httpx.Response:
    """A project's page as PEP 691 has it."""
    body = {"meta": {"api-version": "1.1"}, "name": "x", "files": list(files)}
    return httpx.Response(200, text=json.dumps(body), headers={"content-type": JSON})


def npm_document(latest: str, **versions: Mapping[str, object]) -> httpx.Response:
    """A package's document as npm registries have it; `_` stands for a dot in versions."""
    named = {name.removeprefix("v").replace("_", "."): value for name, value in versions.items()}
    return httpx.Response(200, json={"dist-tags": {"latest": latest}, "versions": named})
