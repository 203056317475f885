"""Copying a store: whole, again, to other content, beside builds, and to a store that fails."""

import asyncio
from pathlib import Path

import pytest

from core.errors import InputError, StorageError
from providers.storage import store_copy
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import LeaseTimes, leased
from providers.storage.store_copy import CopyResult, copy_store
from tests.providers.secrets.aws_server import aws_server

KEYS = [
    "cache/answers/b-1/aa",
    "cache/results/bb",
    "project/b-1/build.json",
    "project/b-1/code/app.py",
    "project/b-1/docs/docs.md",
]
TIMES = LeaseTimes(lasting=60, renewed_every=0.2)


def nothing(_done: int, _total: int) -> None:
    """Progress that nobody looks at."""


async def fill(store: ArtifactStore, text: str = "") -> None:
    for key in KEYS:
        await store.write_text(key, f"{key} {text} ü\r\n")


async def content(store: ArtifactStore) -> dict[str, bytes]:
    keys = [key for key in await store.list_keys("") if not key.startswith("locks/")]
    return {key: await store.read_bytes(key) for key in keys}


@pytest.fixture
def another(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(f"file://{tmp_path}/another")


async def test_there_and_back_every_artifact_is_the_same(
    folder_store: ArtifactStore, s3_store: ArtifactStore, another: ArtifactStore
) -> None:
    await fill(folder_store)
    seen: list[tuple[int, int]] = []
    copied = await copy_store(
        folder_store, s3_store, progress=lambda done, total: seen.append((done, total))
    )
    assert copied == CopyResult(copied=5, kept=0)
    assert seen == [(done, 5) for done in range(1, 6)]
    assert await copy_store(s3_store, another, progress=nothing) == copied
    assert await content(folder_store) == await content(s3_store) == await content(another)


async def test_broken_off_it_goes_on_and_lists_no_build_before_it_is_whole(
    folder_store: ArtifactStore, another: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(folder_store)
    monkeypatch.setattr(store_copy, "AT_ONCE", 1)
    write = ArtifactStore.write_bytes

    async def failing(self: ArtifactStore, key: str, data: bytes) -> None:
        if key == "project/b-1/docs/docs.md":
            raise StorageError("the disk is full")
        await write(self, key, data)

    with monkeypatch.context() as patch:
        patch.setattr(ArtifactStore, "write_bytes", failing)
        with pytest.raises(StorageError, match="the disk is full"):
            await copy_store(folder_store, another, progress=nothing)
    assert sorted(await content(another)) == [KEYS[0], KEYS[1], KEYS[3]]
    assert await copy_store(folder_store, another, progress=nothing) == CopyResult(2, 3)
    assert await copy_store(folder_store, another, progress=nothing) == CopyResult(0, 5)
    assert await content(another) == await content(folder_store)


async def test_other_content_is_replaced_only_when_told(
    folder_store: ArtifactStore, another: ArtifactStore
) -> None:
    await fill(folder_store, "old")
    await fill(another, "new")
    await another.delete(KEYS[0])
    await another.write_text("only/here", "x")
    before = await content(another)
    with pytest.raises(InputError, match=r"other content .* under 4 keys, such as 'cache/results"):
        await copy_store(folder_store, another, progress=nothing)
    assert await content(another) == before
    assert (await copy_store(folder_store, another, replace=True, progress=nothing)).copied == 5
    assert await content(another) == {**(await content(folder_store)), "only/here": b"x"}


@pytest.mark.parametrize("runs_in", ["source", "target"])
async def test_it_waits_for_nobody_who_builds(
    folder_store: ArtifactStore, another: ArtifactStore, runs_in: str
) -> None:
    await fill(folder_store)
    async with leased(folder_store if runs_in == "source" else another, "b-7", TIMES):
        with pytest.raises(InputError, match="runs 'b-7'"):
            await copy_store(folder_store, another, progress=nothing, times=TIMES)
    assert await content(another) == {}
    assert (await copy_store(folder_store, another, progress=nothing)).copied == 5


async def test_a_build_that_began_meanwhile_is_told(
    folder_store: ArtifactStore, another: ArtifactStore
) -> None:
    await fill(folder_store)
    building = asyncio.Event()
    ended = asyncio.Event()

    async def build() -> None:
        async with leased(folder_store, "b-7", TIMES):
            building.set()
            await ended.wait()

    running: list[asyncio.Task[None]] = []

    def begin(done: int, _total: int) -> None:
        if done == 1:
            running.append(asyncio.create_task(build()))

    async def slow(self: ArtifactStore, key: str) -> bytes:
        if running:
            await building.wait()
        return await read(self, key)

    read = ArtifactStore.read_bytes
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ArtifactStore, "read_bytes", slow)
        patch.setattr(store_copy, "AT_ONCE", 1)
        with pytest.raises(InputError, match="runs 'b-7'"):
            await copy_store(folder_store, another, progress=begin, times=TIMES)
    ended.set()
    await running[0]


async def test_a_build_that_came_and_went_is_told(
    folder_store: ArtifactStore, another: ArtifactStore
) -> None:
    await fill(folder_store)
    place = Path(folder_store.url.removeprefix("file://"))

    def build(_done: int, _total: int) -> None:
        (place / "cache/answers/b-1/new").write_text("x")

    with pytest.raises(InputError, match=r"a build ran in .* copy again"):
        await copy_store(folder_store, another, progress=build)
    assert (await copy_store(folder_store, another, progress=nothing)).copied == 1


async def test_a_store_that_gives_back_something_else_is_not_believed(
    folder_store: ArtifactStore, another: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(folder_store)
    read = ArtifactStore.read_bytes

    async def broken(self: ArtifactStore, key: str) -> bytes:
        data = await read(self, key)
        return data[:-1] if self is another else data

    monkeypatch.setattr(ArtifactStore, "read_bytes", broken)
    with pytest.raises(StorageError, match="is not what was written there; copy again"):
        await copy_store(folder_store, another, progress=nothing)


async def test_a_store_is_not_copied_into_itself_nor_nothing_anywhere(
    folder_store: ArtifactStore, another: ArtifactStore
) -> None:
    with pytest.raises(InputError, match="into itself"):
        await copy_store(folder_store, ArtifactStore(folder_store.address), progress=nothing)
    with pytest.raises(InputError, match="nothing is kept in"):
        await copy_store(folder_store, another, progress=nothing)


async def test_buckets_of_one_name_on_two_servers_are_two_stores(
    s3_server: str, s3_bucket: str
) -> None:
    """The imitation of S3 has one memory for all its servers, so that nothing is left to copy."""
    here, again, there = (
        ArtifactStore(f"s3://{s3_bucket}/p{options}")
        for options in ("", f"?endpoint={s3_server}", "?endpoint=http://s3.example:9000")
    )
    assert await here.place() == await again.place() == f"{s3_server}/{s3_bucket}/p"
    assert await there.place() == f"http://s3.example:9000/{s3_bucket}/p"
    await fill(here)
    with pytest.raises(InputError, match="into itself"):
        await copy_store(here, again, progress=nothing)
    with aws_server() as other:
        moved = ArtifactStore(f"s3://{s3_bucket}/p?endpoint={other}")
        assert await copy_store(here, moved, progress=nothing) == CopyResult(0, 5)


async def test_a_profile_that_does_not_exist_is_named(s3_bucket: str) -> None:
    store = ArtifactStore(f"s3://{s3_bucket}/p?profile=nobody")
    with pytest.raises(StorageError, match=r"config profile \(nobody\) could not be found"):
        await store.list_keys("")
    with pytest.raises(StorageError, match=r"config profile \(nobody\) could not be found"):
        await store.place()


@pytest.mark.parametrize("url", ["relative", "s3://b:1/x", "ftp://x/y"])
def test_a_url_that_cannot_be_used_is_told_with_where_it_came_from(url: str) -> None:
    with pytest.raises(InputError, match=r"^TO: "):
        ArtifactStore(url, setting="TO")
