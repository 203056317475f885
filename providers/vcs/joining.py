"""Brings a build's commit together with what a repository already has, without losing either."""

from dataclasses import dataclass

from core.errors import PublishingRefusedError
from core.layout import COMMITTED_REPORT
from providers.vcs.common_ground import Earlier, Ground, common_ground, initial_message
from providers.vcs.git import Git
from providers.vcs.git_objects import (
    Merge,
    blobs_of,
    commit_after,
    is_ancestor,
    merged_histories,
    object_id,
    three_way,
    tree_of,
    with_file_of,
)
from providers.vcs.release import Release

_FILES_SHOWN = 10

_STATE = """# {title}

The build `{build}` is not verified yet. What there is of it is on the branch `{branch}`, with a
pull request that says what is missing.
"""


@dataclass(frozen=True, slots=True)
class Joined:
    """What is published of a release.

    Attributes:
        commit: for a branch; it may hold what people changed as well.
        generated: holds the release's files and nothing else, and stands on what was generated
            before: what the next build is compared with. `None` where nothing is new.
        is_first: whether the default branch has nothing that was generated yet.
        conflicts: paths of the files that the default branch changed in the same lines. Then
            `commit` is for a branch of the build's own alone, and has nothing of that.
    """

    commit: str
    generated: str | None
    is_first: bool = False
    conflicts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """A branch that a release goes on from.

    Attributes:
        name: of the branch.
        tip: the commit that it points to.
    """

    name: str
    tip: str


async def initial_commit(git: Git, release: Release) -> str:
    """A commit for the default branch of a repository whose first build is not verified.

    It depends on the release alone, so that a second attempt makes the same one.
    """
    text = _STATE.format(title=release.title, build=release.build, branch=release.branch_of_change)
    blob = await object_id(git, "hash-object", "-w", "--stdin", stdin=text)
    tree = await object_id(git, "mktree", stdin=f"100644 blob {blob}\tREADME.md\n")
    message = initial_message(release.build)
    return await commit_after(git, tree, (), message, after=release.commit)


async def joined(git: Git, release: Release, head: str, earlier: Earlier) -> Joined:
    """A commit with the release's change on top of the default branch's head.

    What was generated earlier is the common ground: what the release changed since then, and what
    people and other builds changed since then, are merged. So generated commits stand on generated
    ones alone, and what people did is never taken for something that a build made. Where nothing
    generated is on the branch yet, the ground is what an unverified first build left there.

    Args:
        git: has the release's commit, the head and all earlier ones.
        release: what is published.
        head: of the default branch.
        earlier: the `generated` of this project's builds before.

    Returns:
        The commits; the head itself where it has all of the release.

    Raises:
        PublishingRefusedError: the branch has a history that no build of the project is in.
    """
    if await is_ancestor(git, head, release.commit):
        return Joined(release.commit, release.commit)
    if await is_ancestor(git, release.commit, head):
        return Joined(head, None)
    if await tree_of(git, release.commit) == await tree_of(git, head):
        return Joined(head, None)
    ground = await _ground(git, release, head, earlier, "the repository's default branch")
    if await _has_files_of(git, ground, release):
        return Joined(head, None)
    change = await _change(git, release, ground)
    if head == ground.commit and ground.is_generated:
        return Joined(change, change)
    merge = await _merged(git, ground, head, change, earlier)
    if merge.conflicts:
        alone = change if ground.is_generated else await _begun_at(git, release, ground, change)
        return Joined(alone, change, conflicts=merge.conflicts)
    if merge.tree == await tree_of(git, head):
        return Joined(head, None)
    message = _message(release) if not ground.is_generated else f"Merge {_message(release)}"
    commit = await commit_after(git, merge.tree, (head, change), message, after=head)
    return Joined(commit, change, is_first=not ground.is_generated)


async def follow_up(
    git: Git, release: Release, new: Joined, *, head: str, own: Branch, earlier: Earlier
) -> Joined:
    """What a release's own branch moves on to, keeping what people committed to it.

    The common ground is what was generated for this branch last, with what it had of the default
    branch then. So it gets what is new of both.

    Args:
        git: has all the commits.
        release: what is published.
        new: what `joined` gave for it.
        head: of the default branch.
        own: the release's branch as it is.
        earlier: the `generated` of this project's builds before.

    Returns:
        The commits; the tip itself where it has the release and the default branch already,
        whatever people added since. Where the default branch is in the way, the commit is without
        what is new of that.

    Raises:
        PublishingRefusedError: people changed the same lines on the branch; or it has a history
            that no build of the project is in.
    """
    tip = own.tip
    if await is_ancestor(git, tip, new.commit):
        return new
    ground = await _ground(git, release, tip, earlier, f"the branch {own.name!r}")
    has_release = await _has_files_of(git, ground, release)
    change = None if has_release else await _change(git, release, ground)
    if await is_ancestor(git, head, tip):
        return Joined(await _with_change(git, release, ground, own, change, earlier), change)
    conflicts: tuple[str, ...] = ()
    if not new.conflicts:
        parted = await _as_parted(git, release, ground, head, tip, earlier)
        merge = await _merged(git, parted, tip, new.commit, earlier)
        if not merge.conflicts:
            parents = (tip, head) if change is None else (tip, head, change)
            message = f"Merge {_message(release)}"
            return Joined(await commit_after(git, merge.tree, parents, message, after=tip), change)
        conflicts = merge.conflicts
    alone = await _with_change(git, release, ground, own, change, earlier)
    there, left = await _with_head(git, release, head, alone, earlier)
    if conflicts or left:
        return Joined(alone, change, conflicts=left or conflicts)
    return Joined(there, change)


