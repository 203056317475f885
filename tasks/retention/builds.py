"""What there is of builds in a store, as far as retention needs to know."""

import asyncio
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from core.artifacts.build_record import BuildRecord
from core.artifacts.published import BegunChange, PublishedBuild
from core.artifacts.used_results import UsedResults
from core.errors import ArtifactNotFoundError, StorageError
from core.layout import (
    BUILD_RECORD,
    BUILDS,
    PROJECTS,
    USED_RESULTS,
    begun_changes,
    build_prefix,
    published_build,
)
from core.options import NO_BASELINE
from providers.llm.checkpoints import ANSWERS
from providers.storage.artifact_store import ArtifactStore

_AT_ONCE = 32


@dataclass(frozen=True)
class FoundBuild:
    """A build of the store.

    Attributes:
        build_id: its id.
        record: where it stands; `None` where it has none, or none that can be read.
        problem: why there is no record.
    """

    build_id: str
    record: BuildRecord | None = None
    problem: str = ""

    @property
    def project_id(self) -> str:
        """The product it is of."""
        return self.record.project_id if self.record else self.build_id.rpartition("-")[0]

    @property
    def ended_at(self) -> datetime | None:
        """When its last run ended, UTC; `None` where that is not known."""
        told = self.record.finished_at if self.record else ""
        return datetime.fromisoformat(told).astimezone(UTC) if told else None


async def find_builds(store: ArtifactStore, project_id: str = "") -> list[FoundBuild]:
    """Every build of a store, or of one project, by id.

    Raises:
        StorageError: the store failed. A record that cannot be read is told of instead.
    """
    folders = {*await store.list_folders(BUILDS), *await store.list_folders(ANSWERS)}
    wanted = sorted(one for one in folders if not project_id or is_build_of(one, project_id))
    limit = asyncio.Semaphore(_AT_ONCE)

    async def read(build_id: str) -> FoundBuild:
        async with limit:
            return await find_build(store, build_id)

    return list(await asyncio.gather(*(read(build_id) for build_id in wanted)))


def is_build_of(build_id: str, project_id: str) -> bool:
    """Whether a build's id is one of a project: the project's, and a digest without a hyphen."""
    project, _, digest = build_id.rpartition("-")
    return project == project_id and digest != ""


async def find_build(store: ArtifactStore, build_id: str) -> FoundBuild:
    """One build as it stands now, whether there is anything of it or not.

    Raises:
        StorageError: the store failed.
    """
    try:
        record = await store.read_artifact(build_prefix(build_id) + BUILD_RECORD, BuildRecord)
    except ArtifactNotFoundError:
        return FoundBuild(build_id, problem="it has no record")
    except StorageError as error:
        if not isinstance(error.__cause__, ValueError):  # the store failed, not the record
            raise
        return FoundBuild(build_id, problem=str(error))
    return FoundBuild(build_id, record)


async def needed_by_projects(
    store: ArtifactStore, forgotten: Collection[str] = ()
) -> dict[str, str]:
    """Builds that the next build of their project goes on from, each with why it is needed.

    Args:
        store: where everything is.
        forgotten: keys of the notes of what builds began from that count no more.

    Raises:
        StorageError: the store failed, or what it says of a project cannot be read: then nobody
            knows what may go.
    """
    needed: dict[str, str] = {}
    for project_id in await store.list_folders(PROJECTS):
        for key in await store.list_keys(begun_changes(project_id)):
            if key in forgotten:
                continue
            begun = await store.read_artifact(key, BegunChange)
            if begun.baseline != NO_BASELINE:
                needed[begun.baseline] = "a change of it was begun and is not published"
        try:
            last = await store.read_artifact(published_build(project_id), PublishedBuild)
        except ArtifactNotFoundError:
            continue
        if last.baseline:
            needed[last.baseline] = f"{last.build_id} changed it, and was published last"
        needed[last.build_id] = "it was published last"
    return needed


async def used_results(store: ArtifactStore, build_ids: Iterable[str]) -> frozenset[str]:
    """Keys of the kept results that builds refer to.

    Raises:
        StorageError: the store failed, or what it says of a build cannot be read.
    """
    limit = asyncio.Semaphore(_AT_ONCE)

    async def read(build_id: str) -> frozenset[str]:
        async with limit:
            try:
                key = build_prefix(build_id) + USED_RESULTS
                return (await store.read_artifact(key, UsedResults)).keys
            except ArtifactNotFoundError:
                return frozenset()

    found = await asyncio.gather(*map(read, build_ids))
    return frozenset(key for keys in found for key in keys)
