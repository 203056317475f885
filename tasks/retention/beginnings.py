"""Forgets what builds began from that nobody finishes, so that their baselines may go one day.

Whoever goes on with such a build all the same begins from what was published last, as any other.
"""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.published import BegunChange
from core.layout import PROJECTS, begun_changes
from core.options import NO_BASELINE
from providers.storage.artifact_store import ArtifactStore
from providers.storage.stored_files import StoredFile
from tasks.retention.builds import FoundBuild

_LEAST = timedelta(days=1)
"""However short builds are kept, what was begun today is at work."""


async def find_beginnings(store: ArtifactStore) -> list[StoredFile]:
    """The notes of all projects.

    Raises:
        StorageError: the store failed.
    """
    projects = await store.list_folders(PROJECTS)
    return [note for one in projects for note in await store.list_files(begun_changes(one))]


async def abandoned(
    store: ArtifactStore,
    notes: Iterable[StoredFile],
    builds: Collection[FoundBuild],
    *,
    days: int,
    now: datetime,
) -> list[StoredFile]:
    """The notes that nobody needs: they are old, and so is the last run of every build of theirs.

    A note does not say which build is its own: any that is not published, and began from the same,
    may be. One that waits for a person's decision needs its note however long that takes.

    Args:
        store: where everything is.
        notes: from `find_beginnings`.
        builds: all there are.
        days: for so long builds are kept after their last run.
        now: the time, UTC.

    Raises:
        StorageError: the store failed, or a note cannot be read.
    """
    age = max(timedelta(days=days), _LEAST)
    active = {
        (build.project_id, build.record.baseline or NO_BASELINE)
        for build in builds
        if build.record and _is_active(build.record, now - age)
    }
    found: list[StoredFile] = []
    for note in notes:
        if now - note.written_at >= age:
            project_id = note.key.removeprefix(PROJECTS).partition("/")[0]
            begun = await store.read_artifact(note.key, BegunChange)
            if (project_id, begun.baseline) not in active:
                found.append(note)
    return found


def _is_active(record: BuildRecord, since: datetime) -> bool:
    if record.status is BuildStatus.WAITING:
        return True
    moment = record.finished_at or record.started_at
    is_late = bool(moment) and datetime.fromisoformat(moment).astimezone(UTC) > since
    return is_late and not record.repository
