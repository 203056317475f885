"""The inbox in the artifact store: which files are there, and where they go."""

import hashlib
from pathlib import PurePosixPath
from typing import NamedTuple

from core.errors import ArtifactNotFoundError
from core.layout import INBOX, INBOX_REJECTED, INBOX_TAKEN
from providers.storage.artifact_store import ArtifactStore
from tasks.inbox.reading import ENDING

_LONGEST = 200
"""Bytes of the longest name that is kept: file systems take it with what is put behind it."""


class Arrival(NamedTuple):
    """A file in the inbox.

    Attributes:
        name: its path below the inbox.
        size: in bytes.
    """

    name: str
    size: int


class InboxFolder:
    """Files of the inbox. A file is copied to where it goes before it is removed.

    Args:
        store: where the inbox is.
    """

    def __init__(self, store: ArtifactStore) -> None:
        self._store = store

    async def arrivals(self) -> list[Arrival]:
        """Files that are neither taken nor rejected, by name."""
        found = await self._store.list_files(INBOX)
        return [
            Arrival(file.key.removeprefix(INBOX), file.size)
            for file in sorted(found, key=lambda file: file.key)
            if not file.key.startswith((INBOX_TAKEN, INBOX_REJECTED))
        ]

    async def read(self, name: str) -> bytes | None:
        """What a file holds; `None` where it is gone."""
        try:
            return await self._store.read_bytes(INBOX + name)
        except ArtifactNotFoundError:
            return None

    async def was_taken(self, build_id: str) -> bool:
        """Whether a questionnaire of this build was taken before."""
        return await self._store.exists(f"{INBOX_TAKEN}{build_id}{ENDING}")

    async def take(self, name: str, content: bytes, build_id: str) -> bool:
        """Move a file to those that were taken; returns as `remove`."""
        await self._store.write_bytes(f"{INBOX_TAKEN}{build_id}{ENDING}", content)
        return await self.remove(name, content)

    async def reject(self, name: str, content: bytes, reason: str) -> bool:
        """Move a file to those that were rejected, with the reason beside it; returns as `remove`.

        Another file of the same name that is there already is kept.
        """
        key = INBOX_REJECTED + await self._free_name(name, content)
        await self._store.write_bytes(key, content)
        await self._store.write_text(f"{key.removesuffix(ENDING)}.reason.txt", f"{reason}\n")
        return await self.remove(name, content)

    async def remove(self, name: str, content: bytes) -> bool:
        """Remove a file from the inbox unless it holds something else by now.

        Returns:
            Whether it is gone.
        """
        if await self.read(name) not in {content, None}:
            return False
        try:
            await self._store.delete(INBOX + name)
        except ArtifactNotFoundError:
            return True
        return True

    async def _free_name(self, name: str, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()[:10]
        stem = PurePosixPath(name).stem
        if len(name.encode()) > _LONGEST:
            return f"{digest}{ENDING}"
        try:
            there = await self._store.read_bytes(INBOX_REJECTED + name)
        except ArtifactNotFoundError:
            return name
        return name if there == content else f"{stem}-{digest}{ENDING}"
