"""Rate limits in a file."""

import asyncio
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.errors import StorageError
from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_line import Waiter, serve
from providers.llm.rate_places import Place
from providers.llm.rate_sqlite import SqliteStore, milliseconds_since_boot
from providers.llm.rate_window import Window
from tests.providers.llm.rate_suite import ProcessesSuite, RateLimitSuite, cpu_seconds


@pytest.fixture
def url() -> str:
    return ""


class TestFile(RateLimitSuite, ProcessesSuite):
    """The suite, over files."""


class HeldClock:
    """Stands where it is set."""

    now = 1_000_000_000

    def __call__(self) -> int:
        return self.now


def go(store: SqliteStore, clock: HeldClock, weight: int = 1, limit: int = 10) -> bool:
    waiter = Waiter(uuid.uuid4().hex, (Place("a", limit, weight),), since=clock.now)
    with store.turn() as turn:
        return bool(serve([waiter], turn).gone)


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def store(tmp_path: Path, clock: HeldClock) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "new" / "limits.db", Window(), "one", clock)
    yield made
    made.close()


def test_a_minute_is_a_little_longer(store: SqliteStore, clock: HeldClock) -> None:
    assert go(store, clock, 10)
    clock.now += 61_500
    assert not go(store, clock)
    clock.now += 1
    assert go(store, clock, 10)


@pytest.mark.parametrize("back", [1, 5_000, 3_600_000, 999_999_000])
def test_a_clock_that_goes_back_holds_nobody_up_for_longer_than_a_minute(
    store: SqliteStore, clock: HeldClock, back: int
) -> None:
    assert go(store, clock, 10)
    clock.now -= back
    assert not go(store, clock)
    clock.now += 61_501
    assert go(store, clock, 10)


def test_who_waited_before_the_clock_went_back_holds_nobody_up(
    tmp_path: Path, store: SqliteStore, clock: HeldClock
) -> None:
    other = SqliteStore(tmp_path / "new" / "limits.db", Window(), "other", clock)
    assert go(store, clock, 10)
    assert not go(other, clock, 10)
    other.close()
    clock.now -= 3_600_000
    assert not go(store, clock)
    clock.now += 61_501
    assert go(store, clock)


def test_the_clock_goes_on_and_is_the_machines() -> None:
    first = milliseconds_since_boot()
    assert first > 0
    assert first <= milliseconds_since_boot() <= time.monotonic() * 1_000 + 10**10


def test_a_lower_limit_counts_at_once(store: SqliteStore, clock: HeldClock) -> None:
    assert go(store, clock, 9, limit=10)
    clock.now += 1_000
    assert not go(store, clock, 1, limit=5)
    clock.now += 60_501
    assert go(store, clock, 5, limit=5)


def test_many_can_begin_a_new_file_at_once(tmp_path: Path, clock: HeldClock) -> None:
    together, gone = threading.Barrier(12), list[bool]()

    def begin(number: int) -> None:
        mine = SqliteStore(tmp_path / "limits.db", Window(), f"holder {number}", clock)
        together.wait()
        gone.append(go(mine, clock, limit=7))
        mine.close()

    threads = [threading.Thread(target=begin, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(gone) == [False] * 5 + [True] * 7


async def test_calls_without_limits_touch_no_file(tmp_path: Path) -> None:
    async with RateLimiter("", tmp_path / "new" / "limits.db") as limiter:
        await limiter.acquire([])
        await limiter.acquire([Place("a", 0), Place("b", None, 5_000), Place("c", 5, 0)])

    assert not (tmp_path / "new").exists()


async def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "limits.db"
    file.write_bytes(b"no database" * 1_000)
    async with RateLimiter("", file) as limiter:
        with pytest.raises(StorageError, match=r"limits\.db.*not a database.*delete it"):
            await limiter.acquire([Place("a", 1)])
        file.unlink()
        await limiter.acquire([Place("a", 1)])


async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    async with RateLimiter("", tmp_path / "file" / "limits.db") as limiter:
        results = await asyncio.gather(
            *(limiter.acquire([Place("a", 1)]) for _ in range(3)), return_exceptions=True
        )

    assert [type(result) for result in results] == [StorageError] * 3


async def test_the_loop_goes_on_while_another_process_has_its_turn(
    tmp_path: Path, store: SqliteStore
) -> None:
    async with RateLimiter("", tmp_path / "new" / "limits.db") as limiter:
        with store.turn():
            waits = asyncio.create_task(limiter.acquire([Place("a", 1)]))
            for _ in range(20):
                await asyncio.sleep(0.01)
            assert not waits.done()
        await waits


async def test_many_callers_cost_little(tmp_path: Path) -> None:
    assert await cpu_seconds("", tmp_path / "limits.db") < 0.000_5


async def test_who_finds_room_and_nobody_waiting_goes_at_once(tmp_path: Path) -> None:
    async with RateLimiter("", tmp_path / "limits.db") as limiter:
        await limiter.acquire([Place("a", 2)])  # in a thread, which makes the file
        going = limiter.acquire([Place("a", 2)])
        with pytest.raises(StopIteration):
            going.send(None)
        waits = asyncio.create_task(limiter.acquire([Place("a", 2)]))
        await asyncio.sleep(0.05)
        assert not waits.done()
        waits.cancel()
