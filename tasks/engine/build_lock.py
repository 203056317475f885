"""Keeps two processes from running the same build at once, on one machine or on several."""

import fcntl
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from core.errors import BuildBusyError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import leased


@asynccontextmanager
async def build_held(folder: Path, store: ArtifactStore, build_id: str) -> AsyncGenerator[None]:
    """Hold a build: against this machine's processes by a lock, against others by a lease.

    Raises:
        BuildBusyError: another process holds it, or took it because this one did not answer.
        StorageError: the store failed, or was away for so long that others may take the build.
    """
    with build_locked(folder, build_id):
        async with leased(store, build_id):
            yield


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
