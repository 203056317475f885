"""A folder to measure in, where new files cost what they cost on a machine at rest.

ext4 gives no number of a deleted file out again for up to six minutes, and looks at each such
number before it takes another. Where thousands of files were deleted just now, a new one takes
several times as long, and a build makes ten for each file of a product. So whatever a benchmark
writes stays until it is done, and it begins where nothing was deleted lately.
"""

import tempfile
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

_FILES = 500
_RESTED_MICROSECONDS = 60.0
_LOOKS_SECONDS = 20.0
_LONGEST_WAIT_SECONDS = 420.0


@contextmanager
def rested_ground(parent: Path, say: Callable[[str], None]) -> Generator[Path]:
    """An empty folder, removed with all that is in it when the block is left.

    Args:
        parent: of the folder; made if it is missing.
        say: is told what a new file takes, and that it is waited for; after seven minutes it is
            used as it is.
    """
    parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=parent) as name:
        ground = Path(name)
        until = time.monotonic() + _LONGEST_WAIT_SECONDS
        look = 0
        while (taken := _new_file_microseconds(ground / f"look-{look}")) > _RESTED_MICROSECONDS:
            if time.monotonic() > until:
                break
            if look == 0:
                say(f"A new file takes {taken:.0f} µs: waiting until the disk is at rest.")
            look += 1
            time.sleep(_LOOKS_SECONDS)
        say(f"A new file takes {taken:.0f} µs here.")
        yield ground


def _new_file_microseconds(folder: Path) -> float:
    folder.mkdir()
    started = time.perf_counter()
    for number in range(_FILES):
        (folder / str(number)).write_bytes(bytes(2_000))
    return (time.perf_counter() - started) * 1e6 / _FILES
