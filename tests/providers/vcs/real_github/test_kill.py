"""Stage 8 in a process that is killed at chosen moments, and run again.

Moments are counted, not timed: every command of git that begins, and every request that comes to
the server, has half come, or is done and not yet answered.
"""

import copy
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from core.artifacts.build_record import BuildRecord
from tests.providers.vcs.github_server import GoneError, Hub
from tests.providers.vcs.real_github.stage_eight import FILES, StageEight, show_nothing

ROOT = Path(__file__).parents[4]
NAME = "ann/shop"
POINTS = 6
"""At which each scenario is killed; now and then two of them are one."""

CHANGING = re.compile(r"api< (POST|PUT) .*|git[|<] POST .*receive-pack")
CHANGED = {**FILES, "app/routes.py": "y = 2\n"}

COUNTING_GIT = """#!/bin/sh
# Stands before git: notes the command, and at the chosen moment kills who started it.
skip=
for word; do
    if [ -n "$skip" ]; then skip=; continue; fi
    case "$word" in
        -c) skip=1 ;;
        --git-dir=*) ;;
        *) echo "run $word" >> '{moments}'; break ;;
    esac
done
if [ "$(wc -l < '{moments}')" -eq {number} ]; then
    kill -9 "$PPID"
    exit 1
fi
PATH='{path}' exec git "$@"
"""


@dataclass
class Moments:
    """What happens while a stage runs, and the moment at which its process is killed.

    Attributes:
        folder: of its own.
        number: of the moment, from 1; 0 for none.
        with_git: whether the git that runs dies as well, as when the machine goes down; else it
            goes on alone.
    """

    folder: Path
    number: int = 0
    with_git: bool = False
    pid: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.file.touch()
        command = self.folder / "git"
        command.write_text(
            COUNTING_GIT.format(moments=self.file, number=self.number, path=os.environ["PATH"])
        )
        command.chmod(0o755)

    @property
    def file(self) -> Path:
        return self.folder / "moments"

    def seen(self) -> list[str]:
        return self.file.read_text().splitlines()

    def happened(self, event: str) -> None:
        """What the server tells."""
        with self.lock:
            with self.file.open("a") as stream:
                stream.write(f"{event}\n")
            if len(self.seen()) != self.number:
                return
        doomed = [self.pid, *(descendants(self.pid) if self.with_git else ())]
        for pid in doomed:
            os.kill(pid, signal.SIGKILL)
        if self.with_git:
            raise GoneError

    def run(self, stage: StageEight, commit: str) -> int:
        """Run the stage in a process of its own; its exit code."""
        status = "green" if stage.green else "red"
        words = [str(stage.folder), stage.url, stage.build, status, commit]
        with subprocess.Popen(
            [sys.executable, "-m", "tests.providers.vcs.real_github.stage_eight", *words],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{self.folder}:{os.environ['PATH']}"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            self.pid = process.pid
            process.wait(240)
            # What git goes on to say alone is not waited for.
            if process.returncode not in {0, -signal.SIGKILL}:
                assert process.stdout
                pytest.fail(process.stdout.read())
            return process.returncode


def descendants(pid: int) -> list[int]:
    """Processes that a process started, and they in turn."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:  # it ended just now
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = parents.get(pid, [])
    return [*found, *(below for each in found for below in descendants(each))]


@dataclass(frozen=True)
class Snapshot:
    """A server's state, to be gone back to."""

    folder: Path
    repositories: dict[str, dict[str, Any]]
    pulls: dict[str, list[dict[str, Any]]]

    @classmethod
    def of(cls, hub: Hub, folder: Path) -> "Snapshot":
        hub.folder.mkdir(exist_ok=True)
        shutil.copytree(hub.folder, folder)
        return cls(folder, copy.deepcopy(hub.repositories), copy.deepcopy(hub.pulls))

    def restore(self, hub: Hub, folder: Path) -> None:
        """Into a new folder: a git that was left alone may still be writing to the old one."""
        shutil.copytree(self.folder, folder)
        hub.folder = folder
        hub.repositories = copy.deepcopy(self.repositories)
        hub.pulls = copy.deepcopy(self.pulls)


@dataclass(frozen=True)
class Outcome:
    """All that a publication leaves behind."""

    repositories: list[str]
    refs: str
    pulls: list[tuple[str, str, bool]]
    told: tuple[str, str, str, str]

    @classmethod
    def of(cls, hub: Hub, record: BuildRecord) -> "Outcome":
        assert hub.git(NAME, "fsck", "--strict") == ""
        return cls(
            list(hub.repositories),
            hub.git(NAME, "show-ref"),
            [(p["head"]["ref"], p["base"]["ref"], p["draft"]) for p in hub.pulls.get(NAME, [])],
            (record.repository, record.branch, record.commit, record.pull_request),
        )


def chosen(moments: Sequence[str]) -> list[int]:
    """Numbers of the moments to be killed at: around changes on the server, and spread over all."""
    changing = [
        number for number, moment in enumerate(moments, start=1) if CHANGING.fullmatch(moment)
    ]
    every = range(1, len(moments) + 1)
    return sorted({*spread(changing, POINTS // 2), *spread(every, POINTS - POINTS // 2)})


def spread(numbers: Sequence[int], count: int) -> list[int]:
    """Some of the numbers, with about as many left out between any two."""
    return [numbers[(2 * n + 1) * len(numbers) // (2 * count)] for n in range(count)]


SCENARIOS = {
    "green-first": (True, None),
    "review-first": (False, None),
    "green-second": (True, True),
    "review-second": (False, False),
}
"""Whether the build is green, and whether the one published before was, if there was one."""


@pytest.fixture(autouse=True)
def no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.engine.console.show_repository", show_nothing)


@pytest.mark.timeout(1_800)
@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_killed_at_any_moment_and_run_again_it_ends_as_if_nothing_had_been(
    hub: Hub, tmp_path: Path, scenario: str
) -> None:
    green, earlier = SCENARIOS[scenario]
    if earlier is not None:
        # The second attempt at a review is of the same build, a second green one is a new build.
        before = "b-1" if earlier else "b-2"
        await StageEight(tmp_path / "earlier", hub.url, build=before, green=earlier).run()
    start = Snapshot.of(hub, tmp_path / "start")

    def stage(name: str) -> StageEight:
        return StageEight(tmp_path / name, hub.url, build="b-2", green=green, texts=CHANGED)

    whole = Moments(tmp_path / "whole-moments")
    hub.happened = whole.happened
    commit = await stage("whole").write()
    assert whole.run(stage("whole"), commit) == 0
    hub.happened = lambda _event: None
    wanted = Outcome.of(hub, await stage("whole").publish(commit))
    assert wanted.repositories == [NAME]

    numbers = chosen(whole.seen())
    assert len(numbers) >= POINTS - 1
    for number in numbers:
        start.restore(hub, tmp_path / f"hub-{number}")
        killed = Moments(tmp_path / f"moments-{number}", number, with_git=number % 2 == 0)
        hub.happened = killed.happened
        again = stage(f"killed-{number}")
        assert await again.write() == commit
        moment = whole.seen()[number - 1]
        assert killed.run(again, commit) == -signal.SIGKILL, f"at {number}, {moment}"
        hub.happened = lambda _event: None
        assert Outcome.of(hub, await again.publish(commit)) == wanted, f"at {number}, {moment}"
