"""Keeps two processes of one machine from running the same build at once."""

import fcntl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from core.errors import BuildBusyError


@contextmanager
def build_locked(folder: Path, build_id: str) -> Generator[None]:
    """Hold the lock of a build; the kernel frees it when the process ends, however it ends.

    Raises:
        BuildBusyError: another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{build_id}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BuildBusyError(
                f"build {build_id!r} is already running on this machine; wait for it, or start "
                "another with --fresh"
            ) from None
        yield
