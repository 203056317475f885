"""Keeps Prefect's task results in the artifact store."""

import hashlib

from prefect.exceptions import ObjectAlreadyExists
from prefect.filesystems import WritableFileSystem
from pydantic import PrivateAttr

from providers.storage.artifact_store import ArtifactStore

RESULTS = "cache/results/"
_TRIES = 5
"""To save the block: type, schema and block may each be made by another build meanwhile."""


class ArtifactStoreResults(WritableFileSystem):
    """Result storage over the artifact store, whose writes are atomic.

    Prefect's own local file system writes in place, so that a process killed in the middle
    leaves half a result behind.
    """

    _block_type_name = "App Builder artifact store"
    _block_type_slug = "app-builder-artifact-store"
    _description = "Keeps task results in the artifact store of AI App Builder."

    url: str
    _store: ArtifactStore | None = PrivateAttr(default=None)

    @property
    def store(self) -> ArtifactStore:
        """The store, opened on first use."""
        if self._store is None:
            self._store = ArtifactStore(self.url)
        return self._store

    def lacks(self, path: str) -> bool:
        """Whether there is certainly no result, told without waiting; `False` may mean either."""
        return self.store.lacks(RESULTS + path)

    async def read_path(self, path: str) -> bytes:
        """Read one result; Prefect takes any error as "there is none"."""
        return await self.store.read_bytes(RESULTS + path)

    async def write_path(self, path: str, content: bytes) -> None:
        """Write one result, whole or not at all.

        The disk is not waited for, which would take a file of stage 7 longer than all else it does
        beside its calls. After a power cut, the last results are made again, from the answers that
        are kept.
        """
        await self.store.write_bytes(RESULTS + path, content, durable=False)


async def saved_result_storage(url: str) -> ArtifactStoreResults:
    """The result storage of a store, known to the Prefect server as Prefect demands.

    Args:
        url: the artifact store's; each has a block of its own.

    Raises:
        ObjectAlreadyExists: builds that begin at the same time came between again and again.
    """
    storage = ArtifactStoreResults(url=url)
    name = f"results-{hashlib.sha256(url.encode()).hexdigest()[:12]}"
    for _ in range(_TRIES - 1):
        try:
            await storage.asave(name, overwrite=True)
        except ObjectAlreadyExists:
            # Another build made the type, its schema or the block since Prefect looked for it.
            continue
        return storage
    await storage.asave(name, overwrite=True)
    return storage
