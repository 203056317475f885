"""Removes all of one project: its builds, what only they refer to, and what is known of it.

Done in an order in which whatever is left after a kill still names the project, so that the same
command finishes it: first results, then builds, then the rest, at last the project's own folder.
"""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from core.artifacts.build_record import BuildStatus
from core.errors import BuildBusyError, InputError
from core.layout import INBOX_TAKEN, PROJECTS
from core.settings import Settings
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import forget_lease
from providers.storage.lease_files import LEASES
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_forgetting import LedgerForgetting
from tasks.engine.build_lock import build_held, build_locked
from tasks.engine.publishers import local_repositories
from tasks.engine.result_storage import RESULTS
from tasks.retention.builds import FoundBuild, find_builds, is_build_of, used_results
from tasks.retention.removal import measure, own_repository, remove_build, remove_tree


@dataclass(frozen=True)
class ProjectContents:
    """What there is of a project.

    Attributes:
        project_id: its id.
        builds: its builds.
        files, size: what the store keeps of them alone, size in bytes.
        results: keys of the kept results that no other project's build refers to.
        notes: keys of what is known of the project beside its builds.
        folders: of this machine: repositories and workspaces.
        elsewhere: where it is published besides; nothing there is removed.
        calls: that the ledger knows to be its own.
    """

    project_id: str
    builds: tuple[FoundBuild, ...]
    files: int
    size: int
    results: tuple[str, ...]
    notes: tuple[str, ...]
    folders: tuple[Path, ...]
    elsewhere: tuple[str, ...]
    calls: int

    @property
    def waiting(self) -> tuple[str, ...]:
        """Builds whose run is suspended, and would go on when somebody resumes it."""
        return tuple(
            build.build_id
            for build in self.builds
            if build.record and build.record.status is BuildStatus.WAITING
        )


async def find_project(
    settings: Settings, store: ArtifactStore, project_id: str
) -> ProjectContents:
    """Look for all there is of a project, in the store, in the ledger and on this machine.

    Raises:
        InputError: there is nothing; projects of similar names are named.
        StorageError: the store or the ledger failed.
    """
    everything = await find_builds(store)
    builds = [build for build in everything if build.project_id == project_id]
    others = [build for build in everything if build.project_id != project_id]
    sizes = [await measure(store, build.build_id) for build in builds]
    database = LedgerDatabase(settings.ledger_database_url)
    try:
        calls = await LedgerForgetting(database).known(project_id)
    finally:
        await asyncio.to_thread(database.close)
    found = ProjectContents(
        project_id=project_id,
        builds=tuple(builds),
        files=sum(files for files, _ in sizes),
        size=sum(size for _, size in sizes),
        results=await _own_results(store, builds, others),
        notes=await _notes(store, project_id),
        folders=await asyncio.to_thread(_folders, settings, project_id, builds, others),
        elsewhere=_elsewhere(settings, builds),
        calls=calls,
    )
    if not (found.builds or found.notes or found.folders or found.calls):
        known = sorted({*(one.project_id for one in others), *await store.list_folders(PROJECTS)})
        near = get_close_matches(project_id, known)
        told = f"; near it: {', '.join(map(repr, near))}" if near else ""
        raise InputError(
            f"there is no project {project_id!r} in {store.url}{told}; `app-builder artifacts` "
            "lists all builds with their projects"
        )
    return found


async def delete_project(
    settings: Settings, store: ArtifactStore, contents: ProjectContents
) -> None:
    """Remove what was found of a project; killed at any point, the same call finishes it.

    Args:
        settings: the operator's.
        store: where the project is.
        contents: from `find_project`, just now.

    Raises:
        BuildBusyError: one of its builds is running; nothing was removed.
        StorageError: the store or the ledger failed.
    """
    async with AsyncExitStack() as held:
        for build in contents.builds:
            await held.enter_async_context(
                build_held(settings.root / "locks", store, build.build_id)
            )
        await store.delete_all([RESULTS + key for key in contents.results])
        for build in contents.builds:
            await remove_build(settings, store, build)
        for folder in contents.folders:
            await asyncio.to_thread(remove_tree, folder)
        await _forget_calls(settings, contents.project_id)
        await store.delete_all(contents.notes)
        await store.delete_folder(f"{PROJECTS}{contents.project_id}")
    await _clear_locks(settings, store, contents.project_id)


async def _clear_locks(settings: Settings, store: ArtifactStore, project_id: str) -> None:
    """Take away what is left of locks and leases that nobody holds: their names tell of builds."""
    for name in await store.list_folders(LEASES):
        if is_build_of(name, project_id):
            await forget_lease(store, name)
    folder = settings.root / "locks"
    for lock in await asyncio.to_thread(lambda: list(folder.glob("*.lock"))):
        if is_build_of(lock.stem, project_id):
            with suppress(BuildBusyError), build_locked(folder, lock.stem):
                lock.unlink()


async def _forget_calls(settings: Settings, project_id: str) -> None:
    database = LedgerDatabase(settings.ledger_database_url)
    try:
        await LedgerForgetting(database).forget(project_id)
    finally:
        await asyncio.to_thread(database.close)


async def _own_results(
    store: ArtifactStore, builds: Sequence[FoundBuild], others: Sequence[FoundBuild]
) -> tuple[str, ...]:
    own = await used_results(store, [build.build_id for build in builds])
    if not own:
        return ()
    shared = await used_results(store, [build.build_id for build in others])
    return tuple(sorted(own - shared))


async def _notes(store: ArtifactStore, project_id: str) -> tuple[str, ...]:
    taken = await store.list_keys(INBOX_TAKEN)
    its = [key for key in taken if is_build_of(Path(key).stem, project_id)]
    return (*its, *await store.list_keys(f"{PROJECTS}{project_id}"))


def _folders(
    settings: Settings,
    project_id: str,
    builds: Sequence[FoundBuild],
    others: Sequence[FoundBuild],
) -> tuple[Path, ...]:
    """Repositories its builds are published in, and whatever has the name of one of its builds."""
    repositories = local_repositories(settings)
    published = {own_repository(settings, build, others) for build in builds} - {""}
    named = {
        path
        for folder in (settings.root / "work", repositories)
        if folder.is_dir()
        for path in folder.iterdir()
        if is_build_of(path.name.removesuffix(".git"), project_id)
    }
    taken = {other.record.repository for other in others if other.record}
    return tuple(sorted({*map(Path, published), *(one for one in named if str(one) not in taken)}))


def _elsewhere(settings: Settings, builds: Sequence[FoundBuild]) -> tuple[str, ...]:
    places = {build.record.repository for build in builds if build.record}
    ours = local_repositories(settings)
    return tuple(sorted(one for one in places if one and Path(one).parent != ours))
