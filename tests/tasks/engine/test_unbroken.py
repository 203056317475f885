"""Work that is awaited to its end, or for a while."""

import asyncio

import pytest

from tasks.engine.unbroken import unbroken


async def test_work_that_takes_too_long_is_cancelled_and_told() -> None:
    left: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            left.append("cancelled")
            raise

    with pytest.raises(TimeoutError):
        await unbroken(work(), seconds=0.01)
    assert left == ["cancelled"]


async def test_work_in_time_ends_also_where_its_caller_is_cancelled() -> None:
    async def work() -> str:
        await asyncio.sleep(0.05)
        return "done"

    caller = asyncio.create_task(unbroken(work(), seconds=10))
    await asyncio.sleep(0)
    caller.cancel()
    assert await caller == "done"
