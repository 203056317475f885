"""What GitHub says was merged: how generated commits came to a branch that squashed them."""

from collections.abc import Mapping

from github.Repository import Repository

from providers.vcs.git import Git
from providers.vcs.git_objects import history_of, object_id
from providers.vcs.github_pulls import MergedPull, merged_pulls
from providers.vcs.github_retry import until_cancelled
from providers.vcs.push import Remote, fetch_refs


async def merges_of(
    git: Git, remote: Remote, repository: Repository, head: str, builds: Mapping[str, str]
) -> dict[str, set[str]]:
    """The commits of a branch that brought generated ones which its history does not have.

    People may change anything before they squash, so that no comparison of files tells what they
    merged; GitHub knows. Nothing is asked where the history has all generated commits.

    Args:
        git: of `remote_git`; has the head and all generated commits.
        remote: the server.
        repository: has the pull requests.
        head: of the branch.
        builds: by the id of each generated commit, the build that made it.

    Raises:
        PublishingRefusedError: GitHub does not allow it.
        RemoteFailedError: GitHub or the network failed.
    """
    history = await history_of(git, head)
    unknown = set(builds) - history
    if not unknown:
        return {}
    names = {builds[commit] for commit in unknown}
    branches = {f"{kind}/{name}" for kind in ("build", "review") for name in names}
    pulls = await until_cancelled(merged_pulls, repository, branches)
    brought = [pull for pull in pulls if pull.merge in history]
    merges: dict[str, set[str]] = {}
    for pull in await _fetched(git, remote, brought):
        for commit in unknown & await history_of(git, pull.tip):
            merges.setdefault(commit, set()).add(pull.merge)
    return merges


async def _fetched(git: Git, remote: Remote, pulls: list[MergedPull]) -> list[MergedPull]:
    """Those of which the server has what was merged; it is here then."""
    lacking = [pull for pull in pulls if not await _is_here(git, pull.tip)]
    if lacking:
        await fetch_refs(git, remote, [f"refs/pull/{pull.number}/head" for pull in lacking])
    return [pull for pull in pulls if await _is_here(git, pull.tip)]


async def _is_here(git: Git, commit: str) -> bool:
    said = await object_id(git, "cat-file", "--batch-check", stdin=f"{commit}\n")
    return not said.endswith(" missing")
