"""Looks at the memory of workers and of their builds, again and again."""

import threading
from collections.abc import Iterable
from typing import Self

import psutil

_PAUSE = 0.5


class MemoryWatch:
    """Looks from a thread, from the beginning of a block to its end.

    Args:
        names: names of the workers, as they were started with.

    Attributes:
        workers: resident memory of each worker's own process, bytes, each time it was looked at.
        own: the part of it that no file backs. The rest comes and goes with what the machine does:
            its pages are taken where memory is wanted, and read again.
        build: the most that a process of a build's took, bytes.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._processes = {name: _worker(name) for name in names}
        self.workers: dict[str, list[int]] = {name: [] for name in self._processes}
        self.own: dict[str, list[int]] = {name: [] for name in self._processes}
        self.build = 0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_again_and_again, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def growth(self, name: str) -> float:
        """What a worker's own memory in the last quarter is of that in the second, medians."""
        samples = self.own[name]
        quarter = max(1, len(samples) // 4)
        return _median(samples[-quarter:]) / _median(samples[quarter : 2 * quarter] or samples)

    def _look_again_and_again(self) -> None:
        while not self._ended.wait(_PAUSE):
            for name, process in self._processes.items():
                taken = process.memory_info()
                self.workers[name].append(taken.rss)
                self.own[name].append(taken.rss - taken.shared)
                for child in process.children(recursive=True):
                    self.build = max(self.build, _memory_of_build(child))


def _worker(name: str) -> psutil.Process:
    for process in psutil.process_iter(["cmdline"]):
        words: list[str] = process.info["cmdline"] or []
        if "worker" in words and name in words:
            return process
    raise RuntimeError(f"no worker {name!r} runs")


def _memory_of_build(process: psutil.Process) -> int:
    """Nothing, where it is none of Prefect's, such as a box of the sandbox, or has ended."""
    try:
        words = process.cmdline()
        return process.memory_info().rss if any("prefect" in word for word in words) else 0
    except (psutil.NoSuchProcess, psutil.AccessDenied):
        return 0


def _median(samples: list[int]) -> float:
    return float(sorted(samples)[len(samples) // 2])
