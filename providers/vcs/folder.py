"""A folder's content, replaced as a whole."""

import os
import shutil
import stat
from collections.abc import Iterable
from pathlib import Path

from providers.vcs.tree import TreeFile


def replace_folder(folder: Path, files: Iterable[TreeFile]) -> None:
    """Make a folder hold exactly these files.

    They are written aside first, so that the folder is never seen half written; killed between
    its two renamings, it is not there at all. Call it again then.

    Raises:
        OSError: a file cannot be written, or two are one on this file system.
    """
    folder = folder.resolve()
    fresh = folder.with_name(f".{folder.name}.new")
    stale = folder.with_name(f".{folder.name}.old")
    for leftover in (fresh, stale):
        _remove(leftover)
    try:
        fresh.mkdir(parents=True)
        for file in files:
            _write(fresh / file.path, file)
    except BaseException:
        _remove(fresh)
        raise
    if folder.exists():
        folder.rename(stale)
    fresh.rename(folder)
    _remove(stale)


def _write(target: Path, file: TreeFile) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as stream:
        stream.write(file.content)
    if file.executable:
        target.chmod(target.stat().st_mode | stat.S_IXUSR | stat.S_IXGRP | stat.S_IXOTH)


def _remove(folder: Path) -> None:
    """Remove a folder, even if code that ran in it took away its own right to do so."""
    if not folder.exists():
        return
    folder.chmod(stat.S_IRWXU)
    for parent, names, _ in os.walk(folder):
        for inner in (Path(parent, name) for name in names):
            if not inner.is_symlink():  # a link's own target is none of ours
                inner.chmod(stat.S_IRWXU)
    shutil.rmtree(folder)
