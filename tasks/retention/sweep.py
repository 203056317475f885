"""Removes what no build refers to: kept results, and answers that serve nobody any more."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.llm.shared_answers import SHARED
from providers.storage.artifact_store import ArtifactStore
from providers.storage.stored_files import StoredFile
from tasks.engine.result_storage import RESULTS
from tasks.retention.builds import used_results

MARGIN = timedelta(days=1)
"""A result that is younger is left alone: a build that is at work may not have told of it yet."""


@dataclass(frozen=True)
class Swept:
    """What was looked at in one place.

    Attributes:
        removed: files that went, or would.
        removed_bytes: their size.
        stay: files that stay.
    """

    removed: tuple[str, ...]
    removed_bytes: int
    stay: int


async def sweep_results(
    store: ArtifactStore, kept: Collection[str], *, now: datetime, dry_run: bool
) -> Swept:
    """Remove the results that none of the kept builds refers to.

    The results are listed before the builds are asked, so that what a build begins to use in
    between is either told by it or too young. What is lost to a build that takes up an old result
    in the very moment of its removal is made again from the build's own answers.

    Args:
        store: where everything is.
        kept: ids of the builds that stay.
        now: the time, UTC.
        dry_run: only tell.

    Raises:
        StorageError: the store failed, or it cannot be told what a build refers to.
    """
    files = await store.list_files(RESULTS)
    used = await used_results(store, kept)
    old = [
        file
        for file in files
        if file.key.removeprefix(RESULTS) not in used and now - file.written_at >= MARGIN
    ]
    return await _swept(store, files, old, dry_run=dry_run)


async def sweep_shared(
    store: ArtifactStore, *, seconds: float, now: datetime, dry_run: bool
) -> Swept:
    """Remove the answers of the response cache that are too old to serve anybody.

    Args:
        store: where everything is.
        seconds: how long an answer serves other builds.
        now: the time, UTC.
        dry_run: only tell.

    Raises:
        StorageError: the store failed.
    """
    files = await store.list_files(SHARED)
    age = timedelta(seconds=seconds)
    old = [file for file in files if now - file.written_at >= age]
    return await _swept(store, files, old, dry_run=dry_run)


async def _swept(
    store: ArtifactStore, files: Sequence[StoredFile], old: Sequence[StoredFile], *, dry_run: bool
) -> Swept:
    keys = tuple(file.key for file in old)
    if not dry_run:
        await store.delete_all(keys)
    return Swept(keys, sum(file.size for file in old), len(files) - len(keys))
