"""Leases beside holders that slept, late requests, and what is left of a lease that was released.

In a folder and on an imitated S3.
"""

import asyncio
from dataclasses import dataclass, field

import pytest

from core.errors import BuildBusyError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import LeaseTimes, forget_lease, held_leases, leased
from providers.storage.lease_files import LEASES, LeaseFiles, Newest

QUICK = LeaseTimes(lasting=2.4, renewed_every=0.2)
"""Taken soon from whoever sleeps."""


def asleep(seconds: float) -> LeaseTimes:
    """Of one who does not renew for so long, and does not know it."""
    return LeaseTimes(lasting=60, renewed_every=seconds)


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest) -> ArtifactStore:
    return request.getfixturevalue(f"{request.param}_store")


@dataclass
class Machine:
    """Holds a lease until it is told to leave, or loses it."""

    store: ArtifactStore
    times: LeaseTimes
    inside: asyncio.Event = field(default_factory=asyncio.Event)
    leave: asyncio.Event = field(default_factory=asyncio.Event)

    def start(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self._hold())

    async def _hold(self) -> None:
        async with leased(ArtifactStore(self.store.address), "b-1", self.times):
            self.inside.set()
            await self.leave.wait()


async def newest(store: ArtifactStore) -> Newest:
    found = await LeaseFiles(store, "b-1").newest()
    assert found is not None
    return found


async def test_who_slept_while_two_others_had_it_is_stopped_when_it_wakes(
    store: ArtifactStore,
) -> None:
    sleeper, second, third = (Machine(store, times) for times in (asleep(6), QUICK, QUICK))
    sleeping = sleeper.start()
    await sleeper.inside.wait()
    second.leave.set()
    await second.start()  # takes it, and lets it go
    holding = third.start()
    await third.inside.wait()
    assert not sleeping.done()
    mine = (await newest(store)).written.holder

    with pytest.raises(BuildBusyError, match="holds its lease"):
        await sleeping
    assert (await newest(store)).written.holder == mine
    await asyncio.sleep(3 * QUICK.renewed_every)
    assert not holding.done(), "and whoever holds it noticed nothing"
    third.leave.set()
    await holding
    assert await held_leases(store, QUICK) == []


async def test_who_slept_between_looking_and_renewing_is_stopped_too(
    store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleeper, second = Machine(store, asleep(0.2)), Machine(store, QUICK)
    create, woken, asleep_now = ArtifactStore.create_text, asyncio.Event(), asyncio.Event()
    sleeping: list[asyncio.Task[None]] = []

    async def late(self: ArtifactStore, key: str, text: str) -> bool:
        if sleeper.inside.is_set() and not asleep_now.is_set():
            asleep_now.set()
            await woken.wait()
        return await create(self, key, text)

    monkeypatch.setattr(ArtifactStore, "create_text", late)
    sleeping.append(sleeper.start())
    await asleep_now.wait()
    holding = second.start()
    await second.inside.wait()
    await asyncio.sleep(3 * QUICK.renewed_every)  # its number was given and removed again
    mine = (await newest(store)).written.holder
    woken.set()
    with pytest.raises(BuildBusyError, match="holds its lease"):
        await sleeping[0]
    await asyncio.sleep(3 * QUICK.renewed_every)
    assert (await newest(store)).written.holder == mine
    assert not holding.done()
    second.leave.set()
    await holding


async def test_who_finds_its_file_removed_stops_and_leaves_the_others_alone(
    store: ArtifactStore,
) -> None:
    first, second = Machine(store, asleep(1)), Machine(store, QUICK)
    losing = first.start()
    await first.inside.wait()
    for key in await store.list_keys(f"{LEASES}b-1"):  # as no release of this program does
        await store.delete(key)
    holding = second.start()
    await second.inside.wait()
    with pytest.raises(BuildBusyError):
        await losing
    await asyncio.sleep(3 * QUICK.renewed_every)
    assert not holding.done()
    second.leave.set()
    await holding


async def test_a_removal_that_comes_late_hits_no_later_holder(store: ArtifactStore) -> None:
    seen: set[str] = set()
    for _ in range(2):
        async with leased(store, "b-1", asleep(60)):
            seen |= set(await store.list_keys(f"{LEASES}b-1"))
    async with leased(store, "b-1", asleep(60)):
        held = await newest(store)
        assert f"{LEASES}b-1/{held.number:08}" not in seen


async def test_a_lease_is_forgotten_only_once_it_is_released(store: ArtifactStore) -> None:
    async with leased(store, "b-1", asleep(60)):
        held = await store.list_keys(f"{LEASES}b-1")
        await forget_lease(store, "b-1")
        assert await store.list_keys(f"{LEASES}b-1") == held
    assert (await newest(store)).written.released
    await forget_lease(store, "b-1")
    assert await store.list_folders(LEASES) == []
    await forget_lease(store, "b-1")
