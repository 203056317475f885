"""Leases: one holder at a time, renewal, takeover and loss, in a folder and on an imitated S3."""

import asyncio
import logging
import subprocess
from collections.abc import Callable

import pytest

from core.errors import BuildBusyError, StorageError
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import LeaseTimes, held_leases, leased
from providers.storage.lease_files import LEASES
from providers.storage.lease_holder import Holder, this_process

StartPython = Callable[..., "subprocess.Popen[str]"]

SHORT = LeaseTimes(lasting=1.5, renewed_every=0.1)
LONG = LeaseTimes(lasting=60, renewed_every=0.2)
"""Renewed often, so that others see soon that somebody lives, and never lost to a busy machine."""

HOLD = """
import asyncio, sys
from providers.storage.artifact_store import ArtifactStore
from providers.storage.lease import leased

async def hold():
    async with leased(ArtifactStore(sys.argv[1]), "b-1"):
        print("held", flush=True)
        await asyncio.sleep(600)

asyncio.run(hold())
"""


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest) -> ArtifactStore:
    return request.getfixturevalue(f"{request.param}_store")


def elsewhere(token: str = "theirs") -> Holder:
    """A process of another machine, of which nobody here can say whether it lives."""
    return this_process().model_copy(update={"boot": "another", "host": "far", "token": token})


async def put(store: ArtifactStore, holder: Holder, *, number: int = 1, renewals: int = 0) -> None:
    text = f'{{"holder": {holder.model_dump_json()}, "renewals": {renewals}}}'
    await store.write_text(f"{LEASES}b-1/{number:08}", text)


async def leases(store: ArtifactStore) -> list[str]:
    return await store.list_keys(f"{LEASES}b-1")


async def test_a_lease_is_held_by_one_and_let_go(store: ArtifactStore) -> None:
    async with leased(store, "b-1", LONG):
        with pytest.raises(BuildBusyError, match=r"'b-1' is already running: process \d+ on "):
            async with leased(store, "b-1", LONG):
                pass
        async with leased(store, "b-2", LONG):
            assert await held_leases(store, LONG) == ["b-1", "b-2"]
    [released] = await leases(store)
    assert await held_leases(store, LONG) == []
    async with leased(store, "b-1", LONG):
        assert (await leases(store))[-1] > released, "no number is given twice"


async def test_of_many_at_once_one_holds_it(store: ArtifactStore) -> None:
    inside, refused = 0, asyncio.Semaphore(0)

    async def attempt() -> bool:
        nonlocal inside
        try:
            async with leased(store, "b-1", LONG):
                inside += 1
                assert inside == 1
                for _ in range(7):
                    await refused.acquire()
                inside -= 1
        except BuildBusyError:
            refused.release()
            return False
        return True

    async with asyncio.timeout(60):
        held = await asyncio.gather(*(attempt() for _ in range(8)))
    assert held.count(True) == 1
    assert await held_leases(store, LONG) == []


async def test_another_machines_lease_is_taken_once_it_is_not_renewed(
    store: ArtifactStore,
) -> None:
    await put(store, elsewhere())
    loop = asyncio.get_running_loop()
    begun = loop.time()
    async with leased(store, "b-1", SHORT):
        assert loop.time() - begun >= SHORT.lasting
        assert (await leases(store))[-1] == f"{LEASES}b-1/00000002"


async def test_another_machines_lease_that_is_renewed_is_not_taken(
    folder_store: ArtifactStore,
) -> None:
    await put(folder_store, elsewhere())

    async def renew() -> None:
        for renewals in range(1, 100):
            await asyncio.sleep(0.1)
            await put(folder_store, elsewhere(), renewals=renewals)

    renewing = asyncio.create_task(renew())
    with pytest.raises(BuildBusyError, match="on far holds its lease"):
        async with leased(folder_store, "b-1", LONG):
            pass
    renewing.cancel()
    assert await leases(folder_store) == [f"{LEASES}b-1/00000001"]


