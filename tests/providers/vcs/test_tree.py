from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import VersionControlError
from providers.vcs.git import Git
from providers.vcs.history import Commit, FileChange, read_tree, write_history
from providers.vcs.tree import TreeFile, read_files


async def write_tree(repository: Path, stream: str) -> str:
    """Commit what `write_history` would refuse, as another tool could have."""
    await write_history(repository, [Commit("x", ())], branch="main")
    commands = (
        f"commit refs/heads/other\nmark :1\ncommitter A <a@b> 0 +0000\ndata 1\nx\n{stream}\n"
        "get-mark :1\n"
    )
    output = await Git(repository).run("fast-import", "--quiet", stdin=commands.encode("latin-1"))
    return output.decode().strip()


async def test_reads_files_with_their_mode(repository: Path):
    commit = await write_tree(
        repository, "M 100755 inline run.sh\ndata 2\nhi\nM 100644 inline a/b\ndata 2\nho\n"
    )
    assert await read_files(Git(repository), commit) == [
        TreeFile("a/b", b"ho", executable=False),
        TreeFile("run.sh", b"hi", executable=True),
    ]


async def test_reads_an_empty_tree(repository: Path):
    (commit,) = await write_history(repository, [Commit("x", ())], branch="main")
    assert await read_tree(repository, commit) == {}


@pytest.mark.parametrize(
    ("stream", "reason"),
    [
        ("M 120000 inline link\ndata 11\n/etc/passwd\n", "b'link' has mode 120000"),
        (f"M 160000 {'1' * 40} module\n", "b'module' has mode 160000"),
        ('M 100644 inline "\\377"\ndata 0\n', r"path b'\\xff' is not UTF-8"),
        ("M 100644 inline a/.GIT/config\ndata 0\n", "git's own files"),
    ],
)
async def test_refuses_what_is_no_plain_file(repository: Path, stream: str, reason: str):
    commit = await write_tree(repository, stream)
    with pytest.raises(VersionControlError, match=reason):
        await read_files(Git(repository), commit)


async def test_refuses_content_that_is_not_text(repository: Path):
    commit = await write_tree(repository, "M 100644 inline a.bin\ndata 1\n\xff\n")
    with pytest.raises(VersionControlError, match=r"file 'a.bin' of commit [0-9a-f]{40} is not"):
        await read_tree(repository, commit)


@pytest.mark.parametrize("commit", ["0" * 40, "main", "--help", ""])
async def test_refuses_what_is_no_commit(repository: Path, commit: str):
    await write_history(repository, [Commit("x", ())], branch="main")
    with pytest.raises(VersionControlError, match=r"not a full commit id|git ls-tree"):
        await read_tree(repository, commit)


async def test_says_so_when_the_repository_is_not_there(repository: Path):
    with pytest.raises(VersionControlError, match="not a git repository"):
        await read_tree(repository, "0" * 40)


async def test_names_an_object_that_was_lost(repository: Path, plain_git: Callable[..., str]):
    commits = [Commit("x", (FileChange("a", "text"),))]
    (commit,) = await write_history(repository, commits, branch="main")
    blob = plain_git(f"--git-dir={repository}", "rev-parse", f"{commit}:a")
    (repository / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(VersionControlError, match=f"lacks the object {blob}"):
        await read_tree(repository, commit)
