import asyncio
import itertools
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import VersionControlError
from providers.vcs.fast_import import Target, import_stream
from providers.vcs.history import (
    DEFAULT_AUTHOR,
    FIRST_DATE,
    Author,
    Commit,
    FileChange,
    head,
    read_tree,
    write_history,
)
from providers.vcs.repository import opened

TEXT = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=200)


def write(path: str, content: str | None, message: str = "") -> Commit:
    return Commit(message or f"Write {path}", (FileChange(path, content),))


EXAMPLE = (
    Commit("Create 2 empty files", (FileChange("README.md", ""), FileChange("app/été.py", ""))),
    write("app/été.py", 'print("é")\r\n'),
    write("README.md", "# Example"),
)
EXAMPLE_IDS = [
    "eb67d1d7edab4e9c2ff8863a8b3270cf9d3512d1",
    "688a1c7a9f958859a8d03287f3a5d95e7eb051eb",
    "42769896ac220550cc2bc10913beb8667d2fae29",
]


async def test_ids_are_the_same_on_every_machine(repository: Path, tmp_path: Path):
    ids = await write_history(repository, EXAMPLE, branch="build")

    assert ids == EXAMPLE_IDS
    assert await write_history(tmp_path / "other.git", EXAMPLE, branch="main") == ids
    assert await write_history(repository, EXAMPLE, branch="build") == ids
    assert await head(repository, "build") == ids[-1]


async def test_ids_are_what_git_commit_gives(
    repository: Path, tmp_path: Path, plain_git: Callable[..., str]
):
    (commit,) = await write_history(repository, EXAMPLE[:1], branch="main")
    work = tmp_path / "work"
    plain_git("init", "--quiet", "--initial-branch=main", work)
    (work / "app").mkdir()
    for path in ("README.md", "app/été.py"):
        (work / path).touch()
    plain_git("-C", work, "add", ".")
    person = f"{DEFAULT_AUTHOR.name} <{DEFAULT_AUTHOR.email}> {FIRST_DATE} +0000"
    tree = plain_git("-C", work, "write-tree")
    object_ = f"tree {tree}\nauthor {person}\ncommitter {person}\n\nCreate 2 empty files\n"
    made = plain_git("-C", work, "hash-object", "-t", "commit", "-w", "--stdin", stdin=object_)
    assert commit == made


async def test_says_who_when_and_why(repository: Path, plain_git: Callable[..., str]):
    commits = [write("a", "1", "Subject\n\nBody.\n\n"), write("a", "2", "  Wörter 🙂")]
    author = Author("Ärztin O'Neil", "a@example.com")
    await write_history(repository, commits, branch="main", author=author)
    log = plain_git(f"--git-dir={repository}", "log", "--format=%an|%ae|%aI|%cn|%cI|%B~")
    assert log == (
        "Ärztin O'Neil|a@example.com|2025-01-01T00:00:01+00:00|Ärztin O'Neil|"
        "2025-01-01T00:00:01+00:00|Wörter 🙂\n~\n"
        "Ärztin O'Neil|a@example.com|2025-01-01T00:00:00+00:00|Ärztin O'Neil|"
        "2025-01-01T00:00:00+00:00|Subject\n\nBody.\n~"
    )


async def test_the_repository_is_bare_sound_and_begins_on_main(
    repository: Path, plain_git: Callable[..., str]
):
    await write_history(repository, EXAMPLE, branch="build")
    here = f"--git-dir={repository}"
    assert plain_git(here, "rev-parse", "--is-bare-repository") == "true"
    assert plain_git(here, "symbolic-ref", "HEAD") == "refs/heads/main"
    assert plain_git(here, "fsck", "--strict", "--full") == ""
    lines = plain_git(here, "ls-tree", "-r", "build").splitlines()
    assert [line.split()[0] for line in lines] == ["100644", "100644"]


async def test_keeps_text_byte_for_byte(repository: Path, plain_git: Callable[..., str]):
    texts = {
        ".gitattributes": "* text=auto eol=crlf\n*.md ident\n",
        "crlf.txt": "a\r\nb\rc\n",
        "empty": "",
        "id.md": "$Id$",
        "no-end": "no end of line",
        "unicode.md": "é e\u0301 🙂 \u202e \ufeff \u2028 \x1b[0m",
        'q"uote d.txt': "done\ncommit refs/heads/x\ndata 4\n",
    }
    commits = [write(path, text) for path, text in texts.items()]
    ids = await write_history(repository, commits, branch="main")
    assert await read_tree(repository, ids[-1]) == texts
    for path, text in texts.items():
        blob = plain_git(f"--git-dir={repository}", "rev-parse", f"main:{path}")
        size = plain_git(f"--git-dir={repository}", "cat-file", "-s", blob)
        assert int(size) == len(text.encode())


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    steps=st.lists(
        st.dictionaries(st.sampled_from(["a", "b/c", "b/d é", 'q"x']), st.none() | TEXT),
        min_size=1,
        max_size=5,
    )
)
async def test_any_history_reads_back_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, steps: list[dict[str, str | None]]
):
    repository = tmp_path_factory.mktemp("any") / "r.git"
    commits = [
        Commit("Step", tuple(FileChange(path, text) for path, text in step.items()))
        for step in steps
    ]
    ids = await write_history(repository, commits, branch="main")

    assert len(set(ids)) == len(steps)
    state: dict[str, str] = {}
    for commit, step in zip(ids, steps, strict=True):
        state |= {path: text for path, text in step.items() if text is not None}
        state = {path: text for path, text in state.items() if step.get(path, "") is not None}
        assert await read_tree(repository, commit) == state


