import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

import pytest

from providers.sandbox import box_memory
from providers.sandbox.box_memory import BoxMemory

SIZE = 32 << 20
SLACK = 8 << 20
STEPS = (
    "import mmap, os, sys\n"
    "def step():\n"
    "    print('done', flush=True)\n"
    "    if not sys.stdin.readline(): os._exit(0)\n"
    "step()\n"
)


@pytest.fixture(autouse=True)
def no_sockets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The processes of these tests have this machine's sockets, of which others open some."""

    def none(_process: int) -> int:
        return 0

    monkeypatch.setattr(box_memory, "socket_memory", none)


class Stepped:
    """A process that goes on when it is told, by `step()` in its code."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.memory = BoxMemory(process.pid)
        self._wait()

    def go_on(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        self._wait()

    def _wait(self) -> None:
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "done\n"


@contextmanager
def running(code: str) -> Generator[Stepped]:
    command = [sys.executable, "-c", f"{STEPS}{code}\nstep()"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield Stepped(process)
        finally:
            process.kill()


def test_shared_memory_that_was_given_back_is_held_all_the_same() -> None:
    code = (
        f"held = mmap.mmap(-1, {SIZE})\nheld.write(bytes(len(held)))\nstep()\n"
        "held.madvise(mmap.MADV_DONTNEED)\nstep()\nheld.close()"
    )
    with running(code) as process:
        before = process.memory.held()
        process.go_on()
        shown, held = process.memory.shown(), process.memory.held()
        assert abs(held - shown) < SLACK, "what is shown counts once"
        assert held > before + SIZE - SLACK
        process.go_on()
        assert process.memory.shown() < before + SLACK
        assert abs(process.memory.held() - held) < SLACK
        process.go_on()
        assert process.memory.held() < before + SLACK, "nobody maps it any more"


def test_a_mapping_that_processes_share_counts_once() -> None:
    code = (
        f"held = mmap.mmap(-1, {SIZE})\nstep()\n"
        "ended, kept = os.pipe()\n"
        "for _ in range(2):\n"
        "    if os.fork() == 0: os.close(kept); os.read(ended, 1); os._exit(0)"
    )
    with running(code) as process:
        process.go_on()
        alone = process.memory.held() - process.memory.shown()
        process.go_on()
        assert abs(alone - SIZE) < SLACK
        assert abs(process.memory.held() - process.memory.shown() - alone) < SLACK


def test_files_that_are_mapped_are_not_counted() -> None:
    code = (
        "import tempfile\nfile = tempfile.TemporaryFile()\n"
        f"file.truncate({SIZE})\nheld = mmap.mmap(file.fileno(), {SIZE})"
    )
    with running(code) as process:
        before = process.memory.held()
        process.go_on()
        assert process.memory.held() < before + SLACK


def test_a_process_that_has_ended_holds_nothing() -> None:
    with running("") as process:
        pass
    assert (process.memory.shown(), process.memory.held()) == (0, 0)
