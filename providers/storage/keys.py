"""Keys of the artifact store: which are accepted, and which names unfinished writes have."""

import re
import unicodedata
from pathlib import PurePosixPath

from core.errors import InputError

MAX_KEY_BYTES = 900
"""Bytes of a key in UTF-8; object stores end at 1,024 with the store's own prefix included."""

MAX_PART_BYTES = 255
"""Bytes of one part of a key in UTF-8; file systems end there."""

UNFINISHED_PREFIX = ".unfinished-"
"""How the names of half-written files start; no key may hold a part like it."""

_PLAIN = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
"""Keys with nothing in them that could be wrong, if they are short."""

_DRIVE = re.compile(r"[A-Za-z]:")
_REFUSED_CATEGORIES = {
    "Cc": "a control character",
    "Cs": "half a surrogate pair",
    "Zl": "a line separator",
    "Zp": "a paragraph separator",
}


def check_key(key: str) -> None:
    """Refuse a key that is not a plain relative path.

    Raises:
        InputError: the key is empty or too long, is absolute, holds an empty, `.` or `..` part, a
            backslash, a drive letter, a control character or a name kept for unfinished writes.
    """
    if len(key) <= MAX_PART_BYTES and _PLAIN.fullmatch(key):  # nearly all are, and this is quick
        return
    problem = _problem_of_characters(key) or _problem_of_parts(key)
    if problem:
        raise InputError(
            f"artifact key {key!r}: {problem}; "
            "a key is a relative path such as 'project/my-build/specs/specs.json'"
        )


def is_unfinished(name: str) -> bool:
    """Whether a path's last part is the name of a half-written file."""
    return PurePosixPath(name).name.startswith(UNFINISHED_PREFIX)


def _problem_of_characters(key: str) -> str | None:
    if not key:
        return "it is empty"
    for character in key:
        refused = _REFUSED_CATEGORIES.get(unicodedata.category(character))
        if refused:
            return f"it holds {refused} ({character!r})"
    if "\\" in key:
        return "it holds a backslash"
    size = len(key.encode())
    if size > MAX_KEY_BYTES:
        return f"it is {size} bytes long, and {MAX_KEY_BYTES} are allowed"
    return None


def _problem_of_parts(key: str) -> str | None:
    if key.startswith("/"):
        return "it starts with a slash"
    for part in key.split("/"):
        if not part:
            return "it holds an empty part"
        if part in {".", ".."}:
            return f"it holds the part {part!r}"
        if _DRIVE.match(part):
            return f"its part {part!r} starts like a drive letter"
        if part.startswith(UNFINISHED_PREFIX):
            return f"names starting with {UNFINISHED_PREFIX!r} are kept for unfinished writes"
        if len(part.encode()) > MAX_PART_BYTES:
            return f"its part {part!r} is longer than {MAX_PART_BYTES} bytes"
    return None