async def test_a_parent_is_continued_in_content_and_dates(
    repository: Path, plain_git: Callable[..., str]
):
    whole = await write_history(repository, EXAMPLE, branch="whole")
    first = await write_history(repository, EXAMPLE[:2], branch="parts")
    rest = await write_history(repository, EXAMPLE[2:], branch="parts", parent=first[-1])
    assert first + rest == whole
    assert await head(repository, "parts") == whole[-1]
    assert plain_git(f"--git-dir={repository}", "rev-list", "--count", "parts") == "3"


async def test_the_branch_follows_the_commits_wherever_it_was(repository: Path):
    long = await write_history(repository, EXAMPLE, branch="main")
    other = await write_history(repository, [write("x", "y")], branch="main")
    assert await head(repository, "main") == other[-1]
    assert await read_tree(repository, other[-1]) == {"x": "y"}
    short = await write_history(repository, EXAMPLE[:1], branch="main")
    assert short == long[:1]
    assert await head(repository, "main") == short[-1]
    assert await write_history(repository, [], branch="main", parent=long[1]) == []
    assert await head(repository, "main") == long[1]


async def test_deletes_files_and_keeps_commits_that_change_nothing(repository: Path):
    commits = [
        Commit("Write", (FileChange("a", "1"), FileChange("b/c", "2"))),
        write("b/c", None, "Delete"),
        write("b/c", None, "Delete again"),
        Commit("Nothing", ()),
    ]
    ids = await write_history(repository, commits, branch="main")
    assert len(set(ids)) == 4
    assert [await read_tree(repository, commit) for commit in ids] == [
        {"a": "1", "b/c": "2"},
        {"a": "1"},
        {"a": "1"},
        {"a": "1"},
    ]


async def test_a_thousand_commits_take_about_a_second(repository: Path):
    paths = [f"app/part_{number}/file.py" for number in range(1_000)]
    empty = Commit("Create", tuple(FileChange(path, "") for path in paths))
    commits = [empty, *(write(path, f"# {path}\n" * 100) for path in paths)]
    began = time.perf_counter()
    ids = await write_history(repository, commits, branch="main")
    assert time.perf_counter() - began < 5  # 0.3 s on an idle machine
    assert len(set(ids)) == 1_001


async def test_writers_of_one_repository_wait_for_each_other(repository: Path):
    await asyncio.gather(
        *(
            write_history(repository, [write("n", str(number))], branch=f"b{number}")
            for number in range(8)
        )
    )
    for number in range(8):
        commit = await head(repository, f"b{number}")
        assert commit is not None
        assert await read_tree(repository, commit) == {"n": str(number)}


async def test_there_is_no_head_where_there_is_no_branch(repository: Path):
    assert await head(repository, "main") is None
    await asyncio.to_thread(repository.mkdir, parents=True)
    assert await head(repository, "main") is None
    await write_history(repository, EXAMPLE, branch="a/b")
    assert await head(repository, "main") is None
    assert await head(repository, "a") is None
    with pytest.raises(VersionControlError, match="cannot name a branch"):
        await head(repository, "--all")


@pytest.mark.parametrize(
    ("commits", "branch", "parent", "reason"),
    [
        ([], "main", None, "branch 'main' would have no commit"),
        (EXAMPLE, "main\n", None, "cannot name a branch"),
        (EXAMPLE, "main", "HEAD", "'HEAD' is not a full commit id"),
        (EXAMPLE, "main", "0" * 40, "git log .* failed"),
        ([write("../x", "")], "main", None, "path '../x'"),
        ([write("/x", "")], "main", None, "path '/x'"),
        ([write(".git/hooks/x", "")], "main", None, "git's own files"),
        ([write("a", "\0")], "main", None, "NUL"),
    ],
)
async def test_refuses_what_cannot_be_written_and_changes_nothing(
    repository: Path, commits: list[Commit], branch: str, parent: str | None, reason: str
):
    before = await write_history(repository, EXAMPLE, branch="main")
    with pytest.raises(VersionControlError, match=reason):
        await write_history(repository, commits, branch=branch, parent=parent)
    assert await head(repository, "main") == before[-1]


async def test_a_parent_must_be_a_commit(repository: Path, plain_git: Callable[..., str]):
    await write_history(repository, EXAMPLE, branch="main")
    blob = plain_git(f"--git-dir={repository}", "rev-parse", "main:README.md")
    with pytest.raises(VersionControlError, match="git log"):
        await write_history(repository, EXAMPLE, branch="main", parent=blob)


async def test_a_stream_that_stops_short_moves_no_branch(repository: Path):
    before = await write_history(repository, EXAMPLE[:1], branch="main")
    stream = import_stream(EXAMPLE, Target("main", DEFAULT_AUTHOR, None, FIRST_DATE))
    ends = itertools.accumulate(map(len, stream.splitlines(keepends=True)))
    async with opened(repository) as git:
        for end in list(ends)[:-1]:
            with pytest.raises(VersionControlError, match="fast-import"):
                await git.run("fast-import", "--quiet", "--force", stdin=stream[:end])
    assert await head(repository, "main") == before[-1]