async def test_whoever_was_overtaken_is_stopped_and_removes_nothing_of_the_other(
    folder_store: ArtifactStore,
) -> None:
    async def overtaken() -> None:
        async with leased(folder_store, "b-1", SHORT):
            await put(folder_store, elsewhere(), number=2)
            await asyncio.sleep(60)

    with pytest.raises(BuildBusyError, match="on far holds its lease"):
        await overtaken()
    assert (await leases(folder_store))[-1] == f"{LEASES}b-1/00000002"


async def test_who_cannot_renew_is_stopped_before_another_may_take_it(
    folder_store: ArtifactStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StorageError("the store is away")

    loop = asyncio.get_running_loop()
    begun: list[float] = []

    async def cut_off() -> None:
        async with leased(folder_store, "b-1", SHORT):
            begun.append(loop.time())
            monkeypatch.setattr(ArtifactStore, "create_text", away)
            await asyncio.sleep(60)

    with pytest.raises(StorageError, match="could not be renewed for 1 s"):
        await cut_off()
    assert begun[0] + SHORT.lasting > loop.time() > begun[0] + SHORT.deadline / 2


async def test_a_store_that_was_away_for_a_while_stops_nobody(
    folder_store: ArtifactStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise StorageError("the store is away")

    async with leased(folder_store, "b-1", SHORT):
        with monkeypatch.context() as patch:
            patch.setattr(ArtifactStore, "create_text", away)
            await asyncio.sleep(0.3)
        await asyncio.sleep(1)
    assert "cannot renew the lease of 'b-1' yet" in caplog.text


async def test_a_killed_process_of_this_machine_holds_nothing(
    folder_store: ArtifactStore, start_python: StartPython
) -> None:
    holder = start_python(HOLD, folder_store.address)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    busy = LeaseTimes(lasting=30, renewed_every=0.5)
    assert len(await leases(folder_store)) == 1
    loop = asyncio.get_running_loop()
    holder.kill()  # and nobody has asked for it yet
    await asyncio.sleep(0.2)
    begun = loop.time()
    assert await held_leases(folder_store, busy) == []
    async with leased(folder_store, "b-1", busy):
        assert loop.time() - begun < 5


async def test_what_fails_inside_passes_and_lets_go(folder_store: ArtifactStore) -> None:
    with pytest.raises(TimeoutError, match="somebody's own"):
        async with leased(folder_store, "b-1", SHORT):
            raise TimeoutError("somebody's own")
    assert await held_leases(folder_store, SHORT) == []


async def test_a_store_without_conditional_writes_leases_nothing_and_says_so(
    folder_store: ArtifactStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def no(_: object) -> bool:
        return False

    monkeypatch.setattr(ArtifactStore, "has_conditional_writes", no)
    async with leased(folder_store, "b-1", SHORT):
        assert await leases(folder_store) == []
    [record] = [each for each in caplog.records if each.levelno == logging.WARNING]
    assert "has no conditional writes" in record.getMessage()


async def test_what_is_no_lease_is_named_and_not_removed(folder_store: ArtifactStore) -> None:
    await folder_store.write_text(f"{LEASES}b-1/00000001", "not ours")
    with pytest.raises(StorageError, match=r"'locks/b-1/00000001' in .* is no lease"):
        async with leased(folder_store, "b-1", SHORT):
            pass
    assert await folder_store.read_text(f"{LEASES}b-1/00000001") == "not ours"


def test_a_process_is_told_apart_from_a_later_one_of_the_same_number() -> None:
    here = this_process()
    assert not here.is_gone()
    assert here.model_copy(update={"started": "1"}).is_gone()
    assert not here.model_copy(update={"namespace": 1, "started": "1"}).is_gone()
    assert not here.model_copy(update={"boot": "", "started": "1"}).is_gone()
    assert here.model_copy(update={"process": 2**22 + 1}).is_gone()
