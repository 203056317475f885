"""Prunes a store: judges every build, removes those that may go, and what nobody refers to."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from core.errors import BuildBusyError
from core.settings import Settings
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import forget_lease
from tasks.engine.build_lock import build_held
from tasks.retention.beginnings import abandoned, find_beginnings
from tasks.retention.builds import FoundBuild, find_build, find_builds, needed_by_projects
from tasks.retention.removal import measure, own_repository, remove_build
from tasks.retention.selection import RetentionPolicy, Verdict, judge, still_may_go
from tasks.retention.sweep import Swept, sweep_results, sweep_shared


class BuildRow(BaseModel):
    """One build in the report.

    Attributes:
        verdict: whether it goes, and why.
        files, size: what the store keeps of it alone, size in bytes; only of builds that go.
        repository: path of the local repository that goes with it; empty for none.
    """

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    files: int = 0
    size: int = 0
    repository: str = ""


class SweptRow(BaseModel):
    """What becomes of one kind of file that belongs to no single build.

    Attributes:
        what: which kind.
        removed, size: files that go, and their size in bytes.
        stay: files that stay.
    """

    model_config = ConfigDict(frozen=True)

    what: str
    removed: int
    size: int
    stay: int


class PruneReport(BaseModel):
    """What was removed and what stays.

    Attributes:
        dry_run: nothing was removed; it says what would be.
        policy: what was kept at the least.
        builds: every build.
        swept: files that belong to no single build.
    """

    model_config = ConfigDict(frozen=True)

    dry_run: bool
    policy: RetentionPolicy
    builds: tuple[BuildRow, ...]
    swept: tuple[SweptRow, ...]

    @property
    def gone(self) -> tuple[BuildRow, ...]:
        """Builds that go."""
        return tuple(row for row in self.builds if row.verdict.goes)

    @property
    def size(self) -> int:
        """Bytes of the store that become free."""
        return sum(row.size for row in (*self.builds, *self.swept))


async def prune(
    settings: Settings,
    store: ArtifactStore,
    policy: RetentionPolicy,
    *,
    now: datetime,
    dry_run: bool,
    repositories: bool,
) -> PruneReport:
    """Remove what a policy lets go; killed at any point, the next run finishes it.

    Args:
        settings: the operator's.
        store: what is pruned.
        policy: what is kept at the least.
        now: the time, UTC.
        dry_run: only tell.
        repositories: local repositories of builds that go, go as well.

    Raises:
        StorageError: the store failed, or what it says of a project cannot be read.
    """
    builds = {build.build_id: build for build in await find_builds(store)}
    notes = await find_beginnings(store)
    old = await abandoned(store, notes, builds.values(), days=policy.days, now=now)
    needed = await needed_by_projects(store, {note.key for note in old})
    verdicts = judge(list(builds.values()), policy, needed=needed, now=now)
    if not dry_run:  # before the builds that they need
        await store.delete_all([note.key for note in old])
    rows: list[BuildRow] = []
    for verdict in verdicts:
        row = BuildRow(verdict=verdict)
        if verdict.goes:
            row = await _row(
                settings, store, verdict, builds, verdicts, with_repository=repositories
            )
            if not dry_run:
                row = await _removed(settings, store, row)
        rows.append(row)
    kept = [row.verdict.build_id for row in rows if not row.verdict.goes]
    results = await sweep_results(store, kept, now=now, dry_run=dry_run)
    shared = await sweep_shared(
        store, seconds=settings.response_cache_seconds, now=now, dry_run=dry_run
    )
    begun = Swept(
        tuple(note.key for note in old), sum(note.size for note in old), len(notes) - len(old)
    )
    swept = tuple(
        SweptRow(what=what, removed=len(each.removed), size=each.removed_bytes, stay=each.stay)
        for what, each in (
            ("kept results that no build refers to", results),
            ("answers that no longer serve other builds", shared),
            ("notes of what unfinished builds began from", begun),
        )
    )
    return PruneReport(dry_run=dry_run, policy=policy, builds=tuple(rows), swept=swept)


async def _row(
    settings: Settings,
    store: ArtifactStore,
    verdict: Verdict,
    builds: Mapping[str, FoundBuild],
    verdicts: Sequence[Verdict],
    *,
    with_repository: bool,
) -> BuildRow:
    files, size = await measure(store, verdict.build_id)
    repository = ""
    if with_repository:
        kept = [builds[other.build_id] for other in verdicts if not other.goes]
        repository = own_repository(settings, builds[verdict.build_id], kept)
    return BuildRow(verdict=verdict, files=files, size=size, repository=repository)


async def _removed(settings: Settings, store: ArtifactStore, row: BuildRow) -> BuildRow:
    """Remove a build while it is held, unless something has happened to it since it was judged."""
    build_id = row.verdict.build_id
    try:
        async with build_held(settings.root / "locks", store, build_id):
            build = await find_build(store, build_id)
            if not still_may_go(build, row.verdict):
                return _stays(row, "it was started again meanwhile")
            await remove_build(settings, store, build, row.repository)
        await forget_lease(store, build_id)
    except BuildBusyError:
        return _stays(row, "it is running")
    return row


def _stays(row: BuildRow, reason: str) -> BuildRow:
    verdict = row.verdict.model_copy(update={"goes": False, "reason": reason})
    return BuildRow(verdict=verdict)
