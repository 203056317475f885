"""What every artifact store must do, whatever is below it; a test class gives it the store."""

import asyncio

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
