"""Finds the path that an answer writes above, behind or into the head of a block."""

import re
from collections.abc import Collection

_DECORATION = re.compile(r"[*`\"'#]+")
_LIST_MARK = re.compile(r"^(?:\d+[.)]|[-+•])\s+")
_LEADING_WORDS = re.compile(
    r"^(?:(?:new|update[sd]?|changed?|modif(?:y|ied)|edit|create|add|fix(?:ed)?)\s+)?"
    r"(?:(?:file ?name|file|path)\b\s*:?\s*|:\s*)?",
    re.IGNORECASE,
)
_TRAILING_REMARK = re.compile(
    r"\s*\((?:new|new file|created|updated|changed|modified|edited|fixed)\)\s*$", re.IGNORECASE
)
_PATH = re.compile(r"[^\s:,;!?<>|\"'`*=]+")
_ENDING = re.compile(r"[^/]\.[A-Za-z0-9]{1,8}$")
_BARE_NAMES = frozenset({"Dockerfile", "Makefile", "LICENSE", "Procfile", "README"})
_COMMENT = re.compile(r"\s*(?:#+|//+|/\*+|<!--|--|;+)\s*(.*?)\s*(?:\*/|-->)?\s*")
_LONGEST = 400
"""Characters of the longest line that may name a path, decoration included."""

_INFO_SEPARATORS = re.compile(r"[\s:=\"'{},]+")


def label_path(line: str, known: Collection[str], *, surely: bool = False) -> str | None:
    """The path that a line is about, such as `### 1. File: **app/main.py**`.

    The line must say nothing else, so that a mention is no name.

    Args:
        line: of an answer.
        known: paths of the repository.
        surely: whether it is certain that the line names a path if it can; then `bin/run` is one,
            which could otherwise be `and/or`.
    """
    if len(line) > _LONGEST:
        return None
    bare = _LIST_MARK.sub("", _DECORATION.sub(" ", line).strip()).strip()
    bare = _TRAILING_REMARK.sub("", bare.rstrip(":").strip()).rstrip(":").strip()
    for candidate in (bare, _LEADING_WORDS.sub("", bare, count=1).strip()):
        path = tidy_path(candidate)
        if path in known or _looks_like_path(path, surely=surely):
            return path
    return None


def mentioned_path(line: str, known: Collection[str]) -> str | None:
    """The one path of the repository that a sentence names; `None` if it names none or several."""
    words = {tidy_path(word.rstrip(".:,")) for word in re.split(r"[\s`*\"'(),]+", line)}
    found = words & set(known)
    return found.pop() if len(found) == 1 else None


def info_path(info: str, known: Collection[str]) -> str | None:
    """The path behind an opening fence, such as `python app/main.py` or `ts title="src/a.ts"`."""
    whole = tidy_path(info.partition(" ")[2])
    if whole in known:
        return whole
    words = [tidy_path(word) for word in _INFO_SEPARATORS.split(info) if word]
    found = [word for word in words if word in known]
    found = found or [word for word in words if _looks_like_path(word, surely=True)]
    return found[0] if len(set(found)) == 1 else None


def comment_path(line: str, known: Collection[str]) -> str | None:
    """The path that a file's first line names in a comment and says nothing else."""
    found = _COMMENT.fullmatch(line) if len(line) <= _LONGEST else None
    path = label_path(found[1], known) if found else None
    return path if path in known or (path and "/" in path) else None


def tidy_path(path: str) -> str:
    """A path without a leading `./`."""
    return path.removeprefix("./")


def _looks_like_path(text: str, *, surely: bool) -> bool:
    if not _PATH.fullmatch(text) or "://" in text:
        return False
    folder, slash, name = text.rpartition("/")
    if slash and (surely or folder in ("", "..")):
        return True
    return bool(_ENDING.search(text)) or name in _BARE_NAMES
