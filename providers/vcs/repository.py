"""A bare repository to be written to: one writer at a time, and whole or not there at all."""

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from core.errors import VersionControlError
from providers.vcs.git import Git

INITIAL_BRANCH = "main"
_LOCK_POLL_SECONDS = 0.02


@asynccontextmanager
async def opened(repository: Path) -> AsyncGenerator[Git]:
    """Open a bare repository for writing, making it if there is none.

    Waits for other writers. A new repository is prepared aside, and gets its name only when the
    block ends well. What a killed writer left behind is cleared away first.

    Args:
        repository: the bare repository's folder; its lock is the file beside it that ends in
            `.lock`.

    Raises:
        VersionControlError: the folder cannot be written, or holds something else.
    """
    folder = absolute(repository)
    try:
        _make_room(folder)
        async with _locked(folder.with_name(f".{folder.name}.lock")) as lock:
            if is_there(folder):
                git = Git(folder, lock)
                await _check_bare(git)
                _clear_stale_locks(folder)
                yield git
            else:
                async with _prepared_aside(folder, lock) as git:
                    yield git
    except OSError as error:
        raise VersionControlError(
            f"cannot write the repository {str(folder)!r}: {error}"
        ) from error


def absolute(repository: Path) -> Path:
    """A repository's folder, fit to be handed to git."""
    return repository.resolve()


def is_there(folder: Path) -> bool:
    """Whether a folder holds anything; an empty one is room for a new repository."""
    return folder.is_dir() and any(folder.iterdir())


async def branch_head(git: Git, branch: str) -> str | None:
    """Id of the commit a branch points to; `None` if there is no such branch."""
    name = f"refs/heads/{branch}"
    output = await git.run("for-each-ref", "--format=%(refname) %(objectname)", name)
    for line in output.decode().splitlines():
        reference, _, commit = line.partition(" ")
        if reference == name:  # git also lists what is below the name, as in a folder
            return commit
    return None


def _make_room(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)


@asynccontextmanager
async def _locked(file: Path) -> AsyncGenerator[int]:
    """Hold an exclusive lock, which the system releases however its holders end."""
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        while not _try_lock(descriptor):  # noqa: ASYNC110 -- the holder may be another process
            await asyncio.sleep(_LOCK_POLL_SECONDS)
        yield descriptor
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _check_bare(git: Git) -> None:
    answer = await git.run("rev-parse", "--is-bare-repository")
    if answer.strip() != b"true":
        raise VersionControlError(f"{str(git.folder)!r} is not a bare repository")


def _clear_stale_locks(folder: Path) -> None:
    """Remove the lock files of git commands that were killed.

    We hold the repository's own lock, which every command inherits, so none of ours is running.
    """
    for name in ("HEAD.lock", "config.lock", "packed-refs.lock"):
        (folder / name).unlink(missing_ok=True)
    for file in (folder / "refs").rglob("*.lock"):
        file.unlink()


@asynccontextmanager
async def _prepared_aside(folder: Path, lock: int) -> AsyncGenerator[Git]:
    aside = folder.with_name(f".{folder.name}.new")
    if aside.exists():
        shutil.rmtree(aside)
    git = Git(aside, lock)
    try:
        await git.run(
            "init", "--quiet", "--bare", "--template=", f"--initial-branch={INITIAL_BRANCH}"
        )
        yield git
        aside.rename(folder)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)  # the error that led here tells more
        raise
