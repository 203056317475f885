"""Leases in the artifact store: one holder of a name at a time, on whatever machine.

A lease is a file with a number below the name's folder; the highest number holds. Files are only
created, never taken over, so that conditional creation is all that is asked of the store. The
holder writes its file again and again; who finds one that has not changed for as long as a lease
lasts, by its own clock, creates the next number. So no two clocks are ever compared.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from core.errors import ArtifactNotFoundError, BuildBusyError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease_holder import Holder, this_process

LEASES = "locks/"
"""Folder of all leases in the store; each has one below it, by its name."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeaseTimes:
    """How long a lease lasts, in seconds.

    Attributes:
        lasting: a lease that was not renewed for so long is another's to take.
        renewed_every: pause between renewals. What is over from here to `deadline` is how long the
            store may be away without halting whoever holds the lease.
    """

    lasting: float = 90
    renewed_every: float = 15

    @property
    def deadline(self) -> float:
        """The holder stops when it could not renew for so long, well before others may take it."""
        return self.lasting * 3 / 4


USUAL = LeaseTimes()


class _Written(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    holder: Holder
    renewals: int = 0


@asynccontextmanager
async def leased(
    store: ArtifactStore, name: str, times: LeaseTimes = USUAL
) -> AsyncGenerator[None]:
    """Hold the lease of a name; where it is lost, what is inside is cancelled.

    Where the store has no conditional writes, nothing is held, and the log says so.

    Raises:
        BuildBusyError: another process holds it, or took it.
        StorageError: the store failed, or the lease could not be renewed in time.
    """
    if not await store.has_conditional_writes():
        _log.warning(
            "the artifact store %s has no conditional writes, so that nothing keeps other machines "
            "from running %r at the same time; run it on one",
            store.url,
            name,
        )
        yield
        return
    lease = _Lease(store, name, times)
    await lease.take()
    try:
        async with lease.renewed():
            yield
    finally:
        await lease.release()


async def held_leases(store: ArtifactStore, times: LeaseTimes = USUAL) -> list[str]:
    """Sorted names of the leases that somebody holds.

    One that nobody released takes as long to tell as a lease lasts, if its process was on another
    machine.
    """
    keys = [key for key in await store.list_keys(LEASES) if key.count("/") > 1]
    highest = {key.removeprefix(LEASES).rpartition("/")[0]: key for key in keys}
    held = await asyncio.gather(
        *(_holder_alive(store, key, times) for key in highest.values()),
    )
    return [name for name, holder in zip(highest, held, strict=True) if holder is not None]


class _Lease:
    def __init__(self, store: ArtifactStore, name: str, times: LeaseTimes) -> None:
        self._store = store
        self._name = name
        self._times = times
        self._written = _Written(holder=this_process())
        self._key = ""
        self._taken_by = ""

    async def take(self) -> None:
        """Take it, once it is certain that nobody holds it, or raise `BuildBusyError`."""
        while True:
            found = await self._files()
            if found:
                holder = await _holder_alive(self._store, found[-1], self._times)
                if holder is not None:
                    raise self._busy(holder)
            number = int(found[-1].rpartition("/")[2]) + 1 if found else 1
            self._key = f"{LEASES}{self._name}/{number:08}"
            if await self._created(found):
                for old in found:
                    await self._remove(old)
                return

    @asynccontextmanager
    async def renewed(self) -> AsyncGenerator[None]:
        """Renew it in the background, and cancel what is inside when that is in vain."""
        loop = asyncio.get_running_loop()
        scope = asyncio.timeout(self._times.deadline)
        try:
            async with scope:
                renewing = asyncio.create_task(self._renew(scope, loop))
                try:
                    yield
                finally:
                    renewing.cancel()
                    await asyncio.gather(renewing, return_exceptions=True)
        except TimeoutError:
            if not scope.expired():
                raise
            if self._taken_by:
                raise self._busy(self._taken_by) from None
            raise StorageError(
                f"the lease of {self._name!r} in the artifact store {self._store.url} could not be "
                f"renewed for {self._times.deadline:.0f} s, and another machine may take it; once "
                "the store answers, the same command goes on from there"
            ) from None

    async def release(self) -> None:
        """Let others have it."""
        try:
            await self._remove(self._key)
        except StorageError as error:
            _log.warning("%r stays leased for %.0f s: %s", self._name, self._times.lasting, error)

    async def _renew(self, scope: asyncio.Timeout, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            await asyncio.sleep(self._times.renewed_every)
            begun = loop.time()
            renewals = self._written.renewals + 1
            self._written = self._written.model_copy(update={"renewals": renewals})
            try:
                await self._store.write_text(self._key, self._text())
                found = await self._files()
                if found[-1:] != [self._key]:
                    taken = await _read(self._store, found[-1]) if found else None
                    self._taken_by = taken.holder.told if taken else "another process"
                    scope.reschedule(loop.time())
                    return
            except StorageError as error:
                _log.warning("cannot renew the lease of %r yet: %s", self._name, error)
                continue
            scope.reschedule(begun + self._times.deadline)

    async def _created(self, found: list[str]) -> bool:
        """Whether the file was created, and nobody else came between."""
        text = self._text()
        if not await self._store.create_text(self._key, text):
            # It may be there all the same: of a request sent twice, the second finds the first.
            written = await _read(self._store, self._key)
            if written is None or written.holder != self._written.holder:
                return False
        others = set(await self._files()) - {*found, self._key}
        if others:
            await self._remove(self._key)
        return not others

    async def _files(self) -> list[str]:
        return await self._store.list_keys(LEASES + self._name)

    async def _remove(self, key: str) -> None:
        with suppress(ArtifactNotFoundError):
            await self._store.delete(key)

    def _text(self) -> str:
        return self._written.model_dump_json()

    def _busy(self, holder: str) -> BuildBusyError:
        return BuildBusyError(
            f"{self._name!r} is already running: {holder} holds its lease in {self._store.url}; "
            "wait for it, or start another with --fresh"
        )


async def _holder_alive(store: ArtifactStore, key: str, times: LeaseTimes) -> str | None:
    """Who holds a lease, by its file; `None` if nobody does (any more)."""
    first = await _read(store, key)
    if first is None or first.holder.is_gone():
        return None
    _log.info("waiting to see whether %s still holds %s", first.holder.told, key)
    loop = asyncio.get_running_loop()
    until = loop.time() + times.lasting
    while loop.time() < until:
        await asyncio.sleep(min(times.renewed_every / 3, times.lasting))
        now = await _read(store, key)
        if now is None or now.holder.is_gone():
            return None
        if now != first:
            return now.holder.told
    return None


async def _read(store: ArtifactStore, key: str) -> _Written | None:
    try:
        return _Written.model_validate_json(await store.read_bytes(key))
    except ArtifactNotFoundError:
        return None
    except ValidationError as error:
        raise StorageError(
            f"{key!r} in {store.url} is no lease of this release: {error.errors()[0]['msg']}; when "
            "no build runs, remove it"
        ) from error
