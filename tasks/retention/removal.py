"""Takes a build away: from the store, and what this machine keeps of it.

Its record goes last and says meanwhile that the build is being removed, so that a removal that was
killed is finished by the next one, and nobody takes what is left for a build.
"""

import asyncio
import shutil
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from core.artifacts.build_record import BuildStatus
from core.layout import BUILD_RECORD, build_prefix
from core.settings import Settings
from providers.llm.checkpoints import ANSWERS
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.publishers import local_repositories
from tasks.retention.builds import FoundBuild


def folders_of(build_id: str) -> tuple[str, ...]:
    """Folders of the store that hold nothing but what is one build's."""
    return f"{ANSWERS}/{build_id}/", build_prefix(build_id)


async def measure(store: ArtifactStore, build_id: str) -> tuple[int, int]:
    """How many files the store keeps of one build alone, and their size in bytes.

    Raises:
        StorageError: the store failed.
    """
    files = [file for folder in folders_of(build_id) for file in await store.list_files(folder)]
    return len(files), sum(file.size for file in files)


def own_repository(settings: Settings, build: FoundBuild, kept: Collection[FoundBuild]) -> str:
    """Path of the local repository that only this build is published in; empty if there is none.

    Args:
        settings: the operator's, which say where local repositories are.
        build: the build.
        kept: builds that stay; a repository that one of them is published in stays as well.
    """
    there = build.record.repository if build.record else ""
    if not there or any(other.record and other.record.repository == there for other in kept):
        return ""
    path = Path(there)
    ours = path.parent == local_repositories(settings) and path.is_dir() and not path.is_symlink()
    return there if ours else ""


async def remove_build(
    settings: Settings, store: ArtifactStore, build: FoundBuild, repository: str = ""
) -> None:
    """Remove a build that is held; done again, it finishes what was killed.

    Args:
        settings: the operator's.
        store: where the build is.
        build: the build, as it stands now.
        repository: the local repository that goes as well, from `own_repository`.

    Raises:
        StorageError: the store failed.
    """
    answers, prefix = folders_of(build.build_id)
    if build.record is not None:
        removing = build.record.model_copy(update={"status": BuildStatus.REMOVING})
        await store.write_artifact(prefix + BUILD_RECORD, removing)
    await store.delete_folder(answers)
    for folder in (
        settings.root / "work" / build.build_id,
        *([Path(repository)] * bool(repository)),
    ):
        await asyncio.to_thread(remove_tree, folder)
    await store.delete_folder(prefix, last=prefix + BUILD_RECORD)


def remove_tree(folder: Path) -> None:
    """Remove a folder of this machine, if it is there, and the lock beside it."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)
    folder.with_name(f".{folder.name}.lock").unlink(missing_ok=True)
