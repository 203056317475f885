"""What every artifact store must do, whatever is below it; a test class gives it the store."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import BaseModel, ConfigDict

from core.artifacts.build_record import BuildRecord, StageRecord, Usage
from core.errors import ArtifactNotFoundError, InputError, StorageError
from providers.storage.artifact_store import ArtifactStore

BUILD = BuildRecord(
    build_id="b-1",
    project_id="shop",
    project_name='Café "Ω" {{ x }}',
    user="ann",
    stages={"1.5": StageRecord(models=("demo/demo",), usage=Usage(calls=2, cost_usd=0.25))},
)
_LATER = timedelta(seconds=2)
"""By which the clock of a server may be ahead of ours."""


LARGE = 17 * 2**20


class Line(BaseModel):
    model_config = ConfigDict(frozen=True)

    text: str


class StoreSuite:
    """The tests; they ask for a fixture `store`, an empty store."""

    async def test_what_was_written_is_read(self, store: ArtifactStore) -> None:
        await store.write_bytes("a/data", b"\x00\xff")
        await store.write_text("a/text", "first\r\nsecond\n\u2028 🙂 \x00")
        await store.write_text("a/empty", "")
        assert await store.read_bytes("a/data") == b"\x00\xff"
        assert await store.read_text("a/text") == "first\r\nsecond\n\u2028 🙂 \x00"
        assert await store.read_text("a/empty") == ""
        assert await store.exists("a/empty")

    async def test_a_second_write_replaces_the_first(self, store: ArtifactStore) -> None:
        await store.write_text("a", "long text")
        await store.write_text("a", "short")
        assert await store.read_text("a") == "short"
        assert await store.list_keys("") == ["a"]

    async def test_an_artifact_comes_back_equal_as_indented_json(
        self, store: ArtifactStore
    ) -> None:
        await store.write_artifact("build.json", BUILD)
        assert await store.read_artifact("build.json", BuildRecord) == BUILD
        text = await store.read_text("build.json")
        assert text.startswith('{\n  "schema_version": 1,\n  "build_id": "b-1",\n')
        assert text.endswith("}\n")
        assert 'Café \\"Ω\\" {{ x }}' in text

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ('{"build_id": "b"}', "project_id: Field required"),
            ('{"build_id": ', "Invalid JSON: EOF"),
            ("[]", "Input should be an object"),
        ],
    )
    async def test_an_invalid_artifact_is_refused_with_key_and_first_problem(
        self, store: ArtifactStore, text: str, problem: str
    ) -> None:
        await store.write_text("x/build.json", text)
        with pytest.raises(StorageError, match="not a valid BuildRecord") as failure:
            await store.read_artifact("x/build.json", BuildRecord)
        assert "'x/build.json'" in str(failure.value)
        assert problem in str(failure.value)
        assert not isinstance(failure.value, ArtifactNotFoundError)

    async def test_bytes_that_are_not_utf8_are_no_text_and_no_artifact(
        self, store: ArtifactStore
    ) -> None:
        await store.write_bytes("a", b"\xff{}")
        with pytest.raises(StorageError, match=r"'a' .* is not UTF-8"):
            await store.read_text("a")
        with pytest.raises(StorageError, match=r"'a' .* is not a valid Line"):
            await store.read_artifact("a", Line)

    async def test_text_that_utf8_cannot_hold_is_refused(self, store: ArtifactStore) -> None:
        with pytest.raises(StorageError, match="cannot write 'a'"):
            await store.write_text("a", "\ud800")
        with pytest.raises(StorageError, match="cannot write 'a'"):
            await store.write_artifact("a", Line.model_construct(text="\ud800"))
        assert not await store.exists("a")

    async def test_what_is_missing_is_said_to_be_missing(self, store: ArtifactStore) -> None:
        await store.write_text("a/b", "x")
        for key in ("nothing", "a", "a/nothing", "a/b/c"):
            assert not await store.exists(key)
            for use in (store.read_bytes, store.read_text, store.delete):
                with pytest.raises(ArtifactNotFoundError) as failure:
                    await use(key)
                assert f"{key!r} in {store.url}" in str(failure.value)
            with pytest.raises(ArtifactNotFoundError):
                await store.read_artifact(key, Line)
        assert await store.list_keys("") == ["a/b"]

    async def test_a_deleted_artifact_is_gone(self, store: ArtifactStore) -> None:
        await store.write_text("a", "x")
        await store.write_text("b", "x")
        await store.delete("a")
        assert not await store.exists("a")
        assert await store.list_keys("") == ["b"]
        await store.write_text("a", "again")
        assert await store.read_text("a") == "again"

    async def test_of_many_that_create_one_key_at_once_one_does(self, store: ArtifactStore) -> None:
        created = await asyncio.gather(
            *(store.create_text("x/once", f"text {number}") for number in range(16))
        )
        assert created.count(True) == 1
        assert await store.read_text("x/once") == f"text {created.index(True)}"
        assert await store.list_keys("") == ["x/once"]
        assert not await store.create_text("x/once", "another")
        assert await store.read_text("x/once") == f"text {created.index(True)}"
        await store.delete("x/once")
        assert await store.create_text("x/once", "anew")
        assert await store.read_text("x/once") == "anew"

    async def test_it_knows_that_it_has_conditional_writes(self, store: ArtifactStore) -> None:
        assert await store.has_conditional_writes()
        assert await store.has_conditional_writes()

    async def test_a_large_artifact_is_seen_whole_while_it_is_replaced(
        self, store: ArtifactStore
    ) -> None:
        """On S3, large enough to be sent in parts."""
        contents = [bytes([letter]) * LARGE for letter in b"ab"]
        await store.write_bytes("x/large", contents[0])
        done = asyncio.Event()

        async def poll() -> int:
            seen = 0
            while not done.is_set():
                data = await store.read_bytes("x/large")
                assert len(data) == LARGE
                assert data in contents
                seen += 1
            return seen

        polling = asyncio.create_task(poll())
        for content in (contents[1], contents[0]):
            await store.write_bytes("x/large", content)
        done.set()
        assert await polling
        assert await store.list_keys("") == ["x/large"]

    async def test_keys_are_listed_sorted_and_relative_below_a_folder(
        self, store: ArtifactStore
    ) -> None:
        keys = ["a/b", "a/c/d", "a.b/x", "ab/c", "z", "a/c/[x]*?"]
        for key in keys:
            await store.write_text(key, "x")
        assert await store.list_keys("") == sorted(keys)
        assert await store.list_keys("a") == ["a/b", "a/c/[x]*?", "a/c/d"]
        assert await store.list_keys("a/") == ["a/b", "a/c/[x]*?", "a/c/d"]
        assert await store.list_keys("a/c") == ["a/c/[x]*?", "a/c/d"]
        assert await store.list_keys("a/b") == []
        assert await store.list_keys("nothing") == []
        assert await store.list_keys("z/below-a-file") == []

    async def test_a_store_nothing_was_written_to_is_empty(self, store: ArtifactStore) -> None:
        assert await store.list_keys("") == []
        assert not await store.exists("a")

    @pytest.mark.parametrize("key", ["", "../a", "/a", "a//b", "a\nb"])
    async def test_every_method_refuses_a_bad_key(self, store: ArtifactStore, key: str) -> None:
        with pytest.raises(InputError):
            await store.read_bytes(key)
        with pytest.raises(InputError):
            await store.read_text(key)
        with pytest.raises(InputError):
            await store.read_artifact(key, Line)
        with pytest.raises(InputError):
            await store.write_bytes(key, b"")
        with pytest.raises(InputError):
            await store.write_text(key, "")
        with pytest.raises(InputError):
            await store.write_artifact(key, Line(text=""))
        with pytest.raises(InputError):
            await store.create_text(key, "")
        with pytest.raises(InputError):
            await store.exists(key)
        with pytest.raises(InputError):
            await store.delete(key)
        with pytest.raises(InputError):
            store.url_of(key)

    @pytest.mark.parametrize("prefix", ["/", "..", "a/../b", "//", "a//"])
    async def test_a_bad_prefix_is_refused(self, store: ArtifactStore, prefix: str) -> None:
        with pytest.raises(InputError):
            await store.list_keys(prefix)

    async def test_many_readers_and_writers_of_one_key_see_only_whole_artifacts(
        self,
        store: ArtifactStore,
    ) -> None:
        texts = [letter * 300_000 for letter in "abcd"]
        await store.write_text("x/shared", texts[0])

        async def write(text: str) -> None:
            for _ in range(15):
                await store.write_text("x/shared", text)

        async def read() -> None:
            for _ in range(40):
                assert await store.read_text("x/shared") in texts
                assert await store.list_keys("x") == ["x/shared"]

        await asyncio.gather(*(write(text) for text in texts), read(), read())

    async def test_files_are_listed_with_their_size_and_time(self, store: ArtifactStore) -> None:
        before = datetime.now(UTC) - timedelta(seconds=2)  # S3 tells whole seconds
        await store.write_text("a/b/one", "x")
        await store.write_text("a/two", "twelve bytes")
        await store.write_text("ab", "")
        found = await store.list_files("a/")
        assert [(each.key, each.size) for each in found] == [("a/b/one", 1), ("a/two", 12)]
        assert all(before < each.written_at < datetime.now(UTC) + _LATER for each in found)
        assert await store.list_files("nothing") == []

    async def test_folders_are_listed_without_what_is_in_them(self, store: ArtifactStore) -> None:
        for key in ("p/a/x/1", "p/b/2", "p/file", "q"):
            await store.write_text(key, "x")
        assert await store.list_folders("p") == ["a", "b"]
        assert await store.list_folders("") == ["p"]
        assert await store.list_folders("nothing") == []
        assert await store.list_folders("p/file") == []

    async def test_a_folder_is_removed_with_all_that_is_in_it(self, store: ArtifactStore) -> None:
        keys = [f"p/a/{number}/x" for number in range(40)]
        for key in (*keys, "p/a/build.json", "p/ab", "q"):
            await store.write_text(key, "x")
        assert await store.delete_folder("p/a/", last="p/a/build.json") == 41
        assert await store.list_keys("") == ["p/ab", "q"]
        assert await store.list_folders("p") == []
        assert await store.delete_folder("p/a") == 0

    async def test_a_removal_that_fails_leaves_the_last_file(
        self, store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for key in ("p/a", "p/b", "p/build.json"):
            await store.write_text(key, "x")
        delete = store.delete

        async def fail(key: str) -> None:
            if key == "p/b":
                raise StorageError("the disk broke")
            await delete(key)

        with monkeypatch.context() as patch:
            patch.setattr(store, "delete", fail)
            with pytest.raises(StorageError, match="the disk broke"):
                await store.delete_folder("p", last="p/build.json")
        assert await store.list_keys("p") == ["p/b", "p/build.json"]
        assert await store.delete_folder("p", last="p/build.json") == 2

    async def test_many_files_are_removed_and_those_gone_are_none(
        self, store: ArtifactStore
    ) -> None:
        for key in ("a", "b", "c"):
            await store.write_text(key, "x")
        assert await store.delete_all(["a", "gone", "b"]) == 2
        assert await store.list_keys("") == ["c"]
        assert await store.delete_all([]) == 0

    @pytest.mark.parametrize("folder", ["", "/", "../x", "a//b"])
    async def test_no_folder_outside_and_not_the_whole_store_is_removed(
        self, store: ArtifactStore, folder: str
    ) -> None:
        await store.write_text("a", "x")
        with pytest.raises(InputError, match="artifact key"):
            await store.delete_folder(folder)
        assert await store.list_keys("") == ["a"]
