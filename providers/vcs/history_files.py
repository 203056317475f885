"""Every text that a push would show to others: all files of all commits, each content once."""

from pathlib import Path

from core.errors import VersionControlError
from providers.vcs.git import Git
from providers.vcs.names import check_commit_id
from providers.vcs.repository import absolute
from providers.vcs.tree import TreeFile, contents

_PLAIN = (b"100644", b"100755")
_DELETED = b"D"


async def read_history_files(repository: Path, commit: str) -> list[TreeFile]:
    """Each content that some commit has, under the path it was first given.

    Args:
        repository: folder of a bare repository.
        commit: full id of the commit whose history it is.

    Raises:
        VersionControlError: there is no such commit, or it has something else than plain files.
    """
    git = Git(absolute(repository))
    output = await git.run(
        *("log", "--reverse", "--root", "--raw", "-z", "--no-abbrev", "--no-renames", "--format="),
        *("--diff-merges=separate", check_commit_id(commit)),
    )
    paths: dict[bytes, tuple[str, bool]] = {}
    fields = output.split(b"\0")
    for change, path in zip(fields[::2], fields[1::2], strict=False):
        _, mode, _, blob, status = change.lstrip(b"\n:").split(b" ")
        if status == _DELETED:
            continue
        if mode not in _PLAIN:
            raise VersionControlError(f"path {path!r} has mode {mode.decode()}: no plain file")
        paths.setdefault(blob, (path.decode(errors="replace"), mode == _PLAIN[1]))
    texts = await contents(git, list(paths))
    return [TreeFile(path, texts[blob], runs) for blob, (path, runs) in paths.items()]


async def read_messages(repository: Path, commit: str) -> str:
    """The messages of all commits of a history, the newest first.

    Raises:
        VersionControlError: there is no such commit.
    """
    git = Git(absolute(repository))
    return (await git.run("log", "--format=%B", check_commit_id(commit))).decode(errors="replace")
