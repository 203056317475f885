"""Brings a build's commit together with what a repository already has, without losing either."""

from collections.abc import Collection
from dataclasses import dataclass

from core.errors import PublishingRefusedError
from providers.vcs.common_ground import Ground, common_ground, initial_message
from providers.vcs.git import Git
from providers.vcs.git_objects import commit_after, is_ancestor, object_id, three_way, tree_of
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
    """

    commit: str
    generated: str | None
    is_first: bool = False


async def initial_commit(git: Git, release: Release) -> str:
    """A commit for the default branch of a repository whose first build is not verified.

    It depends on the release alone, so that a second attempt makes the same one.
    """
    text = _STATE.format(title=release.title, build=release.build, branch=release.branch_of_change)
    blob = await object_id(git, "hash-object", "-w", "--stdin", stdin=text)
    tree = await object_id(git, "mktree", stdin=f"100644 blob {blob}\tREADME.md\n")
    message = initial_message(release.build)
    return await commit_after(git, tree, (), message, after=release.commit)


async def joined(git: Git, release: Release, head: str, earlier: Collection[str]) -> Joined:
    """A commit with the release's change on top of the default branch's head.

    What was generated earlier is the common ground: what the release changed since then, and what
    people changed since then, are merged. So generated commits stand on generated ones alone, and
    what people did is never taken for something that a build made. Where nothing generated is on
    the branch yet, the ground is what an unverified first build left there.

    Args:
        git: has the release's commit, the head and all earlier ones.
        release: what is published.
        head: of the default branch.
        earlier: the `generated` of this project's builds before.

    Returns:
        The commits; the head itself where it has all of the release.

    Raises:
        PublishingRefusedError: people changed the same lines; or the branch has a history that no
            build of the project is in.
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
    merged = await _merged_tree(git, ground, head, change)
    if merged == await tree_of(git, head):
        return Joined(head, None)
    message = _message(release) if not ground.is_generated else f"Merge {_message(release)}"
    commit = await commit_after(git, merged, (head, change), message, after=head)
    return Joined(commit, change, is_first=not ground.is_generated)


async def follow_up(
    git: Git, release: Release, new: Joined, *, head: str, tip: str, earlier: Collection[str]
) -> Joined:
    """What a release's own branch moves on to, keeping what people committed to it.

    The common ground is what was generated for this branch last.

    Args:
        git: has all the commits.
        release: what is published.
        new: what `joined` gave for it.
        head: of the default branch.
        tip: of the release's branch.
        earlier: the `generated` of this project's builds before.

    Returns:
        The commits; the tip itself where it has the release already, whatever people added since.

    Raises:
        PublishingRefusedError: people changed the same lines on the branch; or it has a history
            that no build of the project is in.
    """
    if await is_ancestor(git, tip, new.commit):
        return new
    name = f"the branch {release.branch_of_change!r}"
    ground = await _ground(git, release, tip, earlier, name)
    if await _has_files_of(git, ground, release):
        return Joined(tip, None)
    change = await _change(git, release, ground)
    merged = await _merged_tree(git, ground, tip, new.commit)
    main = () if await is_ancestor(git, head, tip) else (head,)
    message = f"Merge {_message(release)}"
    commit = await commit_after(git, merged, (tip, *main, change), message, after=tip)
    return Joined(commit, change)


async def _ground(
    git: Git, release: Release, head: str, earlier: Collection[str], branch: str
) -> Ground:
    ground = await common_ground(git, head, earlier)
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


async def _merged_tree(git: Git, ground: Ground, head: str, change: str) -> str:
    merge = await three_way(git, ground.commit, head, change)
    if merge.conflicts:
        raise PublishingRefusedError(
            "people changed the same lines as this build: "
            f"{', '.join(merge.conflicts[:_FILES_SHOWN])}; nothing was changed. Bring their "
            "changes into the questionnaire's product by hand, or take them back, and publish again"
        )
    return merge.tree


def _message(release: Release) -> str:
    return f"{release.title}\n\nApp-Builder-Build: {release.build}\n"
