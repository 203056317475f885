"""Reads the files of a tree that a stranger wrote."""

import os
from pathlib import Path

MAX_BYTES = 1024 * 1024
"""Largest file whose text is read; code is smaller."""


def read_sources(tree: Path) -> dict[str, str]:
    """Texts of a tree's files, by path relative to it, in order; links are not followed.

    Of a file that is not text, or larger than `MAX_BYTES`, the text is empty.
    """
    found: dict[str, str] = {}
    for folder, folders, names in os.walk(tree, followlinks=False):
        folders[:] = sorted(name for name in folders if name != ".git")
        for name in sorted(names):
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink():
                found[path.relative_to(tree).as_posix()] = _text(path)
    return dict(sorted(found.items()))


def _text(path: Path) -> str:
    if path.stat().st_size > MAX_BYTES:
        return ""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError:
        return ""
