import asyncio
import pickle
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ConfigDict

from core.artifacts.build_record import BuildRecord, StageRecord, Usage
from core.errors import ArtifactNotFoundError, InputError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.keys import check_key

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


@pytest.fixture(params=["folder", "memory"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "memory":
        return ArtifactStore(f"memory://{uuid.uuid4().hex}")
    return ArtifactStore(f"file://{tmp_path}/store")


def is_accepted(key: str) -> bool:
    try:
        check_key(key)
    except InputError:
        return False
    return True


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


accepted_keys = st.lists(
    st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=20),
    min_size=1,
    max_size=4,
).map("/".join)


async def test_what_was_written_is_read(store: ArtifactStore) -> None:
    await store.write_bytes("a/data", b"\x00\xff")
    await store.write_text("a/text", "first\r\nsecond\n\u2028 🙂 \x00")
    await store.write_text("a/empty", "")
    assert await store.read_bytes("a/data") == b"\x00\xff"
    assert await store.read_text("a/text") == "first\r\nsecond\n\u2028 🙂 \x00"
    assert await store.read_text("a/empty") == ""
    assert await store.exists("a/empty")


async def test_a_second_write_replaces_the_first(store: ArtifactStore) -> None:
    await store.write_text("a", "long text")
    await store.write_text("a", "short")
    assert await store.read_text("a") == "short"
    assert await store.list_keys("") == ["a"]


async def test_an_artifact_comes_back_equal_as_indented_json(store: ArtifactStore) -> None:
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
    store: ArtifactStore, text: str, problem: str
) -> None:
    await store.write_text("x/build.json", text)
    with pytest.raises(StorageError, match="not a valid BuildRecord") as failure:
        await store.read_artifact("x/build.json", BuildRecord)
    assert "'x/build.json'" in str(failure.value)
    assert problem in str(failure.value)
    assert not isinstance(failure.value, ArtifactNotFoundError)


async def test_bytes_that_are_not_utf8_are_no_text_and_no_artifact(store: ArtifactStore) -> None:
    await store.write_bytes("a", b"\xff{}")
    with pytest.raises(StorageError, match=r"'a' .* is not UTF-8"):
        await store.read_text("a")
    with pytest.raises(StorageError, match=r"'a' .* is not a valid Line"):
        await store.read_artifact("a", Line)


async def test_text_that_utf8_cannot_hold_is_refused(store: ArtifactStore) -> None:
    with pytest.raises(StorageError, match="cannot write 'a'"):
        await store.write_text("a", "\ud800")
    with pytest.raises(StorageError, match="cannot write 'a'"):
        await store.write_artifact("a", Line.model_construct(text="\ud800"))
    assert not await store.exists("a")


async def test_what_is_missing_is_said_to_be_missing(store: ArtifactStore) -> None:
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


async def test_a_deleted_artifact_is_gone(store: ArtifactStore) -> None:
    await store.write_text("a", "x")
    await store.write_text("b", "x")
    await store.delete("a")
    assert not await store.exists("a")
    assert await store.list_keys("") == ["b"]
    await store.write_text("a", "again")
    assert await store.read_text("a") == "again"


async def test_keys_are_listed_sorted_and_relative_below_a_folder(store: ArtifactStore) -> None:
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


async def test_a_store_nothing_was_written_to_is_empty(store: ArtifactStore) -> None:
    assert await store.list_keys("") == []
    assert not await store.exists("a")


@pytest.mark.parametrize("key", ["", "../a", "/a", "a//b", "a\nb"])
async def test_every_method_refuses_a_bad_key(store: ArtifactStore, key: str) -> None:
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
async def test_a_bad_prefix_is_refused(store: ArtifactStore, prefix: str) -> None:
    with pytest.raises(InputError):
        await store.list_keys(prefix)


async def test_a_file_in_the_way_of_a_folder_is_a_storage_error(store: ArtifactStore) -> None:
    await store.write_text("a", "x")
    with pytest.raises(StorageError, match="cannot write 'a/b' in the artifact store") as failure:
        await store.write_text("a/b", "x")
    assert not isinstance(failure.value, ArtifactNotFoundError)
    assert await store.list_keys("") == ["a"]


async def test_a_store_that_cannot_answer_is_not_taken_for_an_empty_one(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    store = ArtifactStore(f"file://{tmp_path}/loop")
    with pytest.raises(StorageError, match="cannot look for 'a'"):
        await store.exists("a")
    with pytest.raises(StorageError, match="cannot read 'a'"):
        await store.read_text("a")


async def test_a_key_that_a_link_leads_out_of_the_store_is_refused(tmp_path: Path) -> None:
    store = ArtifactStore(f"file://{tmp_path}/store")
    await store.write_text("a", "x")
    (tmp_path / "store/away").symlink_to(tmp_path)
    with pytest.raises(InputError, match="artifact key 'away/new'"):
        await store.write_text("away/new", "x")
    assert files_below(tmp_path) == [tmp_path / "store/a"]


def test_urls_name_the_place(tmp_path: Path) -> None:
    assert ArtifactStore(f"file://{tmp_path}/s").url == f"file://{tmp_path}/s"
    assert ArtifactStore(f"file://{tmp_path}/s").url_of("a/b") == f"file://{tmp_path}/s/a/b"
    assert ArtifactStore("memory://s/").url_of("a/b") == "memory:///s/a/b"
    assert ArtifactStore("memory://").url_of("a/b") == "memory:///a/b"


def test_a_missing_artifact_survives_pickling() -> None:
    error = pickle.loads(pickle.dumps(ArtifactNotFoundError("there is no artifact 'a'")))
    assert type(error) is ArtifactNotFoundError
    assert str(error) == "there is no artifact 'a'"


@settings(max_examples=60, deadline=None)
@given(key=st.text(max_size=30) | accepted_keys, data=st.binary(max_size=50))
@example(key="ab::b/c", data=b"1")
@example(key="~/a", data=b"1")
@example(key="file:/a", data=b"1")
@example(key="local:/a", data=b"1")
@example(key="%2e%2e/a", data=b"1")
async def test_every_accepted_key_stays_in_the_root_and_comes_back(key: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as parent:
        root = Path(parent, "store")
        for store in (ArtifactStore(f"file://{root}"), ArtifactStore(f"memory://{parent}")):
            if not is_accepted(key):
                with pytest.raises(InputError):
                    await store.write_bytes(key, data)
                continue
            await store.write_bytes(key, data)
            assert await store.read_bytes(key) == data
            assert await store.exists(key)
            assert await store.list_keys("") == [key]
            assert store.url_of(key) == f"{store.url}/{key}"
        assert files_below(Path(parent)) == ([root / key] if is_accepted(key) else [])


async def test_many_readers_and_writers_of_one_key_see_only_whole_artifacts(
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
