"""Makes trees and commits in a bare repository, without a work tree and the same every time."""

from collections.abc import Sequence
from dataclasses import dataclass

from providers.vcs.commits import DEFAULT_AUTHOR
from providers.vcs.git import Git

_NO_DATE = 0
"""Of commits that are only made for git to merge them, and that nothing ever points to."""


@dataclass(frozen=True, slots=True)
class Merge:
    """What a three-way merge gives.

    Attributes:
        tree: id of the merged tree; files in conflict have markers in it.
        conflicts: paths of the files that both sides changed in the same lines.
    """

    tree: str
    conflicts: tuple[str, ...]


async def object_id(git: Git, *arguments: str, stdin: str = "") -> str:
    """The id that a command of git prints."""
    return (await git.run(*arguments, stdin=stdin.encode())).decode().strip()


async def tree_of(git: Git, commit: str) -> str:
    """Id of a commit's tree."""
    return await object_id(git, "rev-parse", f"{commit}^{{tree}}")


async def is_ancestor(git: Git, older: str, newer: str) -> bool:
    """Whether a commit is another one, or stands in its history."""
    return not await git.run("rev-list", "--max-count=1", older, f"^{newer}")


async def history_of(git: Git, commit: str) -> set[str]:
    """Ids of a commit and of all it stands on."""
    return set((await object_id(git, "rev-list", commit)).split())


async def commit_after(
    git: Git, tree: str, parents: Sequence[str], message: str, *, after: str
) -> str:
    """Make a commit; its date is a second after another commit's, so that its id is the same."""
    date = int(await git.run("log", "--max-count=1", "--format=%ct", after)) + 1
    return await _commit(git, tree, parents, message, date)


async def three_way(git: Git, base: str, ours: str, theirs: str) -> Merge:
    """Merge what two commits changed since a third one, whatever their histories say.

    Git takes the common ground from the histories, and only its newer versions can be told another
    one. So the three trees get histories of their own, which say what is wanted.
    """
    ground = await _commit(git, f"{base}^{{tree}}", (), "Common ground\n", _NO_DATE)
    sides = [
        await _commit(git, f"{side}^{{tree}}", (ground,), "Side\n", _NO_DATE)
        for side in (ours, theirs)
    ]
    return await merged_histories(git, *sides)


async def merged_histories(git: Git, ours: str, theirs: str) -> Merge:
    """Merge two commits as `git merge` does, which takes the common ground from their histories."""
    output = await git.run(
        *("merge-tree", "--write-tree", "-z", "--name-only", "--no-messages", ours, theirs),
        accepted=(0, 1),  # 1: there are conflicts
    )
    tree, *conflicts = [part for part in output.decode().split("\0") if part]
    return Merge(tree, tuple(conflicts))


async def blobs_of(git: Git, commits: Sequence[str], path: str) -> list[str]:
    """Id of one file's content in each of some commits, and nothing where it has no such file."""
    asked = "".join(f"{commit}:{path}\n" for commit in commits)
    output = await git.run("cat-file", "--batch-check=%(objectname)", stdin=asked.encode())
    return ["" if " " in line else line for line in output.decode().splitlines()]


async def with_file_of(git: Git, tree: str, commit: str, name: str) -> str:
    """A tree with one file of its first level as a commit has it; without it where that has none.

    Args:
        git: has both.
        tree: id of the tree.
        commit: whose file it shall be.
        name: of the file.
    """
    there = await git.run("ls-tree", "-z", tree)
    wanted = await git.run("ls-tree", "-z", commit, "--", name)
    end = f"\t{name}".encode()
    kept = [entry for entry in there.split(b"\0") if entry and not entry.endswith(end)]
    entries = b"".join(entry + b"\0" for entry in kept) + wanted
    return (await git.run("mktree", "-z", stdin=entries)).decode().strip()


async def _commit(git: Git, tree: str, parents: Sequence[str], message: str, date: int) -> str:
    author = {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", DEFAULT_AUTHOR.name),
            ("EMAIL", DEFAULT_AUTHOR.email),
            ("DATE", f"@{date} +0000"),
        )
    }
    words = [word for parent in parents for word in ("-p", parent)]
    return await object_id(git.with_variables(author), "commit-tree", tree, *words, stdin=message)
