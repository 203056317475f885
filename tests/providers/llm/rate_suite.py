"""What holds of the rate limits wherever they are kept; test files say where, by `url`."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from core.errors import StorageError
from providers.llm.rate_limits import RateLimiter
from providers.llm.rate_places import Place
from providers.llm.rate_window import Window
from tests.providers.llm.rate_server import CountingServer, counted

MINUTE = 0.8
WINDOW = Window(MINUTE, margin=0.5)
SLACK = 0.3
"""A busy machine wakes a call late; never early.

For the same reason the margin of `WINDOW` is large: what was taken early in a round goes at its
end, and the imitation of Redis takes its time.
"""

MakeLimiter = Callable[[], Awaitable[RateLimiter]]


class Calls:
    """Calls through limiters: which went, in which order, and when."""

    def __init__(self) -> None:
        self._start = time.monotonic()
        self.gone: list[int | str] = []
        self.times: list[float] = []

    async def call(self, limiter: RateLimiter, name: int | str, *places: Place) -> None:
        await limiter.acquire(places)
        self.times.append(time.monotonic() - self._start)
        self.gone.append(name)

    async def begin(
        self, limiter: RateLimiter, name: int | str, *places: Place
    ) -> asyncio.Task[None]:
        """Start a call, and give it time to go if it may."""
        task = asyncio.create_task(self.call(limiter, name, *places))
        await asyncio.sleep(MINUTE / 10)
        return task


class RateLimitSuite:
    """Tests of limiters that share a store: each that `limiter` makes is another process's."""

    @pytest.fixture
    async def limiter(self, url: str, tmp_path: Path) -> AsyncIterator[MakeLimiter]:
        async with AsyncExitStack() as stack:

            async def make() -> RateLimiter:
                made = RateLimiter(url, tmp_path / "limits.db", window=WINDOW)
                await stack.enter_async_context(made)
                await made.acquire([Place("opens the store", 100)])
                return made

            yield make

    async def test_no_window_has_more_than_the_limit(self, limiter: MakeLimiter) -> None:
        one, calls = await limiter(), Calls()

        await asyncio.gather(*(calls.call(one, n, Place("a", 4)) for n in range(10)))

        assert calls.times[3] < SLACK
        assert calls.times[4] - calls.times[3] > MINUTE
        assert calls.times[8] - calls.times[7] > MINUTE
        assert calls.times[9] < 2 * MINUTE * 1.5 + SLACK

    async def test_calls_go_in_the_order_they_came(self, limiter: MakeLimiter) -> None:
        one, calls = await limiter(), Calls()
        weights = [3, 8, 1, 10, 1, 2]

        await asyncio.gather(
            *(
                calls.call(one, n, Place("tokens", 10, weight), Place("requests", 5))
                for n, weight in enumerate(weights)
            )
        )

        assert calls.gone == [0, 1, 2, 3, 4, 5]

    async def test_a_weight_above_the_limit_takes_all_of_it(self, limiter: MakeLimiter) -> None:
        one, calls = await limiter(), Calls()

        await calls.call(one, "small", Place("t", 10, 1))
        await calls.call(one, "huge", Place("t", 10, 1_000_000))
        await calls.call(one, "next", Place("t", 10, 1))

        assert calls.times[1] - calls.times[0] > MINUTE
        assert calls.times[2] - calls.times[1] > MINUTE

    async def test_a_call_that_waits_at_one_limit_takes_nothing_of_others(
        self, limiter: MakeLimiter
    ) -> None:
        one, calls = await limiter(), Calls()
        user = Place("user", 2)
        await calls.call(one, "first", Place("slow", 1))
        waits = await calls.begin(one, "waits", user, Place("slow", 1))

        await calls.call(one, "other", user, Place("quick", 9))
        await calls.call(one, "another", user, Place("quick", 9))
        await waits

        assert calls.gone == ["first", "other", "another", "waits"]
        assert calls.times[2] < MINUTE

    async def test_a_cancelled_call_lets_the_next_go_on(self, limiter: MakeLimiter) -> None:
        one, calls = await limiter(), Calls()
        await calls.call(one, "first", Place("t", 10, 2))
        large = await calls.begin(one, "large", Place("t", 10, 9))
        small = await calls.begin(one, "small", Place("t", 10, 8))
        assert calls.gone == ["first"]

        large.cancel()
        await small

        assert large.cancelled()
        assert calls.gone == ["first", "small"]
        assert calls.times[1] < MINUTE

    async def test_a_call_cancelled_at_once_leaves_no_trace(self, limiter: MakeLimiter) -> None:
        one, calls = await limiter(), Calls()
        await calls.call(one, "first", Place("full", 1))
        # While one waits, the others take their turns with it; else they would go at once.
        waits = await calls.begin(one, "waits", Place("full", 1))
        cancelled: list[tuple[Place, Place]] = []
        for steps in range(8):  # before its turn, in it and after it
            places = Place(f"a {steps}", 1), Place(f"b {steps}", 1)
            task = asyncio.create_task(one.acquire(places))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait([task])
            if task.cancelled():  # else it had its turn already
                cancelled.append(places)

        assert len(cancelled) > 1
        for places in cancelled:
            await calls.call(one, "next", *places)
        assert calls.times[-1] < MINUTE
        waits.cancel()

    async def test_a_large_call_is_not_starved_by_small_ones_elsewhere(
        self, limiter: MakeLimiter
    ) -> None:
        one, other, calls = await limiter(), await limiter(), Calls()
        await calls.call(other, "small", Place("t", 10, 1))

        async def small_ones() -> None:
            while "large" not in calls.gone:
                await calls.call(other, "small", Place("t", 10, 1))

        large = await calls.begin(one, "large", Place("t", 10, 10))
        await asyncio.gather(large, *(small_ones() for _ in range(4)))

        assert calls.times[calls.gone.index("large")] < 1.5 * MINUTE + SLACK
        assert calls.gone.index("large") <= 2

    async def test_what_was_announced_by_a_process_that_died_is_forgotten(
        self, limiter: MakeLimiter, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dead, alive, calls = await limiter(), await limiter(), Calls()
        await calls.call(alive, "first", Place("t", 10, 2))
        never = await calls.begin(dead, "never", Place("t", 10, 10))

        async def die() -> None:
            raise asyncio.CancelledError

        monkeypatch.setattr(dead, "_round", die)
        await asyncio.sleep(WINDOW.turn_seconds)
        await calls.call(alive, "next", Place("t", 10, 8))
        never.cancel()

        assert calls.gone == ["first", "next"]
        assert calls.times[1] < 1.5 * MINUTE  # when what the first took is gone

    async def test_calls_that_wait_fail_when_the_limiter_closes(self, limiter: MakeLimiter) -> None:
        one, other, calls = await limiter(), await limiter(), Calls()
        await calls.call(one, "first", Place("t", 10, 5))
        waits = await calls.begin(one, "waits", Place("t", 10, 9))

        await one.close()

        with pytest.raises(StorageError, match="closed while calls waited"):
            await waits
        await calls.call(other, "other", Place("t", 10, 5))  # nothing is kept for it any more
        await calls.call(one, "again", Place("u", 10))
        assert calls.times[-1] < MINUTE


class ProcessesSuite:
    """Several processes at one limit, over stores that are quick enough for the usual margin."""

    @pytest.mark.timeout(120)
    async def test_three_processes_use_the_limit_and_no_more(
        self, url: str, tmp_path: Path
    ) -> None:
        # More than 95 % must be used; the longer the minute, the more a busy machine may dawdle.
        limit, window = 40, Window(6.0)
        async with counted(3 * limit + 1) as server:
            await server.call_from_processes(3, url, tmp_path / "limits.db", window, limit)

        assert server.processes == 3
        assert shortest_window(server, limit) > window.minute
        used = 3 * window.minute / (server.times[3 * limit] - server.times[0])
        assert used > 0.975 / (1 + window.margin)


def shortest_window(server: CountingServer, limit: int) -> float:
    """Seconds in which the server counted one more than the limit."""
    return min(
        late - early for early, late in zip(server.times, server.times[limit:], strict=False)
    )


async def cpu_seconds(url: str, file: Path) -> float:
    """CPU a call of five limits costs, with 64 callers at once."""
    places = [Place(f"place {n}", 10_000_000, 100) for n in range(5)]
    async with RateLimiter(url, file) as limiter:
        await limiter.acquire(places)

        async def caller() -> None:
            for _ in range(10):
                await limiter.acquire(places)

        before = time.process_time()
        await asyncio.gather(*(caller() for _ in range(64)))
        return (time.process_time() - before) / 640
