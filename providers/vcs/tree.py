"""The files of one commit, read from git's objects.

Read directly, and not checked out by git, so that attributes in the tree change no byte and no
symbolic link is ever made.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import VersionControlError
from providers.vcs.git import Git
from providers.vcs.names import check_commit_id, check_file_path

_MODES = {b"100644": False, b"100755": True}


@dataclass(frozen=True, slots=True)
class TreeFile:
    """One file of a commit."""

    path: str
    content: bytes
    executable: bool


async def read_files(git: Git, commit: str) -> list[TreeFile]:
    """Read every file of a commit, in git's order.

    Raises:
        VersionControlError: there is no such commit, or it holds what is not a plain file.
    """
    listing = await git.run("ls-tree", "-r", "-z", f"{check_commit_id(commit)}^{{commit}}")
    entries = [_entry(line) for line in listing.split(b"\0")[:-1]]
    found = await contents(git, list(dict.fromkeys(blob for _, blob, _ in entries)))
    return [TreeFile(path, found[blob], executable) for path, blob, executable in entries]


def _entry(line: bytes) -> tuple[str, bytes, bool]:
    attributes, _, raw_path = line.partition(b"\t")
    mode, _, blob = attributes.split(b" ")
    if mode not in _MODES:
        raise VersionControlError(
            f"path {raw_path!r} has mode {mode.decode()}; only plain files are read"
        )
    try:
        path = raw_path.decode()
    except UnicodeDecodeError as error:
        raise VersionControlError(f"path {raw_path!r} is not UTF-8") from error
    return check_file_path(path), blob, _MODES[mode]


async def contents(git: Git, blobs: Sequence[bytes]) -> Mapping[bytes, bytes]:
    """Contents of blobs by id, all from one process.

    Raises:
        VersionControlError: the repository lacks one.
    """
    output = await git.run("cat-file", "--batch", stdin=b"".join(blob + b"\n" for blob in blobs))
    found: dict[bytes, bytes] = {}
    position = 0
    for blob in blobs:
        line_end = output.index(b"\n", position)
        header = output[position:line_end].split(b" ")
        if len(header) != 3:  # "<id> missing" instead of id, type and size
            raise VersionControlError(f"{str(git.folder)!r} lacks the object {blob.decode()}")
        start = line_end + 1
        end = start + int(header[2])
        found[blob] = output[start:end]
        position = end + 1
    return found
