import os
import signal
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
from fsspec import (  # pyright: ignore[reportMissingTypeStubs] -- fsspec ships no types
    AbstractFileSystem,
    register_implementation,  # pyright: ignore[reportUnknownVariableType] -- as above
)

from core.errors import ConfigurationError, InputError
from providers.storage import trees
from providers.storage.keys import UNFINISHED_PREFIX
from providers.storage.trees import FolderTree, ObjectTree, open_tree

StartPython = Callable[..., "subprocess.Popen[str]"]


class BucketFileSystem(AbstractFileSystem):
    """Paths start with a bucket's name, as on object stores."""

    protocol = "gs"

    @staticmethod
    def _get_kwargs_from_urls(path: str) -> dict[str, object]:
        if "no-project" in path:
            raise ValueError("a project is needed")
        return {}


SIZE = 2_000_000

DIE_WHILE_WRITING = """
import os, signal, sys
from providers.storage.trees import open_tree

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

if sys.argv[2] == "fsync":
    os.fsync = die
else:
    os.replace = die
open_tree(sys.argv[1]).write("a/file", b"n" * 1000)
"""

WRITE_FOR_EVER = f"""
import sys
from providers.storage.trees import open_tree

tree = open_tree(sys.argv[1])
print("ready", flush=True)
while True:
    for letter in (b"x", b"y"):
        tree.write("a/file", letter * {SIZE})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def _buckets() -> None:  # pyright: ignore[reportUnusedFunction] -- used by pytest
    """A stand-in for the package of an object store, which need not be installed."""
    register_implementation("gs", BucketFileSystem, clobber=True)


@pytest.fixture
def tree(folder: Path) -> ObjectTree:
    return open_tree(f"file://{folder}")


def unfinished_in(folder: Path) -> list[Path]:
    return list(folder.rglob(f"{UNFINISHED_PREFIX}*"))


@pytest.mark.parametrize("form", ["file://{}", "local://{}", "{}", "{}/"])
def test_a_local_folder_can_be_named_in_several_forms(folder: Path, form: str) -> None:
    tree = open_tree(form.format(folder))
    tree.write("a/file", b"1")
    assert isinstance(tree, FolderTree)
    assert (folder / "a/file").read_bytes() == b"1"
    assert tree.url_of("a/file") == f"file://{folder}/a/file"


def test_a_folder_with_the_sign_of_chained_urls_in_its_name(tmp_path: Path) -> None:
    tree = open_tree(f"file://{tmp_path}/a::b ~ %20")
    tree.write("c", b"1")
    assert (tmp_path / "a::b ~ %20" / "c").read_bytes() == b"1"
    assert tree.keys_below("") == ["c"]


@pytest.mark.parametrize("url", ["", "store", "file://store", "file://", "file:///", "~/store"])
def test_a_local_store_needs_an_absolute_folder(url: str) -> None:
    with pytest.raises(ConfigurationError, match="absolute path") as refusal:
        open_tree(url)
    assert repr(url) in str(refusal.value)


def test_unknown_kinds_of_storage_are_refused_without_showing_credentials() -> None:
    with pytest.raises(ConfigurationError, match="'nosuch'") as refusal:
        open_tree("nosuch://user:hunter2@host/bucket")
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("kind", ["ftp", "sftp", "zip", "github", "http", "cached"])
def test_storage_that_may_show_half_a_file_is_refused(kind: str) -> None:
    with pytest.raises(ConfigurationError, match=f"APP_BUILDER_ARTIFACT_STORE: .*'{kind}'"):
        open_tree(f"{kind}://host/bucket")


@pytest.mark.parametrize(
    "url", ["simplecache::s3://bucket/x", "memory://a::b", "s3://bucket/a.zip::file:///x"]
)
def test_chained_urls_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"_ARTIFACT_STORE: .* a chain of URLs"):
        open_tree(url)


def test_storage_in_memory_can_be_used() -> None:
    tree = open_tree("memory://test-trees")
    tree.write("a/file", b"1")
    assert tree.keys_below("") == ["a/file"]


@pytest.mark.usefixtures("_buckets")
@pytest.mark.parametrize("url", ["gs://", "gs:///"])
def test_a_url_without_a_bucket_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="names no bucket"):
        open_tree(url)


@pytest.mark.usefixtures("_buckets")
def test_storage_that_cannot_be_set_up_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="the kind 'gs': a project is needed"):
        open_tree("gs://no-project/prefix")


def test_a_new_file_has_the_rights_the_process_gives_new_files(
    tree: ObjectTree, folder: Path
) -> None:
    umask = os.umask(0o022)
    try:
        tree.write("file", b"1")
    finally:
        os.umask(umask)
    assert (folder / "file").stat().st_mode & 0o777 == 0o644


def test_a_write_that_fails_leaves_nothing(tree: ObjectTree, folder: Path) -> None:
    tree.write("a/file", b"1")
    with pytest.raises(IsADirectoryError):
        tree.write("a", b"2")
    assert unfinished_in(folder) == []
    assert tree.keys_below("") == ["a/file"]


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_writer_killed_half_way_changes_nothing_that_is_seen(
    tree: ObjectTree, folder: Path, start_python: StartPython, moment: str
) -> None:
    tree.write("a/file", b"old")
    writer = start_python(DIE_WHILE_WRITING, f"file://{folder}", moment)
    assert writer.wait() == -signal.SIGKILL
    assert [path.stat().st_size for path in unfinished_in(folder)] == [1000]
    assert tree.read("a/file") == b"old"
    assert tree.keys_below("") == ["a/file"]
    assert tree.keys_below("a") == ["a/file"]


def test_a_reader_beside_a_writing_process_never_sees_half_a_file(
    tree: ObjectTree, folder: Path, start_python: StartPython
) -> None:
    tree.write("a/file", b"x" * SIZE)
    whole = {b"x" * SIZE, b"y" * SIZE}
    for _ in range(3):
        writer = start_python(WRITE_FOR_EVER, f"file://{folder}")
        assert writer.stdout is not None
        assert writer.stdout.readline() == "ready\n"
        seen: set[bytes] = set()
        for _ in range(2_000):
            seen.add(tree.read("a/file"))
            assert tree.keys_below("a") == ["a/file"]
            if seen == whole:
                break
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        assert seen == whole
        assert tree.read("a/file") in whole
        assert tree.keys_below("") == ["a/file"]


def test_links_that_lead_out_are_refused_for_every_use(
    tree: ObjectTree, folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    folder.mkdir()
    (folder / "away").symlink_to(outside)
    (folder / "file").symlink_to(outside / "secret")
    for key in ("away/secret", "away/new/file", "file"):
        uses = (tree.read, tree.is_file, tree.remove, partial(tree.write, data=b"1"))
        for use in uses:
            with pytest.raises(InputError, match="leads it out of the store") as refusal:
                use(key)
            assert repr(key) in str(refusal.value)
    with pytest.raises(InputError, match="leads it out of the store"):
        tree.keys_below("away")
    assert tree.keys_below("") == []
    assert [path.name for path in outside.iterdir()] == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"


def test_a_folder_beside_the_store_with_a_longer_name_is_outside(
    tree: ObjectTree, folder: Path, tmp_path: Path
) -> None:
    folder.mkdir()
    (tmp_path / "store-2").mkdir()
    (folder / "a").symlink_to(tmp_path / "store-2")
    with pytest.raises(InputError):
        tree.write("a/file", b"1")


def test_links_that_stay_inside_are_read_and_replaced_but_not_listed(
    tree: ObjectTree, folder: Path
) -> None:
    tree.write("real/file", b"1")
    (folder / "link").symlink_to(folder / "real/file")
    (folder / "loop").symlink_to(folder)
    assert tree.read("link") == b"1"
    assert tree.keys_below("") == ["real/file"]
    tree.write("link", b"2")
    assert tree.read("real/file") == b"1"
    assert tree.keys_below("") == ["link", "real/file"]


def test_a_link_that_comes_later_is_noticed_as_well(
    tree: ObjectTree, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside/b").mkdir(parents=True)
    tree.write("a/b/file", b"1")
    tree.write("a/b/file", b"2")
    (folder / "a").rename(folder / "c")
    (folder / "a").symlink_to(tmp_path / "outside")
    for use in (partial(tree.write, data=b"3"), tree.read):
        with pytest.raises(InputError, match="leads it out of the store"):
            use("a/b/file")
    tree.write("c/b/file", b"4")
    (folder / "c/b/link").symlink_to(tmp_path / "outside/b/secret")
    with pytest.raises(InputError, match="leads it out of the store"):
        tree.write("c/b/link", b"5")
    assert list((tmp_path / "outside/b").iterdir()) == []


def test_a_link_beside_a_folder_that_is_known_is_noticed_as_well(
    tree: ObjectTree, folder: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    tree.write("a/b/file", b"1")
    tree.write("a/c/file", b"2")
    assert tree.read("a/c/file") == b"2"
    (folder / "a/d").symlink_to(outside)
    for use in (partial(tree.write, data=b"3"), tree.read):
        with pytest.raises(InputError, match="leads it out of the store"):
            use("a/d/file")
        with pytest.raises(InputError, match="leads it out of the store"):
            use("a/d/e/file")
    assert list(outside.iterdir()) == []


def test_folders_without_number_are_not_all_remembered(
    tree: ObjectTree, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trees, "_MOST_FOLDERS", 2)
    for number in range(5):
        for _ in range(2):
            tree.write(f"{number}/file", b"1")
    assert len(tree.keys_below("")) == 5


def test_a_store_behind_a_link_is_a_store(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    tree = open_tree(f"file://{tmp_path}/link")
    tree.write("a/file", b"1")
    assert tree.read("a/file") == b"1"
    assert tree.keys_below("") == ["a/file"]


def test_a_folder_that_cannot_be_listed_is_not_taken_for_empty(
    tree: ObjectTree, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree.write("a/file", b"1")
    listing = os.scandir

    def refuse(path: str) -> object:
        if Path(path).name == "a":
            raise PermissionError(13, "Permission denied", path)
        return listing(path)

    monkeypatch.setattr(os, "scandir", refuse)  # a superuser's tests are refused no folder
    with pytest.raises(PermissionError):
        tree.keys_below("")


def test_what_is_placed_is_whole_and_leaves_nothing_behind(tmp_path: Path) -> None:
    tree = open_tree(f"file://{tmp_path}")
    assert isinstance(tree, FolderTree)
    tree.place("a/b.txt", b"one")
    tree.place("a/b.txt", b"two")
    assert tree.read("a/b.txt") == b"two"
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        tree.place("folder", b"x")
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "b.txt", "folder"]
