"""The files of one lease in the artifact store, of which the one with the highest number holds.

A file is created if there is none of its number, and never written over. Whoever holds the lease
renews it with the next number, whoever takes or releases it does the same: of several who follow
the same file, the store lets one. The highest file stays when the lease is released, and says so;
were numbers given again, whoever slept meanwhile could take another's file for its own.
"""

from contextlib import suppress
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import ArtifactNotFoundError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease_holder import Holder

LEASES = "locks/"
"""Folder of all leases in the store; each has one below it, by its name."""


class Written(BaseModel):
    """What stands in a file of a lease.

    Attributes:
        holder: who wrote it.
        renewals: how often the lease was renewed before.
        released: whether nobody holds the lease any more.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    holder: Holder
    renewals: int = 0
    released: bool = False

    @property
    def is_free(self) -> bool:
        """Whether the lease was released, or its holder has certainly ended."""
        return self.released or self.holder.is_gone()


@dataclass(frozen=True)
class Newest:
    """The file that holds: its number, and what stands in it."""

    number: int
    written: Written


class LeaseFiles:
    """The files of the lease of one name.

    Args:
        store: where they are; it must have conditional writes.
        name: of the lease.
    """

    def __init__(self, store: ArtifactStore, name: str) -> None:
        self._store = store
        self._folder = f"{LEASES}{name}"

    @property
    def folder(self) -> str:
        """Key of their folder."""
        return self._folder

    async def newest(self) -> Newest | None:
        """The file with the highest number; `None` if there is no file.

        Raises:
            StorageError: the store failed, or what is there is no lease.
        """
        while keys := await self._store.list_keys(self._folder):
            written = await self._read(keys[-1])
            if written is not None:  # else it was renewed between both requests
                return Newest(self._number(keys[-1]), written)
        return None

    async def follow(self, before: Newest | None, written: Written) -> bool:
        """Create the file after one, and say whether it holds now.

        It does if the store let it be created, none is higher, and the one it follows is still
        there as it was. Otherwise it is taken back.

        Args:
            before: the newest file, as it was seen; `None` where there was none.
            written: what stands in the new one.

        Raises:
            StorageError: the store failed; the file may be there all the same.
        """
        key = self._key(before.number + 1 if before else 1)
        if (
            not await self._store.create_text(key, written.model_dump_json())
            # Of a request sent twice, the second finds what the first has written.
            and await self._read(key) != written
        ):
            return False
        keys = await self._store.list_keys(self._folder)
        stands = not before or await self._read(self._key(before.number)) == before.written
        if keys[-1:] == [key] and stands:
            return True
        await self._remove(key)
        return False

    async def remove_older(self, newest: Newest) -> None:
        """Remove the files below one; what is gone already is no error."""
        for key in await self._store.list_keys(self._folder):
            if self._number(key) < newest.number:
                await self._remove(key)

    async def remove(self, newest: Newest) -> None:
        """Remove one and those below it; the lease then begins anew."""
        await self.remove_older(newest)
        await self._remove(self._key(newest.number))

    def _key(self, number: int) -> str:
        return f"{self._folder}/{number:08}"

    def _number(self, key: str) -> int:
        name = key.removeprefix(f"{self._folder}/")
        if not name.isdecimal():
            raise self._no_lease(key, "its name is no number")
        return int(name)

    async def _read(self, key: str) -> Written | None:
        try:
            return Written.model_validate_json(await self._store.read_bytes(key))
        except ArtifactNotFoundError:
            return None
        except ValidationError as error:
            raise self._no_lease(key, error.errors()[0]["msg"]) from error

    async def _remove(self, key: str) -> None:
        with suppress(ArtifactNotFoundError):
            await self._store.delete(key)

    def _no_lease(self, key: str, why: str) -> StorageError:
        return StorageError(
            f"{key!r} in {self._store.url} is no lease of this release: {why}; when no build runs, "
            "remove it"
        )
