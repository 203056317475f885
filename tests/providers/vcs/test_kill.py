"""A process killed at any point leaves what can be read, and what can be gone on from."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from providers.vcs.history import Commit, FileChange, head, read_tree, write_history
from providers.vcs.local_publisher import LocalPublisher
from providers.vcs.release import Release

ROOT = Path(__file__).parents[3]

PUBLISH_TWICE = """
import asyncio, os, sys
from pathlib import Path
from providers.vcs.local_publisher import LocalPublisher
from providers.vcs.release import Release

async def main():
    pid, source, folder, *commits = sys.argv[1:]
    Path(pid).write_text(str(os.getpid()))
    for commit in commits:
        publisher = LocalPublisher(Path(folder))
        release = Release(
            project="app", build="app-1", name="app", commit=commit, green=True, title="App"
        )
        await publisher.publish(Path(source), release)

asyncio.run(main())
"""

KILLING_GIT = """#!/bin/sh
# Stands before git, and kills the process under test instead of starting the n-th command.
echo >> '{folder}/count'
if [ "$(wc -l < '{folder}/count')" -eq {number} ]; then
    kill -9 "$(cat '{folder}/pid')"
    exit 1
fi
PATH='{path}' exec git "$@"
"""

WRITE_FOREVER = """
import asyncio, sys
from itertools import count
from pathlib import Path
from providers.vcs.history import Commit, FileChange, write_history

async def main():
    for size in count(1):
        text = "x" * size
        commits = [Commit("Write", (FileChange(f"{n}.txt", text),)) for n in range(100)]
        await write_history(Path(sys.argv[1]), commits, branch="main")
        print(size, flush=True)

asyncio.run(main())
"""


def run_killed_before(number: int, place: Path, source: Path, commits: list[str]) -> int:
    """Publish the commits one after another, and be killed before the n-th git command."""
    place.mkdir()
    command = place / "git"
    command.write_text(KILLING_GIT.format(folder=place, number=number, path=os.environ["PATH"]))
    command.chmod(0o755)
    arguments = [str(place / "pid"), str(source), str(place / "published"), *commits]
    done = subprocess.run(
        [sys.executable, "-c", PUBLISH_TWICE, *arguments],
        cwd=ROOT,
        env={"PATH": f"{place}:{os.environ['PATH']}"},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode in {0, -signal.SIGKILL}, done.stderr
    return done.returncode


async def test_publishing_can_be_killed_before_every_git_command(
    tmp_path: Path, plain_git: Callable[..., str]
):
    source = tmp_path / "source.git"
    old = (await write_history(source, [change("old")], branch="old"))[-1]
    new = (await write_history(source, [change("new")], branch="new"))[-1]
    saw: set[str | None] = set()
    for number in range(1, 100):
        place = tmp_path / str(number)
        ended = run_killed_before(number, place, source, [old, new])
        published = place / "published" / "app.git"
        before = await head(published, "main")
        saw.add(before)
        if ended == 0:
            break
        if before is not None:
            plain_git("clone", "--quiet", published, place / "before")
            assert (place / "before" / "a.txt").exists()

        again = await LocalPublisher(place / "published").publish(
            source,
            Release(project="app", build="app-1", name="app", commit=new, green=True, title="App"),
        )
        assert again.commit == new
        plain_git("clone", "--quiet", published, place / "after")
        assert (place / "after" / "a.txt").read_text() == "new"
        assert plain_git(f"--git-dir={published}", "fsck") == ""
        if before is not None:
            assert await head(published, f"superseded/{old[:12]}") == old
    else:
        pytest.fail("publishing never came to its end")
    assert saw == {None, old, new}
    assert number > 10


def test_writing_can_be_killed_at_any_moment(tmp_path: Path):
    repository = tmp_path / "r.git"
    for delay in delays():
        process = subprocess.Popen(
            [sys.executable, "-c", WRITE_FOREVER, str(repository)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        with process:
            assert process.stdout
            done = int(process.stdout.readline())
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(delay)
            process.kill()
            done = max([done, *map(int, process.stdout.read().split())])
        size = asyncio.run(size_of_every_file(repository))
        assert size in {done, done + 1}
        again = asyncio.run(write_history(repository, [change("again")], branch="main"))
        assert asyncio.run(head(repository, "main")) == again[-1]


async def size_of_every_file(repository: Path) -> int:
    """The one size that all hundred files of the branch have."""
    commit = await head(repository, "main")
    assert commit
    texts = await read_tree(repository, commit)
    assert len(texts) == 100
    (size,) = {len(text) for text in texts.values()}
    return size


def delays() -> Iterator[float]:
    """Seconds that fall on different moments of one writing, which takes about 0.03."""
    for step in range(6):
        yield 0.05 + step * 0.007


def change(text: str) -> Commit:
    return Commit(f"Write {text}", (FileChange("a.txt", text),))
