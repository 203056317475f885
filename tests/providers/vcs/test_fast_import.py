from dataclasses import replace

import pytest

from core.errors import VersionControlError
from providers.vcs.commits import DEFAULT_AUTHOR, Author, Commit, FileChange
from providers.vcs.fast_import import Target, import_stream

TARGET = Target(branch="main", author=DEFAULT_AUTHOR, parent=None, first_date=7)


def commit(*changes: FileChange, message: str = "Write it") -> Commit:
    return Commit(message, changes)


def test_writes_lengths_in_bytes_and_quotes_paths():
    changes = (FileChange('é "x".py', "é\r\n"), FileChange("old.py", None))
    stream = import_stream([commit(*changes, message="Wörter")], TARGET)
    assert stream.decode() == (
        "feature done\n"
        "commit refs/heads/main\n"
        "mark :1\n"
        "author App Builder <app-builder@noreply.invalid> 7 +0000\n"
        "committer App Builder <app-builder@noreply.invalid> 7 +0000\n"
        "data 8\nWörter\n\n"
        'M 100644 inline "é \\"x\\".py"\n'
        "data 4\né\r\n\n"
        'D "old.py"\n'
        "get-mark :1\n"
        "done\n"
    )


def test_stands_on_a_parent_and_counts_seconds():
    target = replace(TARGET, parent="0" * 40)
    stream = import_stream([commit(), commit()], target).decode()
    assert stream.startswith(f"feature done\nreset refs/heads/main\nfrom {'0' * 40}\n\n")
    assert [line[-8:] for line in stream.splitlines() if line.startswith("committer")] == [
        " 7 +0000",
        " 8 +0000",
    ]


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (commit(message=" \n"), "commit 2 has no message"),
        (commit(message="a\0b"), "the message of commit 2 has a NUL"),
        (commit(FileChange("../x", "")), "path '../x'"),
        (commit(FileChange("x", None), FileChange("x", "")), "commit 2 changes 'x' more than once"),
        (commit(FileChange("x", "a\0")), "file 'x' of commit 2 has a NUL"),
        (commit(FileChange("x", "\udfff")), "file 'x' of commit 2 has"),
    ],
)
def test_refuses_what_cannot_be_committed(wrong: Commit, reason: str):
    with pytest.raises(VersionControlError, match=reason):
        import_stream([commit(), wrong], TARGET)


@pytest.mark.parametrize(
    "author",
    [
        Author("A <x>", "a@b"),
        Author("A", "a@b>\ncommitter x"),
        Author("A\nB", "a"),
        Author("\0", ""),
    ],
)
def test_refuses_an_author_that_would_be_misread(author: Author):
    with pytest.raises(VersionControlError, match="author '"):
        import_stream([commit()], replace(TARGET, author=author))
