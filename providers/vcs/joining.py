"""Brings a build's commit together with what a repository already has, without losing either."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.errors import PublishingRefusedError
from providers.vcs.commits import DEFAULT_AUTHOR
from providers.vcs.git import Git
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
    """

    commit: str
    generated: str | None


async def is_ancestor(git: Git, older: str, newer: str) -> bool:
    """Whether a commit is another one, or stands in its history."""
    return not await git.run("rev-list", "--max-count=1", older, f"^{newer}")


async def initial_commit(git: Git, release: Release) -> str:
    """A commit for the default branch of a repository whose first build is not verified.

    It depends on the release alone, so that a second attempt makes the same one.
    """
    text = _STATE.format(title=release.title, build=release.build, branch=release.branch_of_change)
    blob = await _object(git, "hash-object", "-w", "--stdin", stdin=text)
    tree = await _object(git, "mktree", stdin=f"100644 blob {blob}\tREADME.md\n")
    return await _commit(git, tree, (), f"Say where {release.build} is\n", after=release.commit)


async def joined(git: Git, release: Release, head: str, earlier: Collection[str]) -> Joined:
    """A commit with the release's change on top of a branch's head.

    What was generated earlier is the common ground: what the release changed since then, and what
    people changed since then, are merged. So generated commits stand on generated ones alone, and
    what people did is never taken for something that a build made. Where nothing of the project was
    published before, the branch must be as an unverified first build left it.

    Args:
        git: has the release's commit, the head and all earlier ones.
        release: what is published.
        head: of the default branch.
        earlier: the `generated` of this project's builds before.

    Returns:
        The commits; the head itself where the release has nothing new.

    Raises:
        PublishingRefusedError: people changed the same lines; or the branch has a history that no
            build of the project is in.
    """
    if await is_ancestor(git, head, release.commit):
        return Joined(release.commit, release.commit)
    if await is_ancestor(git, release.commit, head):
        return Joined(head, None)
    message = f"{release.title}\n\nApp-Builder-Build: {release.build}\n"
    tree = await _object(git, "rev-parse", f"{release.commit}^{{tree}}")
    if await is_initial(git, head):
        parents = (head, release.commit)
        commit = await _commit(git, tree, parents, message, after=release.commit)
        return Joined(commit, release.commit)
    base = await _common_ground(git, head, earlier)
    if base is None:
        raise PublishingRefusedError(
            "the repository's default branch has a history that no build of the project "
            f"{release.project!r} is in; nothing was changed. Publish under another name, or bring "
            f"the commit {release.commit} in by hand"
        )
    if tree == await _object(git, "rev-parse", f"{base}^{{tree}}"):
        return Joined(head, None)
    if await is_ancestor(git, base, release.commit):
        change = release.commit  # it went on from there, a commit a file
    else:
        change = await _commit(git, tree, (base,), message, after=base)
    if head == base:
        return Joined(change, change)
    merged = await _merged_tree(git, head, change)
    commit = await _commit(git, merged, (head, change), f"Merge {message}", after=head)
    return Joined(commit, change)


async def follow_up(git: Git, release: Release, tip: str, commit: str) -> str:
    """A commit with another one's files that a branch can move on to, keeping what it has.

    The branch's own tip where it has the other one already, whatever people added since.
    """
    if await is_ancestor(git, commit, tip):
        return tip
    if await is_ancestor(git, tip, commit):
        return commit
    tree = await _object(git, "rev-parse", f"{commit}^{{tree}}")
    return await _commit(git, tree, (tip, commit), f"{release.title}\n", after=tip)


async def is_initial(git: Git, head: str) -> bool:
    """Whether a commit is one that `initial_commit` made, and nobody added to it."""
    shown = (await git.run("log", "--max-count=1", "--format=%P|%s", head)).decode()
    return re.fullmatch(r"\|Say where \S+ is\n", shown) is not None


async def _common_ground(git: Git, head: str, earlier: Collection[str]) -> str | None:
    """The newest commit of an earlier build that the head stands on."""
    distances: list[tuple[int, str]] = []
    for commit in earlier:
        if await is_ancestor(git, commit, head):
            distance = int(await git.run("rev-list", "--count", f"{commit}..{head}"))
            distances.append((distance, commit))
    return min(distances)[1] if distances else None


async def _merged_tree(git: Git, head: str, change: str) -> str:
    output = await git.run(
        *("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", head, change),
        accepted=(0, 1),  # 1: there are conflicts
    )
    tree, *conflicts = [part for part in output.decode().split("\0") if part]
    if conflicts:
        raise PublishingRefusedError(
            f"people changed the same lines as this build: {', '.join(conflicts[:_FILES_SHOWN])}; "
            "nothing was changed. Bring their changes into the questionnaire's product by hand, "
            "or take them back, and publish again"
        )
    return tree


async def _commit(git: Git, tree: str, parents: Sequence[str], message: str, *, after: str) -> str:
    """Make a commit; its date is a second after another commit's, so that its id is the same."""
    date = int(await git.run("log", "--max-count=1", "--format=%ct", after)) + 1
    author = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", DEFAULT_AUTHOR.name),
            ("EMAIL", DEFAULT_AUTHOR.email),
            ("DATE", f"{date} +0000"),
        )
    }
    words = [word for parent in parents for word in ("-p", parent)]
    return await _object(git.with_variables(author), "commit-tree", tree, *words, stdin=message)


async def _object(git: Git, *arguments: str, stdin: str = "") -> str:
    return (await git.run(*arguments, stdin=stdin.encode())).decode().strip()
