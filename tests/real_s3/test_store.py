"""The artifact store on a real S3 server: whole, and with the server's failures."""

import asyncio
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import BuildBusyError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import LeaseTimes, held_leases, leased
from providers.storage.store_copy import CopyResult, copy_store
from tests.providers.storage.store_suite import LARGE, StoreSuite
from tests.real_s3.seaweedfs import ACCESS_KEY, READING_KEY, SECRET_KEY, SeaweedFS


@pytest.fixture
def store(bucket: str) -> ArtifactStore:
    return ArtifactStore(f"s3://{bucket}/some/prefix")


class TestSeaweedFS(StoreSuite):
    """In a bucket of a real server."""


async def test_more_keys_than_one_page_of_a_listing_holds_are_listed(store: ArtifactStore) -> None:
    keys = [f"many/{number:04}" for number in range(1_050)]
    await asyncio.gather(*(store.write_bytes(key, b"x") for key in keys))
    assert await store.list_keys("many") == keys


@pytest.mark.usefixtures("client")
async def test_a_missing_bucket_is_no_empty_store() -> None:
    store = ArtifactStore("s3://nobody-made-this/p")
    for request in (store.read_text("a"), store.exists("a"), store.list_keys("")):
        with pytest.raises(StorageError, match="no bucket 'nobody-made-this'"):
            await request


@pytest.mark.parametrize("name", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
async def test_wrong_keys_are_refused_and_not_quoted(
    store: ArtifactStore, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "a-wrong-one")
    attempts: list[Callable[[], Awaitable[object]]] = [
        lambda: store.write_text("a", "x"),
        lambda: store.read_text("a"),
        lambda: store.exists("a"),
        lambda: store.list_keys(""),
    ]
    for attempt in attempts:
        with pytest.raises(StorageError, match=r"cannot .* PermissionError") as failure:
            await attempt()
        assert "a-wrong-one" not in str(failure.value)


@pytest.mark.parametrize(("size", "number"), [(200_000, 10), (LARGE, 2)], ids=["small", "in-parts"])
async def test_a_server_that_is_killed_and_comes_back_loses_nothing(
    store: ArtifactStore, seaweedfs: SeaweedFS, size: int, number: int
) -> None:
    """Writes and reads wait for the server; a reader sees whole texts only."""
    texts = [f"{each}" * size for each in range(number)]
    await store.write_text("shared", texts[0])
    seen: list[str] = []
    done = asyncio.Event()

    async def poll() -> None:
        while not done.is_set():
            seen.append(await store.read_text("shared"))

    async def write() -> None:
        for text in texts * 3:
            await store.write_text("shared", text)
        done.set()

    async def outage() -> None:
        await asyncio.sleep(0.3)
        await asyncio.to_thread(seaweedfs.kill)
        await asyncio.sleep(1)
        await asyncio.to_thread(seaweedfs.start)

    await asyncio.gather(write(), outage(), poll())
    assert set(seen) <= set(texts)
    assert await store.read_text("shared") == texts[-1]


async def test_a_server_that_stays_away_is_an_error_within_minutes(
    store: ArtifactStore, client: Any, bucket: str
) -> None:
    await store.write_text("a", "x")
    away = ArtifactStore(f"s3://{bucket}/some/prefix?endpoint=http://127.0.0.1:9")
    begun = time.monotonic()
    with pytest.raises(StorageError, match=r"nobody answers at http://127\.0\.0\.1:9/"):
        await away.read_text("a")
    assert time.monotonic() - begun < 180


async def test_keys_that_may_only_read_are_refused_to_write(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await store.write_text("a", "x")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", READING_KEY)
    reader = ArtifactStore(store.address)
    assert await reader.read_text("a") == "x"
    assert await reader.list_keys("") == ["a"]
    for attempt in (reader.write_text("a", "y"), reader.create_text("b", "y"), reader.delete("a")):
        with pytest.raises(StorageError, match=r"Access Denied\.?; check .* s3:PutObject"):
            await attempt
    assert await store.read_text("a") == "x"


async def test_of_many_builders_one_gets_a_build(store: ArtifactStore) -> None:
    times = LeaseTimes(lasting=60, renewed_every=0.5)
    inside = 0

    async def build() -> None:
        nonlocal inside
        async with leased(ArtifactStore(store.address), "b-1", times):
            inside += 1
            assert inside == 1
            assert await held_leases(store, times) == ["b-1"]
            inside -= 1

    results = await asyncio.gather(*(build() for _ in range(8)), return_exceptions=True)
    assert None in results
    assert all(isinstance(each, BuildBusyError) for each in results if each is not None)
    assert await held_leases(store, times) == []


async def test_a_store_moves_to_a_bucket_of_the_same_name_on_another_server(
    store: ArtifactStore, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each server lets its own credentials in only, so each URL must bring them."""
    await store.write_text("project/b-1/build.json", "{}")
    other = SeaweedFS(tmp_path / "other", key="another-id")
    other.start()
    try:
        credentials = tmp_path / "credentials"
        credentials.write_text(
            "".join(
                f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = {SECRET_KEY}\n"
                for name, key in (("old", ACCESS_KEY), ("new", "another-id"))
            )
        )
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(credentials))
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "of-neither")
        url = os.environ["AWS_ENDPOINT_URL"]
        source = ArtifactStore(f"{store.url}?endpoint={url}&profile=old")
        target = ArtifactStore(f"{store.url}?endpoint={other.url}&profile=new")
        await asyncio.to_thread(other.make_bucket, bucket)
        assert source.url == target.url
        copied = await copy_store(source, target, progress=lambda _done, _total: None)
        assert copied == CopyResult(copied=1, kept=0)
        assert await target.read_text("project/b-1/build.json") == "{}"
    finally:
        other.kill()