async def _as_parted(
    git: Git, release: Release, ground: Ground, head: str, tip: str, earlier: Earlier
) -> Ground:
    """What was generated for a branch, with what the branch has of the default one.

    Git's own common ground of the two would not do: where the change that this one goes on from was
    squashed, it would bring back what this one takes away.
    """
    bases = (await git.run("merge-base", head, tip, accepted=(0, 1))).decode().split()
    if not bases:
        return ground
    before = release.model_copy(update={"commit": ground.commit})
    parted = await joined(git, before, bases[0], earlier)
    return ground if parted.conflicts else Ground(parted.commit, is_generated=True)


async def _with_change(
    git: Git,
    release: Release,
    ground: Ground,
    own: Branch,
    change: str | None,
    earlier: Earlier,
) -> str:
    """A commit of the release's own branch that has its change, and nothing new of others."""
    if change is None:
        return own.tip
    merge = await _merged(git, ground, own.tip, change, earlier)
    if merge.conflicts:
        raise PublishingRefusedError(
            f"people changed the same lines as this build: {shown(merge.conflicts)}; nothing was "
            f"changed. Take their changes back on the branch {own.name!r}, or merge its pull "
            "request and delete the branch; then start the build again"
        )
    message = f"Merge {_message(release)}"
    return await commit_after(git, merge.tree, (own.tip, change), message, after=own.tip)


async def _with_head(
    git: Git, release: Release, head: str, commit: str, earlier: Earlier
) -> tuple[str, tuple[str, ...]]:
    """A commit that has the default branch's head as well, as everybody's git merges them.

    Returns:
        The commit, and the paths of the files that stand in the way; then it is the one before.
    """
    merge = await merged_histories(git, commit, head)
    commits = [head, *sorted(earlier.builds)]
    theirs, *generated = await blobs_of(git, commits, COMMITTED_REPORT)
    settled = merge
    if not theirs or theirs in generated:  # it stays away, or is no matter of lines
        settled = await _with_report(git, merge, commit if theirs else head)
    if settled.conflicts:
        return commit, merge.conflicts
    message = f"Merge {_message(release)}"
    return await commit_after(git, settled.tree, (commit, head), message, after=commit), ()


def shown(paths: tuple[str, ...]) -> str:
    """Paths for a message, not too many of them."""
    more = len(paths) - _FILES_SHOWN
    return ", ".join(paths[:_FILES_SHOWN]) + (f" and {more} more" if more > 0 else "")


async def _ground(git: Git, release: Release, head: str, earlier: Earlier, branch: str) -> Ground:
    ground = await common_ground(git, release, head, earlier)
    if ground is None:
        raise PublishingRefusedError(
            f"{branch} has a history that no build of the project {release.project!r} is in; "
            "nothing was changed. Publish under another name, or bring the commit "
            f"{release.commit} in by hand"
        )
    return ground


async def _has_files_of(git: Git, ground: Ground, release: Release) -> bool:
    """Whether a branch's newest generated state is the release's."""
    same = await tree_of(git, ground.commit) == await tree_of(git, release.commit)
    return ground.is_generated and same


async def _change(git: Git, release: Release, ground: Ground) -> str:
    """A commit of the release's files alone, on what was generated before."""
    if not ground.is_generated or await is_ancestor(git, ground.commit, release.commit):
        return release.commit  # a commit a file
    tree = await tree_of(git, release.commit)
    return await commit_after(git, tree, (ground.commit,), _message(release), after=ground.commit)


async def _begun_at(git: Git, release: Release, ground: Ground, change: str) -> str:
    """A commit with a release's files that GitHub sees to have begun where the branch did."""
    tree = await tree_of(git, change)
    parents = (ground.commit, change)
    return await commit_after(git, tree, parents, _message(release), after=change)


async def _merged(git: Git, ground: Ground, ours: str, theirs: str, earlier: Earlier) -> Merge:
    """What both sides changed since the ground.

    The report is no matter of lines: one that a build generated gives way to the release's as a
    whole, and where people took it away it stays away. What people wrote in it is merged.
    """
    merge = await three_way(git, ground.commit, ours, theirs)
    commits = [ground.commit, ours, *sorted(earlier.builds)]
    before, now, *generated = await blobs_of(git, commits, COMMITTED_REPORT)
    settled = now in generated if now else bool(before)
    return await _with_report(git, merge, theirs if now else ours) if settled else merge


async def _with_report(git: Git, merge: Merge, commit: str) -> Merge:
    """A merge in which the report is one commit's."""
    tree = await with_file_of(git, merge.tree, commit, COMMITTED_REPORT)
    return Merge(tree, tuple(path for path in merge.conflicts if path != COMMITTED_REPORT))


def _message(release: Release) -> str:
    return f"{release.title}\n\nApp-Builder-Build: {release.build}\n"
