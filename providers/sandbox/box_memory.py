"""What the processes of a box hold in memory, as the kernel tells an ordinary user.

A process shows the pages that it has mapped. Pages of a shared anonymous mapping live on when a
process gives them back (`MADV_DONTNEED`) or unmaps a part, until nobody maps anything of them. So
such a mapping counts as large as it was ever seen, once for all processes that share it, whether
its pages were touched or not: only a process with rights is told that. Files of tmpfs, which
programs share as a rule, are bounded by its size.
"""

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from providers.sandbox.socket_memory import socket_memory

_PRIVATE = ("RssAnon:", "VmSwap:")
_SHARED = ("RssShmem:",)
_MAPPING = re.compile(
    rb"(?m)^([0-9a-f]+)-([0-9a-f]+) ...s ([0-9a-f]+) (\S+ \d+) +"
    rb"(?:/dev/zero \(deleted\)$|/memfd:|\[anon_shmem:)"
)
"""A shared mapping of no file in /proc/PID/maps: addresses, offset, device and inode."""


class BoxMemory:
    """Counts the memory of one box, look by look.

    Args:
        first: the box's first process, as it is numbered outside.
    """

    def __init__(self, first: int) -> None:
        self._first = first
        self._sizes: dict[bytes, int] = {}

    def shown(self) -> int:
        """Bytes that the processes show and that their sockets may hold; quick at any time."""
        members = [*_family(self._first)]
        return socket_memory(self._first) + sum(
            _told(member, (*_PRIVATE, *_SHARED)) for member in members
        )

    def held(self) -> int:
        """Bytes that they hold at most: as `shown`, and what they share and do not show."""
        members = [*_family(self._first)]
        private = sum(_told(member, _PRIVATE) for member in members)
        shared = sum(_told(member, _SHARED) for member in members)
        return socket_memory(self._first) + private + max(shared, self._mapped(members))

    def _mapped(self, members: list[int]) -> int:
        """Bytes of the shared anonymous mappings that any process still has a part of."""
        sizes: dict[bytes, int] = {}
        for member in members:
            for name, end in _mappings(member):
                sizes[name] = max(end, sizes.get(name, 0), self._sizes.get(name, 0))
        self._sizes = sizes
        return sum(sizes.values())


def _family(first: int) -> Iterator[int]:
    """A process and all below it."""
    members = [first]
    while members:
        member = members.pop()
        yield member
        for children in _of_threads(member, "children"):
            members += map(int, children.split())


def _told(process: int, names: tuple[str, ...]) -> int:
    """Bytes by some lines of a process's status.

    Without the pages of files, which the kernel can drop.
    """
    # A first thread that has ended shows no memory, though the others go on using it.
    for status in _of_threads(process, "status"):
        lines = status.decode(errors="replace").splitlines()
        if any(line.startswith("RssAnon:") for line in lines):
            return sum(int(line.split()[1]) for line in lines if line.startswith(names)) * 1024
    return 0


def _mappings(process: int) -> Iterator[tuple[bytes, int]]:
    """Names of a process's shared anonymous mappings, and where a part ends within its mapping."""
    maps = next(filter(None, _of_threads(process, "maps")), b"")
    for begin, end, offset, name in _MAPPING.findall(maps):
        yield name, int(offset, 16) + int(end, 16) - int(begin, 16)


def _of_threads(process: int, file: str) -> Iterator[bytes]:
    """What a file of /proc says of each thread of a process."""
    threads: list[str] = []
    with suppress(OSError):  # it may end at any moment, and so may each thread
        threads = os.listdir(f"/proc/{process}/task")  # noqa: PTH208 -- numbers, not paths
    for thread in threads:
        with suppress(OSError):
            yield Path(f"/proc/{process}/task/{thread}/{file}").read_bytes()
