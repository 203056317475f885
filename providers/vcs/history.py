"""A repository's history as data: the same commits give the same ids on any machine."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from core.errors import VersionControlError
from providers.vcs.commits import DEFAULT_AUTHOR, Author, Commit, FileChange
from providers.vcs.fast_import import Target, import_stream
from providers.vcs.folder import replace_folder
from providers.vcs.git import Git
from providers.vcs.names import check_branch, check_commit_id
from providers.vcs.repository import absolute, branch_head, is_there, opened
from providers.vcs.tree import TreeFile, read_files

__all__ = [
    "DEFAULT_AUTHOR",
    "Author",
    "Commit",
    "FileChange",
    "checkout",
    "head",
    "read_tree",
    "write_history",
]

FIRST_DATE = int(datetime(2025, 1, 1, tzinfo=UTC).timestamp())
"""Date of a history's first commit, in seconds since 1970 UTC; each next is a second later."""


async def write_history(
    repository: Path,
    commits: Sequence[Commit],
    *,
    branch: str,
    author: Author = DEFAULT_AUTHOR,
    parent: str | None = None,
) -> list[str]:
    """Write commits, and make a branch point to the last one, wherever it pointed before.

    Ids depend on nothing but the arguments. Killed at any point, it leaves the branch as it was or
    as it shall be; writing the same again is harmless.

    Args:
        repository: folder of a bare repository, which is made if there is none.
        commits: in order, each standing on the one before.
        branch: points to the last commit afterwards; to `parent` if there are no commits.
        author: author and committer of every commit.
        parent: full id of the commit that the first one stands on; `None` begins a history.

    Returns:
        Ids of the commits, in order.

    Raises:
        VersionControlError: a name, path or content cannot be committed; there is neither a commit
            nor a parent; the parent does not exist; or git failed.
    """
    check_branch(branch)
    if not commits and parent is None:
        raise VersionControlError(f"branch {branch!r} would have no commit to point to")
    if parent is not None:
        check_commit_id(parent)
    async with opened(repository) as git:
        first_date = FIRST_DATE if parent is None else await _date(git, parent) + 1
        stream = import_stream(commits, Target(branch, author, parent, first_date))
        # `--force` lets the branch leave what it pointed to.
        output = await git.run(
            "fast-import", "--quiet", "--force", "--date-format=raw", stdin=stream
        )
        return output.decode().split()


async def head(repository: Path, branch: str) -> str | None:
    """Id of the commit a branch points to; `None` if there is no such branch or repository.

    Raises:
        VersionControlError: the branch's name is not sound, or git failed.
    """
    check_branch(branch)
    folder = absolute(repository)
    return await branch_head(Git(folder), branch) if is_there(folder) else None


async def read_tree(repository: Path, commit: str) -> dict[str, str]:
    """Read every file of a commit: text by path, in git's order.

    Raises:
        VersionControlError: there is no such commit, or a file is not UTF-8 text.
    """
    files = await read_files(Git(absolute(repository)), commit)
    return {file.path: _text(file, commit) for file in files}


async def checkout(repository: Path, commit: str, folder: Path) -> None:
    """Write exactly the files of a commit into a folder, and nothing else: no `.git`, no links.

    What the folder held before is removed. It changes from old to new only when all is written.

    Args:
        repository: folder of the bare repository.
        commit: full id of the commit.
        folder: made with its parents if there is none.

    Raises:
        VersionControlError: there is no such commit, or the folder cannot be replaced.
    """
    source = absolute(repository)
    _refuse_target(folder, source)
    files = await read_files(Git(source), commit)
    try:
        await asyncio.to_thread(replace_folder, folder, files)
    except OSError as error:
        raise VersionControlError(
            f"cannot write commit {commit} to {str(folder)!r}: {error}"
        ) from error


def _refuse_target(folder: Path, repository: Path) -> None:
    """Refuse a folder whose replacement would remove something else."""
    place = folder.resolve()
    nested = repository.is_relative_to(place) or place.is_relative_to(repository)
    if nested or folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise VersionControlError(
            f"cannot check out into {str(folder)!r}: it is a link, a file, or one with the "
            f"repository {str(repository)!r}; give a folder of its own"
        )


async def _date(git: Git, commit: str) -> int:
    """Date of a commit, in seconds since 1970 UTC."""
    return int(await git.run("log", "--max-count=1", "--format=%ct", f"{commit}^{{commit}}"))


def _text(file: TreeFile, commit: str) -> str:
    try:
        return file.content.decode()
    except UnicodeDecodeError as error:
        raise VersionControlError(f"file {file.path!r} of commit {commit} is not UTF-8") from error
