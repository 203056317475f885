"""Every text that a push would show to others: all files of all commits, each content once."""

from dataclasses import dataclass
from pathlib import Path

from core.errors import VersionControlError
from providers.vcs.git import Git
from providers.vcs.names import check_commit_id
from providers.vcs.repository import absolute
from providers.vcs.tree import TreeFile, contents

_PLAIN = (b"100644", b"100755")
_DELETED = b"D"


@dataclass(frozen=True, slots=True)
class HistoryText:
    """A text that some commit of a history brings.

    Attributes:
        file: its path and content.
        commit: id of the first commit that has it.
        is_left: whether the newest commit has it too, at whatever path.
    """

    file: TreeFile
    commit: str
    is_left: bool


async def read_history_files(repository: Path, commit: str) -> list[HistoryText]:
    """Each content that some commit has, under the path it was first given.

    Args:
        repository: folder of a bare repository.
        commit: full id of the commit whose history it is.

    Raises:
        VersionControlError: there is no such commit, or it has something else than plain files.
    """
    git = Git(absolute(repository))
    output = await git.run(
        *("log", "--reverse", "--root", "--raw", "-z", "--no-abbrev", "--no-renames"),
        *("--format=%H", "--diff-merges=separate", check_commit_id(commit)),
    )
    brought = _brought(output)
    listing = await git.run("ls-tree", "-r", "-z", commit)
    left = {entry.partition(b"\t")[0].split(b" ")[2] for entry in listing.split(b"\0")[:-1]}
    texts = await contents(git, list(brought))
    return [
        HistoryText(TreeFile(path, texts[blob], runs), by, is_left=blob in left)
        for blob, (path, runs, by) in brought.items()
    ]


def _brought(log: bytes) -> dict[bytes, tuple[str, bool, str]]:
    """Path, whether it can be executed and first commit of each blob, in the order of commits."""
    brought: dict[bytes, tuple[str, bool, str]] = {}
    commit = ""
    fields = iter(log.split(b"\0")[:-1])
    for field in fields:
        if not field.lstrip(b"\n").startswith(b":"):
            commit = field.decode()
            continue
        _, mode, _, blob, status = field.lstrip(b"\n:").split(b" ")
        path = next(fields)
        if status == _DELETED:
            continue
        if mode not in _PLAIN:
            raise VersionControlError(f"path {path!r} has mode {mode.decode()}: no plain file")
        brought.setdefault(blob, (path.decode(errors="replace"), mode == _PLAIN[1], commit))
    return brought


async def read_messages(repository: Path, commit: str) -> list[tuple[str, str]]:
    """Ids and messages of all commits of a history, the newest first.

    Raises:
        VersionControlError: there is no such commit.
    """
    git = Git(absolute(repository))
    output = await git.run("log", "-z", "--format=%H%n%B", check_commit_id(commit))
    parts = (part.decode(errors="replace").partition("\n") for part in output.split(b"\0"))
    return [(commit_id, message) for commit_id, _, message in parts if commit_id]
