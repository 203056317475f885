"""Turns to begin: one after the other, and none is held up for ever."""

import asyncio
import time

from tasks.engine.one_by_one import OneByOne


def work(seconds: float) -> None:
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        pass


async def test_what_begins_does_its_first_work_before_the_next_begins() -> None:
    starts = OneByOne()
    told: list[str] = []

    async def job(name: str) -> None:
        await starts.turn()
        for step in range(3):
            told.append(f"{name}{step}")
            work(0.002)
            await asyncio.sleep(0)
        await asyncio.sleep(0.05)

    await asyncio.gather(*(job(name) for name in "abc"))
    assert told == [f"{name}{step}" for name in "abc" for step in range(3)]


async def test_a_loop_that_is_never_quiet_holds_nothing_up() -> None:
    starts = OneByOne()
    busy = True

    async def stay_busy() -> None:
        while busy:
            work(0.000_5)
            await asyncio.sleep(0)

    task = asyncio.create_task(stay_busy())
    async with asyncio.timeout(30):
        await starts.turn()
    busy = False
    await task
