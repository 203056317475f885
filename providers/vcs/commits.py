"""What a history is made of."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Author:
    """Who a commit says it is by, as author and committer."""

    name: str
    email: str


DEFAULT_AUTHOR = Author(name="App Builder", email="app-builder@noreply.invalid")


@dataclass(frozen=True, slots=True)
class FileChange:
    """One file written or deleted.

    Attributes:
        path: relative to the repository's root, with `/` between its parts.
        content: the file's whole new text, kept byte for byte as UTF-8; `None` deletes what
            stands at the path, if anything does.
    """

    path: str
    content: str | None


@dataclass(frozen=True, slots=True)
class Commit:
    """One step of a history.

    Attributes:
        message: subject line, and a body after an empty line if there is one.
        changes: every path at most once; none at all is allowed.
    """

    message: str
    changes: tuple[FileChange, ...]
