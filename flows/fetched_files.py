"""Writes artifacts into a folder of a person's, and never outside of it."""

import asyncio
from collections.abc import Iterable
from pathlib import Path
from tempfile import NamedTemporaryFile

from core.errors import InputError
from providers.storage.artifact_store import ArtifactStore

_AT_ONCE = 16
_MODE = 0o644
"""Of files fetched: a temporary file could be read by its owner alone."""


async def put_files(
    store: ArtifactStore, prefix: str, paths: Iterable[str], folder: Path, *, replace: bool
) -> int:
    """Write artifacts, each whole or not at all; done again, what is there is left alone.

    Args:
        store: where they are.
        prefix: of their keys, before the paths.
        paths: below the prefix, and below the folder.
        folder: where they are written.
        replace: whether files with other content are replaced.

    Returns:
        Number of files written.

    Raises:
        InputError: a file with other content or a folder is in the way, or a link leads out.
        StorageError: the store failed.
    """
    limit = asyncio.Semaphore(_AT_ONCE)

    async def put(path: str) -> bool:
        async with limit:
            data = await store.read_bytes(prefix + path)
            return await asyncio.to_thread(_put, folder, path, data, replace=replace)

    ends = await asyncio.gather(*map(put, paths), return_exceptions=True)
    for end in ends:
        if isinstance(end, BaseException):
            raise end
    return sum(map(bool, ends))


def _put(folder: Path, path: str, data: bytes, *, replace: bool) -> bool:
    target = folder / path
    try:
        inside = target.parent.resolve()
        if not inside.is_relative_to(folder.resolve()):
            raise InputError(
                f"--to {str(folder)!r}: {path!r} would be written to {str(inside)!r}, outside of "
                "the folder, because of a link in it; remove the link"
            )
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_file() and not target.is_symlink() and target.read_bytes() == data:
            return False
        if (target.exists() or target.is_symlink()) and not replace:
            raise InputError(
                f"--to {str(folder)!r}: {str(target)!r} is there already, with other content; "
                "give another folder, or --replace"
            )
        _write(target, data)
    except OSError as error:
        raise InputError(f"--to {str(folder)!r}: {path!r} cannot be written: {error}") from error
    return True


def _write(target: Path, data: bytes) -> None:
    """Beside the target, then in its place: a link there is replaced and not followed."""
    with NamedTemporaryFile(dir=target.parent, prefix=".fetching-", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            Path(file.name).chmod(_MODE)
            Path(file.name).replace(target)
        except BaseException:
            Path(file.name).unlink()
            raise
