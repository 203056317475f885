"""Copies everything a store keeps into another, on whatever kind of storage each is."""

import asyncio
import hashlib
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from typing import Any

from core.errors import InputError, StorageError
from core.layout import BUILD_RECORD
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import USUAL, LeaseTimes, held_leases
from providers.storage.lease_files import LEASES

AT_ONCE = 16
"""Artifacts under way at the same time; each is in memory as a whole."""

_SHOWN = 5


@dataclass(frozen=True)
class CopyResult:
    """What became of the artifacts.

    Attributes:
        copied: how many were written, and read back as they were.
        kept: how many the target had already, byte for byte.
    """

    copied: int
    kept: int


async def copy_store(
    source: ArtifactStore,
    target: ArtifactStore,
    *,
    replace: bool = False,
    progress: Callable[[int, int], None],
    times: LeaseTimes = USUAL,
) -> CopyResult:
    """Copy all that a store keeps, but for leases; what the target has already is left as it is.

    Each artifact is read back and compared by its SHA-256. Broken off, it is simply begun again.
    What only the target has stays there.

    Args:
        source: copied from; nothing is changed in it.
        target: copied into.
        replace: whether what the target has with other content is replaced.
        progress: told how many artifacts of how many are done.
        times: how long leases last.

    Raises:
        InputError: both are the same store; nothing is in the first; a build runs in either, or
            ran meanwhile; or the target has other content under the same keys, and `replace` is
            not set: nothing is written then.
        StorageError: a store failed, or the target does not give back what was written.
    """
    if await source.place() == await target.place():
        raise InputError(f"{source.url} cannot be copied into itself")
    await _refuse_while_builds_run(source, target, times)
    keys = await _keys(source)
    if not keys:
        raise InputError(f"nothing is kept in {source.url}; correct where to copy from")
    in_target = set(await _keys(target))
    there = [key for key in keys if key in in_target]
    same = await _gathered(there, lambda key: _is_same(source, target, key))
    other = [key for key in there if not same[key]]
    if other and not replace:
        raise InputError(
            f"{target.url} has other content than {source.url} under {len(other)} keys, such as "
            f"{', '.join(map(repr, other[:_SHOWN]))}; nothing was copied. If what is in "
            f"{source.url} is the newer, copy with --replace"
        )
    kept = {key for key in there if same[key]}
    await _copy(source, target, [key for key in keys if key not in kept], len(kept), progress)
    await _refuse_while_builds_run(source, target, times)
    if await _keys(source) != keys:
        raise InputError(
            f"a build ran in {source.url} while it was copied; once it has ended, copy again"
        )
    return CopyResult(copied=len(keys) - len(kept), kept=len(kept))


async def _copy(
    source: ArtifactStore,
    target: ArtifactStore,
    keys: list[str],
    done: int,
    progress: Callable[[int, int], None],
) -> None:
    total = done + len(keys)

    async def copy(key: str) -> None:
        nonlocal done
        data = await source.read_bytes(key)
        await target.write_bytes(key, data)
        if _digest(await target.read_bytes(key)) != _digest(data):
            raise StorageError(f"{key!r} in {target.url} is not what was written there; copy again")
        done += 1
        progress(done, total)

    # Records of builds come last: a build that is listed in the target is there as a whole.
    records = [key for key in keys if key.endswith(f"/{BUILD_RECORD}")]
    await _gathered(sorted({*keys} - {*records}), copy)
    await _gathered(records, copy)


async def _is_same(source: ArtifactStore, target: ArtifactStore, key: str) -> bool:
    ours, theirs = await asyncio.gather(source.read_bytes(key), target.read_bytes(key))
    return _digest(ours) == _digest(theirs)


async def _refuse_while_builds_run(
    source: ArtifactStore, target: ArtifactStore, times: LeaseTimes
) -> None:
    stores = (source, target)
    for store, held in zip(
        stores, await asyncio.gather(*(held_leases(each, times) for each in stores)), strict=True
    ):
        if held:
            raise InputError(
                f"in {store.url} runs {', '.join(map(repr, held[:_SHOWN]))}; stop it or wait for "
                "its end, then copy"
            )


async def _keys(store: ArtifactStore) -> list[str]:
    return [key for key in await store.list_keys("") if not key.startswith(LEASES)]


async def _gathered(
    keys: Iterable[str], work: Callable[[str], Coroutine[Any, Any, Any]]
) -> dict[str, Any]:
    """What is made of each key, few at a time; the first failure ends all."""
    turns = asyncio.Semaphore(AT_ONCE)

    async def one(key: str) -> None:
        async with turns:
            made[key] = await work(key)

    made: dict[str, Any] = {}
    try:
        async with asyncio.TaskGroup() as group:
            for key in keys:
                group.create_task(one(key))
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return made


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()
