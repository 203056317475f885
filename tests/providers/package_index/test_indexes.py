"""What the configured indexes are asked, what is made of it, and how long it is kept."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from core.artifacts.packages import Release
from core.errors import StorageError
from providers.package_index.index_client import MAX_BODY_BYTES, IndexClient, IndexSilentError
from providers.package_index.indexes import KEPT_FOR, PackageIndexes, PackageName
from providers.storage.artifact_store import ArtifactStore
from tests.providers.package_index.answering import (
    INDEX,
    REGISTRY,
    Index,
    indexes,
    npm_document,
    settings,
    simple_page,
)

ACME: PackageName = ("python", "acme")
WHEEL = {"filename": "acme-1.0-py3-none-any.whl", "requires-python": ">=3.9"}


async def test_a_python_package_and_its_releases(tmp_path: Path) -> None:
    page = simple_page(
        WHEEL,
        {"filename": "acme-1.0.tar.gz"},
        {"filename": "acme-2.0.tar.gz", "yanked": "broken"},
        {"filename": "acme-1.5.tar.gz", "yanked": False},
        {"filename": "acme-1.1.win32.exe"},
    )
    index = Index({f"{INDEX}/acme/": page})
    listing = (await indexes(tmp_path, index).look_up([ACME]))[ACME]
    assert listing.status == "found"
    assert listing.releases == (
        Release(version="1.0", runs_on=">=3.9"),
        Release(version="1.5", installable=False),
        Release(version="2.0", withdrawn=True, installable=False),
    )
    assert "application/vnd.pypi.simple.v1+json" in index.headers[0]["accept"]


async def test_an_index_that_knows_only_html(tmp_path: Path) -> None:
    page = httpx.Response(
        200,
        html='<a href="x" data-requires-python="&gt;=3.12">acme-2.0-py3-none-any.whl</a>'
        '<a href="y">acme-1.0-py3-none-any.whl</a><a href="z" data-yanked="">acme-3.0.tar.gz</a>',
    )
    listing = (await indexes(tmp_path, Index({f"{INDEX}/acme/": page})).look_up([ACME]))[ACME]
    assert [(item.version, item.runs_on, item.withdrawn) for item in listing.releases] == [
        ("1.0", "", False),
        ("2.0", ">=3.12", False),
        ("3.0", "", True),
    ]


async def test_an_npm_package_up_to_its_latest_release(tmp_path: Path) -> None:
    document = npm_document(
        "2.0.0",
        v1_0_0={"deprecated": "old"},
        v2_0_0={"engines": {"node": ">=20"}},
        v3_0_0={},
        v1_5_0={"engines": ["node"]},
        nonsense={},
    )
    index = Index({f"{REGISTRY}/@acme%2Fx": document})
    name: PackageName = ("npm", "@acme/x")
    listing = (await indexes(tmp_path, index).look_up([name]))[name]
    assert listing.releases == (
        Release(version="1.0.0", withdrawn=True),
        Release(version="2.0.0", runs_on=">=20"),
        Release(version="1.5.0"),
    )


async def test_a_scope_with_a_registry_of_its_own(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("@acme:registry=https://own.test/npm/\n")
    index = Index({"https://own.test/npm/@acme%2Fx": npm_document("1.0.0", v1_0_0={})})
    name: PackageName = ("npm", "@acme/x")
    assert (await indexes(tmp_path, index).look_up([name]))[name].status == "found"


@pytest.mark.parametrize("status", [404, 410])
async def test_a_name_that_does_not_exist(tmp_path: Path, status: int) -> None:
    index = Index({f"{INDEX}/acme/": httpx.Response(status)})
    assert (await indexes(tmp_path, index).look_up([ACME]))[ACME].status == "missing"


async def test_to_pip_all_indexes_are_one(tmp_path: Path) -> None:
    other = "https://other.test/simple"
    index = Index({f"{other}/acme/": simple_page(WHEEL)})
    asked = indexes(tmp_path, index, PIP_EXTRA_INDEX_URL=other)
    assert (await asked.look_up([ACME]))[ACME].status == "found"
    assert len(index.asked) == 2


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (httpx.Response(503), "it answered with the status 503"),
        (httpx.Response(401), "it answered with the status 401"),
        (httpx.ReadTimeout("slow"), "it did not answer in time"),
        (
            httpx.ConnectError("https://user:secret@index.test"),
            "the connection failed: ConnectError",
        ),
        (
            httpx.Response(
                200, text="{", headers={"content-type": "application/vnd.pypi.simple.v1+json"}
            ),
            "its answer is malformed",
        ),
        (
            httpx.Response(200, content=b"x" * (MAX_BODY_BYTES + 1)),
            f"its answer is over {MAX_BODY_BYTES} bytes long",
        ),
    ],
)
async def test_an_index_that_cannot_be_asked(
    tmp_path: Path, answer: httpx.Response | Exception, reason: str
) -> None:
    index = Index({f"{INDEX}/acme/": answer})
    asked = indexes(tmp_path, index)
    for times in (1, 2):
        listing = (await asked.look_up([ACME]))[ACME]
        assert (listing.status, listing.reason) == ("unknown", reason)
        assert len(index.asked) == times, "what is unknown is not kept"


async def test_a_malformed_npm_document(tmp_path: Path) -> None:
    name: PackageName = ("npm", "acme")
    index = Index({f"{REGISTRY}/acme": httpx.Response(200, json=[])})
    assert (await indexes(tmp_path, index).look_up([name]))[
        name
    ].reason == "its answer is malformed"


async def test_offline_nothing_is_asked(tmp_path: Path) -> None:
    index = Index({})
    asked = indexes(tmp_path, index, UV_OFFLINE="1", npm_config_offline="true")
    names: list[PackageName] = [ACME, ("npm", "acme")]
    for listing in (await asked.look_up(names)).values():
        assert (listing.status, listing.reason) == ("unknown", "none is configured")
    assert index.asked == []


async def test_settings_that_nobody_understands(tmp_path: Path) -> None:
    asked = indexes(tmp_path, Index({}), UV_DEFAULT_INDEX="http://[")
    listing = (await asked.look_up([ACME]))[ACME]
    assert listing.status == "unknown"
    assert listing.reason == "its configuration cannot be read: ConfigurationError"


async def test_where_nothing_is_asked_for_nothing_is_looked_up(tmp_path: Path) -> None:
    asked = PackageIndexes(ArtifactStore(f"file://{tmp_path}"), variables={"UV_NO_CONFIG": "?"})
    assert await asked.look_up([]) == {}


async def test_a_folder_as_index(tmp_path: Path) -> None:
    page = tmp_path / "simple/acme/index.html"
    page.parent.mkdir(parents=True)
    page.write_text('<a href="x">acme-1.0-py3-none-any.whl</a>')
    folder = (tmp_path / "simple").as_uri()
    asked = indexes(tmp_path, Index({}), UV_DEFAULT_INDEX=folder)
    other: PackageName = ("python", "other")
    found = await asked.look_up([ACME, other])
    assert [item.version for item in found[ACME].releases] == ["1.0"]
    assert found[other].status == "missing"
    gone = indexes(tmp_path, Index({}), UV_DEFAULT_INDEX=f"{folder}-gone")
    assert (await gone.look_up([ACME]))[ACME].reason == "its folder is not there"


async def test_an_answer_is_kept_for_a_day(tmp_path: Path) -> None:
    index = Index({f"{INDEX}/acme/": simple_page(WHEEL)})
    clock = [datetime(2030, 1, 1, tzinfo=UTC)]
    asked = PackageIndexes(
        ArtifactStore(f"file://{tmp_path / 'store'}"),
        variables=settings(tmp_path),
        transport=httpx.MockTransport(index),
        now=lambda: clock[0],
    )
    first = await asked.look_up([ACME])
    clock[0] += KEPT_FOR - timedelta(seconds=1)
    assert await asked.look_up([ACME]) == first
    assert len(index.asked) == 1
    clock[0] += timedelta(seconds=1)
    await asked.look_up([ACME])
    assert len(index.asked) == 2
    clock[0] -= timedelta(days=400)  # a clock that was wrong
    await asked.look_up([ACME])
    assert len(index.asked) == 3


class FullStore(ArtifactStore):
    """A store that can be read and takes nothing more."""

    async def write_text(self, key: str, text: str, *, durable: bool = True) -> None:
        raise StorageError(f"no room for {key!r}")


async def test_a_store_that_takes_nothing_is_no_failure(tmp_path: Path) -> None:
    asked = PackageIndexes(
        FullStore(f"file://{tmp_path / 'store'}"),
        variables=settings(tmp_path),
        transport=httpx.MockTransport(Index({f"{INDEX}/acme/": simple_page(WHEEL)})),
    )
    assert (await asked.look_up([ACME]))[ACME].status == "found"


async def test_certificates_of_ones_own(tmp_path: Path) -> None:
    import certifi

    (tmp_path / ".npmrc").write_text(f"cafile={certifi.where()}\n")
    pages = {
        f"{INDEX}/acme/": simple_page(WHEEL),
        f"{REGISTRY}/acme": npm_document("1.0.0", v1_0_0={}),
    }
    asked = indexes(tmp_path, Index(pages), PIP_CERT=certifi.where())
    names: list[PackageName] = [ACME, ("npm", "acme")]
    assert {item.status for item in (await asked.look_up(names)).values()} == {"found"}


async def test_a_folder_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "simple/acme/index.html").mkdir(parents=True)
    asked = indexes(tmp_path, Index({}), UV_DEFAULT_INDEX=(tmp_path / "simple").as_uri())
    assert (await asked.look_up([ACME]))[ACME].reason.startswith("its folder cannot be read")


async def test_certificates_that_are_not_there_leave_a_package_unknown(tmp_path: Path) -> None:
    asked = indexes(tmp_path, Index({}), SSL_CERT_FILE=str(tmp_path / "none.pem"))
    found = (await asked.look_up([("python", "acme")]))["python", "acme"]
    assert (found.status, "SSL_CERT_FILE" in found.reason) == ("unknown", True)
    (tmp_path / "broken.pem").write_text("no certificate")
    asked = indexes(tmp_path, Index({}), SSL_CERT_FILE=str(tmp_path / "broken.pem"))
    assert (await asked.look_up([("python", "acme")]))["python", "acme"].status == "unknown"


async def test_a_malformed_netrc_leaves_a_package_unknown_and_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine index.test login\n bar secret qux\n")
    found = (await indexes(tmp_path, Index({})).look_up([("python", "acme")]))["python", "acme"]
    assert found.status == "unknown"
    assert ".netrc cannot be read: NetrcParseError" in found.reason
    assert "secret" not in found.reason


def test_a_proxy_that_is_no_address_is_an_index_that_cannot_be_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "gopher://proxy.test")
    with pytest.raises(IndexSilentError, match="connections cannot be used"):
        IndexClient({})
