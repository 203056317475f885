"""Publishes repositories into a folder of this machine, to be cloned from there."""

from pathlib import Path

from core.errors import VersionControlError
from providers.vcs.git import CONFIGURATION, Git
from providers.vcs.names import SUPERSEDED, check_branch, check_commit_id, check_slug
from providers.vcs.publisher import Publication
from providers.vcs.release import Release
from providers.vcs.repository import absolute, branch_head, opened

_SHORT_ID = 12


class LocalPublisher:
    """A `Publisher` whose repositories are bare ones, `<folder>/<name>.git`.

    Killed at any point, it leaves a repository that is whole, and publishing again finishes it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def publish(self, source: Path, release: Release) -> Publication:
        """Make a branch point to the release's commit; see `Publisher.publish`.

        What changes a default branch that is there has a branch of its own, for people to merge.

        If the branch holds commits that the new one does not stand on, they are kept under a branch
        of their own before it moves. A plain clone checks out the default branch where there is
        one, else what was published last.
        """
        commit, default_branch = check_commit_id(release.commit), release.default_branch
        for each in (release.branch_of_change, default_branch):
            _check_public_branch(each)
        repository = absolute(self._folder / f"{check_slug(release.name)}.git")
        async with opened(repository) as git:
            branch = default_branch if release.green else release.branch_of_change
            if release.is_change and await branch_head(git, default_branch) is not None:
                branch = release.branch_of_change
            superseded = await _move_branch(git, absolute(source), branch, commit)
            await _point_head(git, default_branch, branch)
        return Publication(
            location=str(repository), branch=branch, commit=commit, superseded=superseded
        )


def _check_public_branch(branch: str) -> None:
    if f"{check_branch(branch)}/".startswith(SUPERSEDED):
        raise VersionControlError(
            f"cannot publish to the branch {branch!r}: {SUPERSEDED!r} keeps what was published "
            "before; choose another name"
        )


async def _move_branch(git: Git, source: Path, branch: str, commit: str) -> str | None:
    """Point a branch to a commit; return the branch that keeps what was there, if it is needed."""
    old = await branch_head(git, branch)
    if old == commit:
        return None
    await _fetch(git, source, commit)
    superseded = None if old is None else await _keep(git, old, commit)
    # Only from where it was read, in case somebody pushed to it in between.
    await git.run("update-ref", f"refs/heads/{branch}", commit, old or "0" * len(commit))
    return superseded


async def _fetch(git: Git, source: Path, commit: str) -> None:
    """Copy a commit and all it stands on."""
    # The reading side of a fetch is given no settings by git, so they are written out; a shell
    # takes them apart again.
    settings = " ".join(f"-c '{setting}'" for setting in CONFIGURATION)
    await git.run(
        "fetch",
        "--quiet",
        "--no-tags",
        "--no-write-fetch-head",
        "--no-auto-maintenance",
        "--no-recurse-submodules",
        f"--upload-pack=git {settings} -c uploadpack.allowAnySHA1InWant=true upload-pack",
        str(source),
        commit,
    )


async def _keep(git: Git, old: str, new: str) -> str | None:
    """Keep the commits that only `old` has under a branch of their own, if there are any."""
    if not await git.run("rev-list", "--max-count=1", old, f"^{new}"):
        return None
    branch = f"{SUPERSEDED}{old[:_SHORT_ID]}"
    if await branch_head(git, branch) != old:
        await git.run("update-ref", f"refs/heads/{branch}", old, "0" * len(old))
    return branch


async def _point_head(git: Git, default_branch: str, branch: str) -> None:
    """Let a plain clone check out the default branch, or the one just published without it."""
    shown = branch if await branch_head(git, default_branch) is None else default_branch
    reference = f"refs/heads/{shown}"
    if (await git.run("symbolic-ref", "HEAD")).decode().strip() != reference:
        await git.run("symbolic-ref", "HEAD", reference)
