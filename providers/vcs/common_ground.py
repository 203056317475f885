"""Finds the generated state that a release and a branch share, however people brought it there."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from core.layout import COMMITTED_REPORT
from providers.vcs.git import Git
from providers.vcs.git_objects import (
    commit_after,
    history_of,
    object_id,
    three_way,
    tree_of,
    with_file_of,
)
from providers.vcs.release import Release

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


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was generated for a project before.

    Attributes:
        builds: by the id of each generated commit, the build that made it.
        merges: by the id of a generated commit, the commits that brought it to a branch without
            being its descendants, as the place says where people merge.
    """

    builds: Mapping[str, str]
    merges: Mapping[str, Collection[str]] = field(default_factory=dict[str, Collection[str]])


def initial_message(build: str) -> str:
    """Message of the initial commit of a repository whose first build is not verified."""
    return f"{_INITIAL.format(build)}\n"


async def common_ground(git: Git, release: Release, head: str, earlier: Earlier) -> Ground | None:
    """What a release and a branch parted from: of the generated commits that the branch has, one.

    A branch has a generated commit that it stands on; and one whose change it has, because people
    squashed or rebased the pull request when they merged it: the place says so, whatever they
    changed before that, or bringing it in once more would change nothing.

    Of several it is what this build generated before, which the release replaces; else the one that
    the release was made from, though the branch has newer ones: these are other builds' changes,
    which the release knows nothing of and must not undo. A release that was made from none of them
    replaces all of them, and the newest counts.

    Args:
        git: has the release's commit, the head and all earlier ones.
        release: what is published.
        head: of the branch.
        earlier: the generated commits of the project's builds.

    Returns:
        `None` where the branch's history has nothing of the project.
    """
    initial = await _initial(git, head)
    history = await history_of(git, head)
    changes = [
        each
        for each in sorted(set(earlier.builds) - history)
        if not history.isdisjoint(earlier.merges.get(each, ()))
        or await _has_change(git, head, each, initial)
    ]
    found = [*sorted(history.intersection(earlier.builds)), *changes]
    if not found:
        return None if initial is None else Ground(initial, is_generated=False)
    own = [each for each in found if earlier.builds[each] == release.build]
    if own:
        return Ground(await _least_added(git, head, await _newest(git, own)), is_generated=True)
    begun = await _made_from(git, release.commit, found)
    return Ground(begun or await _all_of(git, head, await _newest(git, found)), is_generated=True)


async def _made_from(git: Git, commit: str, found: Collection[str]) -> str | None:
    """The generated commit that a build's history was at last, which goes back in one line.

    Published, a build's files may stand on another commit than in the build's own repository. Such
    a one is known by its tree.
    """
    log = await object_id(git, "log", "--first-parent", "--format=%H %T", commit)
    line = [entry.split() for entry in log.splitlines()]
    places = {own: place for place, (own, _) in enumerate(line)}
    trees = {tree: place for place, (_, tree) in reversed(list(enumerate(line))) if place}
    standing: dict[str, int] = {}
    for each in found:
        place = places.get(each, trees.get(await tree_of(git, each)))
        if place is not None:
            standing[each] = place
    return min(standing, key=lambda each: (standing[each], each), default=None)


async def _initial(git: Git, head: str) -> str | None:
    """The commit that a branch began with, if it is the one that tells of an unverified build."""
    output = await git.run("log", "--first-parent", "--max-parents=0", "--format=%H|%P|%s", head)
    found = re.fullmatch(r"(\w+)\|\|" + _INITIAL.format(r"\S+") + r"\n", output.decode())
    return found[1] if found else None


async def _newest(git: Git, commits: Collection[str]) -> list[str]:
    """Those that no other one stands on."""
    return sorted((await object_id(git, "merge-base", "--independent", *commits)).split())


async def _least_added(git: Git, head: str, commits: Collection[str]) -> str:
    """The one that a branch added least to."""
    added = [
        (int(await git.run("rev-list", "--count", head, f"^{each}")), each) for each in commits
    ]
    return min(added)[1]


async def _all_of(git: Git, head: str, commits: list[str]) -> str:
    """A commit that has what each of several builds generated that know nothing of each other.

    Where they changed the same lines, people decided between them, and it is the one that the
    branch added least to.
    """
    whole, *others = commits
    for each in others:
        bases = (await git.run("merge-base", whole, each, accepted=(0, 1))).decode().split()
        merge = await three_way(git, bases[0], whole, each) if bases else None
        if merge is None or set(merge.conflicts) - {COMMITTED_REPORT}:
            return await _least_added(git, head, commits)
        tree = await with_file_of(git, merge.tree, each, COMMITTED_REPORT)
        message = "Join what two builds generated\n"
        whole = await commit_after(git, tree, (whole, each), message, after=each)
    return whole


async def _has_change(git: Git, head: str, commit: str, initial: str | None) -> bool:
    """Whether one of a branch's latest commits has all that a generated one changed.

    Its report aside, which tells of the product and is no part of it.
    """
    walk = ("rev-list", "--first-parent", f"--max-count={_WALKED}", head, f"^{commit}")
    for each in (await object_id(git, *walk)).split():
        bases = (await git.run("merge-base", each, commit, accepted=(0, 1))).decode().split()
        base = bases[0] if bases else initial
        if base is None:  # two histories with nothing in common
            return False
        merge = await three_way(git, base, each, commit)
        if set(merge.conflicts) - {COMMITTED_REPORT}:
            continue
        tree = await with_file_of(git, merge.tree, each, COMMITTED_REPORT)
        if tree == await tree_of(git, each):
            return True
    return False
