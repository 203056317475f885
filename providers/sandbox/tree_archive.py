"""Packs the tree that a box gets a copy of."""

import tarfile
from pathlib import Path

from core.errors import SandboxError

_HISTORY = ".git"


def write_archive(folder: Path, archive: Path) -> None:
    """Pack a folder's files, folders and links, without its history, as an uncompressed tar.

    Raises:
        SandboxError: the folder cannot be read.
    """
    try:
        with tarfile.open(archive, "w") as tar:
            for path in sorted(folder.iterdir()):
                if path.name != _HISTORY:
                    tar.add(path, arcname=path.name, filter=_plain)
    except OSError as error:
        raise SandboxError(f"{str(folder)!r} cannot be copied into a box: {error}") from error


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        return None  # what hangs or has no meaning inside: pipes, sockets, devices
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member
