import pickle
import tempfile
import uuid
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import ArtifactNotFoundError, InputError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.keys import check_key
from tests.providers.storage.store_suite import StoreSuite


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


class TestStore(StoreSuite):
    """In a folder and in memory."""


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
