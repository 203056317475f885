import os
from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import VersionControlError
from providers.vcs.folder import replace_folder
from providers.vcs.history import Commit, FileChange, checkout, write_history
from providers.vcs.tree import TreeFile

TEXTS = {
    ".gitattributes": "* text eol=crlf\n",
    ".gitignore": "*.md\n",
    "README.md": "# Read me\n",
    "app/été.py": "print('é')\r\n",
    "app/deep/er/empty": "",
}


@pytest.fixture
async def commit(repository: Path) -> str:
    changes = tuple(FileChange(path, text) for path, text in TEXTS.items())
    return (await write_history(repository, [Commit("Write", changes)], branch="main"))[0]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def tree_of(folder: Path) -> dict[str, bytes]:
    assert not any(path.is_symlink() for path in folder.rglob("*"))
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


EXPECTED = {path: text.encode() for path, text in TEXTS.items()}


async def test_writes_exactly_the_tree(repository: Path, commit: str, tmp_path: Path):
    target = tmp_path / "new" / "tree"
    await checkout(repository, commit, target)
    assert tree_of(target) == EXPECTED
    assert names_in(target.parent) == ["tree"]


async def test_replaces_whatever_the_folder_held(repository: Path, commit: str, tmp_path: Path):
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o750)
    (outside / "kept").touch()
    target = tmp_path / "tree"
    await checkout(repository, commit, target)
    (target / "app" / "__pycache__").mkdir()
    (target / "app" / "__pycache__" / "x.pyc").touch()
    (target / "README.md").write_text("changed")
    (target / ".gitignore").unlink()
    (target / "link").symlink_to(outside)
    (target / "app" / "deep").chmod(0)
    target.chmod(0o500)
    await checkout(repository, commit, target)
    assert tree_of(target) == EXPECTED
    assert (outside / "kept").exists()
    assert outside.stat().st_mode & 0o777 == 0o750


async def test_clears_what_a_killed_checkout_left(repository: Path, commit: str, tmp_path: Path):
    target = tmp_path / "tree"
    for leftover in (tmp_path / ".tree.new", tmp_path / ".tree.old"):
        leftover.mkdir()
        (leftover / "half").touch()
    await checkout(repository, commit, target)
    assert tree_of(target) == EXPECTED
    assert not (tmp_path / ".tree.new").exists()
    assert not (tmp_path / ".tree.old").exists()


async def test_takes_a_relative_folder(
    repository: Path, commit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(tmp_path)
    await checkout(repository.relative_to(tmp_path), commit, Path("tree"))
    assert tree_of(tmp_path / "tree") == EXPECTED


async def test_an_empty_commit_gives_an_empty_folder(repository: Path, tmp_path: Path):
    (commit,) = await write_history(repository, [Commit("x", ())], branch="main")
    await checkout(repository, commit, tmp_path / "tree")
    assert names_in(tmp_path / "tree") == []


async def test_refuses_a_folder_whose_replacement_would_remove_something_else(
    repository: Path, commit: str, tmp_path: Path
):
    file = tmp_path / "file"
    file.touch()
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    for target in (file, link, repository, repository.parent, repository / "refs", tmp_path):
        with pytest.raises(VersionControlError, match="give a folder of its own"):
            await checkout(repository, commit, target)
    assert file.exists()
    assert (repository / "HEAD").exists()


async def test_a_failure_leaves_the_folder_as_it_was(
    repository: Path, commit: str, tmp_path: Path, plain_git: Callable[..., str]
):
    target = tmp_path / "tree"
    target.mkdir()
    (target / "old").touch()
    with pytest.raises(VersionControlError, match="git ls-tree"):
        await checkout(repository, "0" * 40, target)
    blocked = tmp_path / "file" / "tree"
    (tmp_path / "file").touch()
    with pytest.raises(VersionControlError, match="cannot write commit"):
        await checkout(repository, commit, blocked)
    assert names_in(target) == ["old"]
    assert plain_git(f"--git-dir={repository}", "rev-parse", "main") == commit


def test_keeps_the_right_to_run_a_file(tmp_path: Path):
    files = [TreeFile("run", b"#!/bin/sh\n", executable=True), TreeFile("a", b"", executable=False)]
    replace_folder(tmp_path / "tree", files)
    assert os.access(tmp_path / "tree" / "run", os.X_OK)
    assert (tmp_path / "tree" / "a").stat().st_mode & 0o111 == 0


def test_two_files_that_are_one_are_refused(tmp_path: Path):
    (tmp_path / "tree").mkdir()
    (tmp_path / "tree" / "old").touch()
    twice = [TreeFile("a", b"1", executable=False), TreeFile("a", b"2", executable=False)]
    with pytest.raises(FileExistsError):
        replace_folder(tmp_path / "tree", twice)
    assert names_in(tmp_path / "tree") == ["old"]
    assert names_in(tmp_path) == ["tree"]
