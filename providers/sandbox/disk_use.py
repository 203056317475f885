"""Watches how much folders of this machine grow while a box may write to them."""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from providers.sandbox.sandbox import Ending

_MIB = 1024 * 1024
_BLOCK = 512  # of st_blocks, whatever the filesystem's own blocks are
_PAUSE_SECONDS = 0.5
_PAUSE_RATIO = 10  # a look takes at most a tenth of the time


async def watch_growth(folders: Sequence[Path], most_mb: int) -> Ending:
    """Wait until folders hold so many MiB more than at the start.

    No ordinary user may put a limit on a folder's size, so this looks again and again; between two
    looks they can grow by what the disk takes in that time.
    """
    before = await asyncio.to_thread(disk_use, folders)
    while True:
        begun = time.monotonic()
        if await asyncio.to_thread(disk_use, folders) - before > most_mb * _MIB:
            return "disk"
        await asyncio.sleep(max(_PAUSE_SECONDS, _PAUSE_RATIO * (time.monotonic() - begun)))


def disk_use(folders: Sequence[Path]) -> int:
    """Bytes that folders take on the disk, files with several names counted once."""
    files = {
        (entry.st_dev, entry.st_ino): entry.st_blocks * _BLOCK
        for folder in folders
        for entry in _entries(folder)
    }
    return sum(files.values())


def _entries(folder: Path) -> Iterator[os.stat_result]:
    waiting = [str(folder)]
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    yield entry.stat(follow_symlinks=False)
        except OSError:
            continue  # it was removed meanwhile
