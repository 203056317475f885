"""Finds the newest generated state that a branch has, however people brought it there."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from providers.vcs.git import Git
from providers.vcs.git_objects import object_id, three_way, tree_of

_WALKED = 50
"""Commits of a branch that are held to each generated one; a merge of trees costs about 20 ms."""

_INITIAL = "Say where {} is"


@dataclass(frozen=True, slots=True)
class Ground:
    """What both a build and a branch stand on.

    Attributes:
        commit: whose files were there when people and builds parted.
        is_generated: whether a build made it; else it is the initial commit of the repository.
    """

    commit: str
    is_generated: bool


def initial_message(build: str) -> str:
    """Message of the initial commit of a repository whose first build is not verified."""
    return f"{_INITIAL.format(build)}\n"


async def common_ground(git: Git, head: str, earlier: Collection[str]) -> Ground | None:
    """The newest of the generated commits that a branch has, else its initial commit.

    A branch has a generated commit that it stands on; and one whose change it has, because people
    squashed or rebased the pull request when they merged it: bringing it in once more would then
    change nothing.

    Args:
        git: has the head and all earlier ones.
        head: of the branch.
        earlier: the generated commits of the project's builds.

    Returns:
        `None` where the branch's history has nothing of the project.
    """
    initial = await _initial(git, head)
    history = set((await object_id(git, "rev-list", head)).split())
    unknown = sorted(set(earlier) - history)
    changes = [each for each in unknown if await _has_change(git, head, each, initial)]
    found = [*history.intersection(earlier), *changes]
    if found:
        return Ground(await _newest(git, head, found), is_generated=True)
    return None if initial is None else Ground(initial, is_generated=False)


async def _initial(git: Git, head: str) -> str | None:
    """The commit that a branch began with, if it is the one that tells of an unverified build."""
    output = await git.run("log", "--first-parent", "--max-parents=0", "--format=%H|%P|%s", head)
    found = re.fullmatch(r"(\w+)\|\|" + _INITIAL.format(r"\S+") + r"\n", output.decode())
    return found[1] if found else None


async def _newest(git: Git, head: str, commits: list[str]) -> str:
    """One that no other stands on; of several, the one that least was added to."""
    newest = (await object_id(git, "merge-base", "--independent", *commits)).split()
    added = [(int(await git.run("rev-list", "--count", head, f"^{each}")), each) for each in newest]
    return min(added)[1]


async def _has_change(git: Git, head: str, commit: str, initial: str | None) -> bool:
    """Whether one of a branch's latest commits has all that a generated one changed."""
    walk = ("rev-list", "--first-parent", f"--max-count={_WALKED}", head, f"^{commit}")
    for each in (await object_id(git, *walk)).split():
        bases = (await git.run("merge-base", each, commit, accepted=(0, 1))).decode().split()
        base = bases[0] if bases else initial
        if base is None:  # two histories with nothing in common
            return False
        merge = await three_way(git, base, each, commit)
        if not merge.conflicts and merge.tree == await tree_of(git, each):
            return True
    return False
