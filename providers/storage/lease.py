"""Leases in the artifact store: one holder of a name at a time, on whatever machine.

A lease is a file with a number below the name's folder (see `lease_files`). The holder goes on to
the next number again and again; who finds a file that has stayed the newest for as long as a lease
lasts, by its own clock, creates the next one in its place. So no two clocks are ever compared, and
a holder that slept meanwhile finds that the next number is another's.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from core.errors import BuildBusyError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease_files import LEASES, LeaseFiles, Newest, Written
from providers.storage.lease_holder import this_process

_RELEASE_SECONDS = 5.0
"""Longest wait for a store that is to be told that a lease is over: it also ends by itself."""

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
    names = sorted({key.removeprefix(LEASES).rpartition("/")[0] for key in keys})
    watched = await asyncio.gather(*(_watched(LeaseFiles(store, name), times) for name in names))
    return [name for name, (_, is_held) in zip(names, watched, strict=True) if is_held]


async def forget_lease(store: ArtifactStore, name: str) -> None:
    """Remove what is left of a lease that was released; one that was not stays.

    Only for what is never begun again by somebody who may still sleep, as a build that is removed.
    """
    files = LeaseFiles(store, name)
    newest = await files.newest()
    if newest is not None:
        if not newest.written.released:
            return
        await files.remove(newest)
    await store.clear_folder(files.folder)


class _Lease:
    def __init__(self, store: ArtifactStore, name: str, times: LeaseTimes) -> None:
        self._store = store
        self._name = name
        self._times = times
        self._files = LeaseFiles(store, name)
        self._holder = this_process()
        self._taken_by = ""

    async def take(self) -> None:
        """Take it, once it is certain that nobody holds it, or raise `BuildBusyError`."""
        while True:
            newest, is_held = await _watched(self._files, self._times)
            if newest and is_held:
                raise self._busy(newest.written.holder.told)
            if await self._files.follow(newest, Written(holder=self._holder)):
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
        """Let others have it, if it is still held."""
        try:
            async with asyncio.timeout(_RELEASE_SECONDS):
                # Again where a renewal that was under way came between.
                while newest := await self._own():
                    if await self._follow(newest, released=True):
                        return
        except (StorageError, TimeoutError) as error:
            why = str(error) or "the store does not answer"
            _log.warning("%r may stay leased for %.0f s: %s", self._name, self._times.lasting, why)

    async def _renew(self, scope: asyncio.Timeout, loop: asyncio.AbstractEventLoop) -> None:
        while True:
            await asyncio.sleep(self._times.renewed_every)
            begun = loop.time()
            try:
                newest = await self._own()
                if newest is None or not await self._follow(newest, released=False):
                    other = await self._files.newest()
                    self._taken_by = other.written.holder.told if other else "another process"
                    scope.reschedule(loop.time())
                    return
            except StorageError as error:
                _log.warning("cannot renew the lease of %r yet: %s", self._name, error)
                continue
            scope.reschedule(begun + self._times.deadline)

    async def _own(self) -> Newest | None:
        """The newest file; `None` if it is not this holder's, or says that it was released."""
        newest = await self._files.newest()
        if newest and newest.written.holder == self._holder and not newest.written.released:
            return newest
        return None

    async def _follow(self, newest: Newest, *, released: bool) -> bool:
        written = Written(
            holder=self._holder, renewals=newest.written.renewals + 1, released=released
        )
        if not await self._files.follow(newest, written):
            return False
        await self._files.remove_older(Newest(newest.number + 1, written))
        return True

    def _busy(self, holder: str) -> BuildBusyError:
        return BuildBusyError(
            f"{self._name!r} is already running: {holder} holds its lease in {self._store.url}; "
            "wait for it, or start another with --fresh"
        )


async def _watched(files: LeaseFiles, times: LeaseTimes) -> tuple[Newest | None, bool]:
    """The newest file of a lease, and whether its holder lives; that takes a while to see."""
    first = await files.newest()
    if first is None or first.written.is_free:
        return first, False
    _log.info("waiting to see whether %s holds %s", first.written.holder.told, files.folder)
    loop = asyncio.get_running_loop()
    until = loop.time() + times.lasting
    while loop.time() < until:
        await asyncio.sleep(min(times.renewed_every / 3, times.lasting))
        now = await files.newest()
        if now is None or now.written.is_free:
            return now, False
        if now != first:
            return now, True
    return first, False
