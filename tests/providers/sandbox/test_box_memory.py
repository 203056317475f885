import mmap
import os
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from providers.sandbox.box_memory import BoxMemory

SIZE = 32 << 20
SLACK = 8 << 20


@pytest.fixture
def shared() -> Generator[mmap.mmap]:
    with mmap.mmap(-1, SIZE) as held:
        yield held


def test_shared_memory_that_was_given_back_is_held_all_the_same(shared: mmap.mmap) -> None:
    memory = BoxMemory(os.getpid())
    shared.write(bytes(SIZE))
    shown, held = memory.shown(), memory.held()
    assert abs(held - shown) < SLACK, "what is shown counts once"
    shared.madvise(mmap.MADV_DONTNEED)
    assert memory.shown() < shown - SIZE + SLACK
    assert abs(memory.held() - held) < SLACK


def test_it_is_forgotten_when_nobody_maps_it() -> None:
    memory = BoxMemory(os.getpid())
    before = memory.held()
    with mmap.mmap(-1, SIZE):
        assert memory.held() > before + SIZE - SLACK
    assert memory.held() < before + SLACK


def test_a_mapping_that_processes_share_counts_once(shared: mmap.mmap) -> None:
    memory = BoxMemory(os.getpid())
    alone = memory.held()
    child = os.fork()
    if child == 0:
        time.sleep(10)
        os._exit(0)
    try:
        private = BoxMemory(child).shown()
        assert memory.held() < alone + private + SLACK
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)


def test_files_that_are_mapped_are_not_counted(tmp_path: Path) -> None:
    memory = BoxMemory(os.getpid())
    before = memory.held()
    path = tmp_path / "file"
    path.write_bytes(bytes(SIZE))
    with path.open("r+b") as file, mmap.mmap(file.fileno(), SIZE):
        assert memory.held() < before + SLACK


def test_a_process_that_has_ended_holds_nothing() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)
    assert (BoxMemory(child).shown(), BoxMemory(child).held()) == (0, 0)
