"""A history written as the stream that `git fast-import` reads.

One process writes any number of commits. The stream announces its own end, so that one that stops
short, because whoever wrote it was killed, moves no branch.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from core.errors import VersionControlError
from providers.vcs.commits import Author, Commit, FileChange
from providers.vcs.names import check_file_path, encoded

_FILE_MODE = b"100644"


@dataclass(frozen=True, slots=True)
class Target:
    """Where the commits of a stream go.

    Attributes:
        branch: points to the last commit afterwards.
        author: of every commit.
        parent: id of the commit they stand on; `None` begins a history.
        first_date: of the first commit, in seconds since 1970 UTC; each next is a second later.
    """

    branch: str
    author: Author
    parent: str | None
    first_date: int


def import_stream(commits: Sequence[Commit], target: Target) -> bytes:
    """Write commits as an import stream that prints each commit's id in order.

    Raises:
        VersionControlError: a path, a content, a message or the author cannot be committed.
    """
    reference = b"refs/heads/" + encoded(target.branch, "branch")
    person = _person(target.author)
    chunks = [b"feature done\n"]
    if target.parent is not None:
        chunks.append(b"reset %b\nfrom %b\n\n" % (reference, target.parent.encode()))
    for position, commit in enumerate(commits):
        signature = b"%b %d +0000" % (person, target.first_date + position)
        mark = position + 1
        chunks += (
            b"commit %b\nmark :%d\n" % (reference, mark),
            b"author %b\ncommitter %b\n" % (signature, signature),
            _data(_message(commit, mark)),
            *_changes(commit.changes, mark),
            b"get-mark :%d\n" % mark,
        )
    chunks.append(b"done\n")
    return b"".join(chunks)


def _person(author: Author) -> bytes:
    text = f"{author.name} <{author.email}>"
    if any(letter in author.name + author.email for letter in "<>\n"):
        raise VersionControlError(f"author {text!r} has an angle bracket or a line break")
    return encoded(text, f"author {text!r}")


def _message(commit: Commit, mark: int) -> bytes:
    message = commit.message.strip()
    if not message:
        raise VersionControlError(f"commit {mark} has no message")
    return encoded(message, f"the message of commit {mark}") + b"\n"


def _changes(changes: Iterable[FileChange], mark: int) -> Iterator[bytes]:
    seen: set[str] = set()
    for change in changes:
        path = check_file_path(change.path)
        if path in seen:
            raise VersionControlError(f"commit {mark} changes {path!r} more than once")
        seen.add(path)
        quoted = b'"%b"' % path.replace('"', '\\"').encode()
        if change.content is None:
            yield b"D %b\n" % quoted
        else:
            yield b"M %b inline %b\n" % (_FILE_MODE, quoted)
            yield _data(encoded(change.content, f"file {path!r} of commit {mark}"))


def _data(content: bytes) -> bytes:
    return b"data %d\n%b\n" % (len(content), content)
