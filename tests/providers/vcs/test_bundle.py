"""A history as one file, written on one machine and gone on with on another."""

from pathlib import Path

import pytest

from core.errors import VersionControlError
from providers.vcs.bundle import read_bundle, write_bundle
from providers.vcs.history import Commit, FileChange, head, read_tree, write_history


def history(*texts: str) -> list[Commit]:
    return [Commit(f"Write {text}", (FileChange("a.txt", text),)) for text in texts]


async def test_a_history_goes_on_elsewhere(tmp_path: Path) -> None:
    here, there = tmp_path / "here.git", tmp_path / "there.git"
    ids = await write_history(here, history("1", "2"), branch="build")
    bundle = await write_bundle(here, "build")
    for _ in range(2):  # read again, nothing is different
        await read_bundle(there, bundle, ids[-1])
    assert await read_tree(there, ids[-1]) == {"a.txt": "2"}
    assert await head(there, "build") is None
    more = await write_history(there, history("3"), branch="build", parent=ids[-1])
    assert more == await write_history(here, history("3"), branch="build", parent=ids[-1])


async def test_what_is_no_bundle_or_lacks_the_commit_is_refused(tmp_path: Path) -> None:
    here = tmp_path / "here.git"
    ids = await write_history(here, history("1"), branch="build")
    bundle = await write_bundle(here, "build")
    with pytest.raises(VersionControlError, match="bundle"):
        await read_bundle(tmp_path / "a.git", b"no bundle", ids[0])
    with pytest.raises(VersionControlError, match="has no commit '0000"):
        await read_bundle(tmp_path / "b.git", bundle, "0" * 40)
    with pytest.raises(VersionControlError):
        await write_bundle(here, "another")
