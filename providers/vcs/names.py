"""What may name a branch, a commit, a repository, a file.

All of it reaches git's command line or its import stream, so nothing may be taken for an option,
another line, or a place outside the repository. The rules for the paths of generated repositories
are stricter and stand elsewhere; these are what version control insists on by itself.
"""

import re

from core.errors import VersionControlError

SUPERSEDED = "superseded/"
"""Branches below this keep what was published before a history was redone."""

_COMMIT = re.compile(r"[0-9a-f]{40}")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_BRANCH_PART = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")
_MAX_NAME = 100
_GIT_NAMES = frozenset({".git", "git~1"})


def check_commit_id(commit: str) -> str:
    """Refuse what is not a full commit id, 40 hexadecimal digits.

    Raises:
        VersionControlError: it is something else.
    """
    if not _COMMIT.fullmatch(commit):
        raise VersionControlError(f"{commit!r} is not a full commit id (40 hexadecimal digits)")
    return commit


def check_slug(name: str) -> str:
    """Refuse a repository's name that is not a slug.

    Raises:
        VersionControlError: other than lower-case letters, digits and single hyphens between them,
            or more than 100 characters.
    """
    if len(name) > _MAX_NAME or not _SLUG.fullmatch(name):
        raise VersionControlError(
            f"{name!r} cannot name a repository; use at most {_MAX_NAME} lower-case letters, "
            "digits and single hyphens, such as 'task-tracker'"
        )
    return name


def check_branch(branch: str) -> str:
    """Refuse a branch's name that git, a command line or a file system could misread.

    Raises:
        VersionControlError: other than parts of letters, digits, `.`, `_` and `-` with `/` between
            them, more than 100 characters, or a name that git keeps for itself.
    """
    parts = branch.split("/")
    sound = all(
        _BRANCH_PART.fullmatch(part) and ".." not in part and not part.endswith((".", ".lock"))
        for part in parts
    )
    if not sound or len(branch) > _MAX_NAME or branch == "HEAD":
        raise VersionControlError(
            f"{branch!r} cannot name a branch; use letters, digits, '.', '_' and '-', with '/' "
            f"between parts, at most {_MAX_NAME} characters"
        )
    return branch


def check_file_path(path: str) -> str:
    """Refuse a path that leaves the tree, is not canonical, or reaches git's own folder.

    Raises:
        VersionControlError: it does; or it cannot be written as UTF-8.
    """
    for part in path.split("/"):
        if part in {"", ".", ".."}:
            raise VersionControlError(f"path {path!r} is not a relative path inside the repository")
        if part.casefold().rstrip(" .") in _GIT_NAMES:
            raise VersionControlError(f"path {path!r} reaches git's own files")
    if "\\" in path or any(ord(letter) < 0x20 for letter in path):  # 0x20: first after controls
        raise VersionControlError(f"path {path!r} has a backslash or a control character")
    encoded(path, "path")
    return path


def encoded(text: str, what: str) -> bytes:
    """Write text as UTF-8.

    Args:
        text: any text without NUL.
        what: what the text is, for the message.

    Raises:
        VersionControlError: it has a NUL or half a surrogate pair, which no text file can hold.
    """
    if "\0" in text:
        raise VersionControlError(f"{what} has a NUL character at {text.index(chr(0))}")
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise VersionControlError(
            f"{what} has {text[error.start]!r} at {error.start}, which UTF-8 cannot hold"
        ) from error
