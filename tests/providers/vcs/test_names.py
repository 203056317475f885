import subprocess

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from core.errors import VersionControlError
from providers.vcs.names import check_branch, check_commit_id, check_file_path, check_slug, encoded


@pytest.mark.parametrize("name", ["a", "task-tracker", "0", "a1-2b", "a" * 100])
def test_takes_a_slug(name: str):
    assert check_slug(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "A", "a_b", "a.git", "../a", "a/b", "-a", "a-", "a--b", "a\n", "é", "a" * 101, ".", "a b"],
)
def test_refuses_what_is_no_slug(name: str):
    with pytest.raises(VersionControlError, match="cannot name a repository") as error:
        check_slug(name)
    assert repr(name) in str(error.value)


@pytest.mark.parametrize("branch", ["main", "review/task-tracker-0a1b", "v1.0", "a/b/c_d", "_x"])
def test_takes_a_branch(branch: str):
    assert check_branch(branch) == branch


@pytest.mark.parametrize(
    "branch",
    [
        "",
        "HEAD",
        "-f",
        "a/-f",
        "a b",
        "a\nreset refs/heads/main",
        "main\n",
        "a..b",
        "a.",
        ".a",
        "a/.b",
        "a.lock",
        "a.lock/b",
        "/a",
        "a/",
        "a//b",
        "a~1",
        "a^",
        "a:b",
        "a@{1}",
        "a\\b",
        "a*",
        "é",
        "a" * 101,
    ],
)
def test_refuses_what_can_be_misread_as_a_branch(branch: str):
    with pytest.raises(VersionControlError, match="cannot name a branch") as error:
        check_branch(branch)
    assert repr(branch) in str(error.value)


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet="abZ0._-/@~^:lock ", max_size=12))
@example("a/b.c_d-e")
def test_git_takes_every_branch_that_is_taken(branch: str):
    try:
        check_branch(branch)
    except VersionControlError:
        return
    subprocess.run(["git", "check-ref-format", f"refs/heads/{branch}"], check=True)


def test_takes_a_full_commit_id_only():
    assert check_commit_id("0123456789" * 4) == "0123456789" * 4
    for wrong in ("", "HEAD", "main", "0" * 39, "0" * 41, "A" * 40, "0" * 40 + "\n", "--all"):
        with pytest.raises(VersionControlError, match="not a full commit id"):
            check_commit_id(wrong)


@pytest.mark.parametrize(
    "path", ["a", "a/b.py", ".gitignore", ".github/x", 'a"b', " a", "日本語/🙂", "...", "git"]
)
def test_takes_a_path_inside_the_tree(path: str):
    assert check_file_path(path) == path


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "not a relative path inside"),
        ("/etc/passwd", "not a relative path inside"),
        ("..", "not a relative path inside"),
        ("a/../../b", "not a relative path inside"),
        ("./a", "not a relative path inside"),
        ("a//b", "not a relative path inside"),
        ("a/", "not a relative path inside"),
        (".git/config", "git's own files"),
        ("a/.GIT", "git's own files"),
        (".git. /x", "git's own files"),
        ("GIT~1/x", "git's own files"),
        ("a\\b", "backslash"),
        ("a\nb", "control character"),
        ("a\0b", "control character"),
        ("a\ud800", "UTF-8 cannot hold"),
    ],
)
def test_refuses_a_path_that_leaves_the_tree_or_reaches_git(path: str, reason: str):
    with pytest.raises(VersionControlError, match=reason):
        check_file_path(path)


@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0")))
def test_encodes_all_text(text: str):
    assert encoded(text, "it").decode() == text


def test_refuses_text_that_no_file_can_hold():
    with pytest.raises(VersionControlError, match="file 'a' has a NUL character at 1"):
        encoded("x\0", "file 'a'")
    with pytest.raises(VersionControlError, match=r"file 'a' has '\\ud800' at 2"):
        encoded("xy\ud800z", "file 'a'")
