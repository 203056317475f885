import asyncio

import pytest

from core.attempt_clock import AttemptClock, waiting


async def test_work_that_takes_too_long_ends() -> None:
    with pytest.raises(TimeoutError):
        async with AttemptClock(0.02):
            await asyncio.sleep(10)


async def test_waiting_takes_no_time() -> None:
    async with AttemptClock(0.1):
        with waiting():
            await asyncio.sleep(0.3)


async def test_what_was_left_before_waiting_is_left_after_it() -> None:
    async def attempt() -> None:
        async with AttemptClock(0.3):
            await asyncio.sleep(0.1)
            with waiting():
                await asyncio.sleep(0.3)
            await asyncio.sleep(10)

    loop = asyncio.get_running_loop()
    began = loop.time()
    with pytest.raises(TimeoutError):
        await attempt()
    assert 0.55 < loop.time() - began < 5


async def test_the_time_stands_still_until_the_last_of_several_has_waited() -> None:
    async def wait(seconds: float) -> None:
        with waiting():
            await asyncio.sleep(seconds)

    async with AttemptClock(0.1):
        await asyncio.gather(wait(0.05), wait(0.3))
        with waiting(), waiting():
            await asyncio.sleep(0.2)


async def test_a_wait_that_outlives_its_attempt_harms_nobody() -> None:
    done = asyncio.Event()

    async def wait() -> None:
        with waiting():
            await asyncio.sleep(0.05)
        done.set()

    async with AttemptClock(10):
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
    await task
    assert done.is_set()


async def test_without_an_attempt_waiting_is_just_waiting() -> None:
    with waiting():
        await asyncio.sleep(0)
