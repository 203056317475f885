"""A whole history as one file, so that any machine can go on from it."""

from pathlib import Path

from core.errors import VersionControlError
from providers.vcs.git import Git
from providers.vcs.names import check_branch, check_commit_id
from providers.vcs.repository import absolute, opened


async def write_bundle(repository: Path, branch: str) -> bytes:
    """Everything a branch stands on, as `git bundle` writes it.

    Args:
        repository: folder of a bare repository.
        branch: of it.

    Raises:
        VersionControlError: there is no such branch, or git failed.
    """
    git = Git(absolute(repository))
    return await git.run("bundle", "create", "--quiet", "-", f"refs/heads/{check_branch(branch)}")


async def read_bundle(repository: Path, bundle: bytes, commit: str) -> None:
    """Bring the commits of a bundle into a repository; its branches stay as they are.

    Args:
        repository: folder of a bare repository, which is made if there is none.
        bundle: as `write_bundle` made it.
        commit: full id of a commit that the bundle must have.

    Raises:
        VersionControlError: it is no bundle, lacks the commit, or git failed.
    """
    check_commit_id(commit)
    async with opened(repository) as git:
        await git.run("bundle", "unbundle", "/dev/stdin", stdin=bundle)
        try:
            await git.run("cat-file", "-e", f"{commit}^{{commit}}")
        except VersionControlError as error:
            raise VersionControlError(
                f"the bundle has no commit {commit!r}, on which the build is to stand"
            ) from error
