"""Awaits what must not be cut short, such as writing down how a build ended."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


async def unbroken(work: Coroutine[Any, Any, Result], *, seconds: float | None = None) -> Result:
    """Await work to its end, also where the current task is cancelled meanwhile.

    That cancellation is then over: call it only where something is raised afterwards anyway, or
    where the work is all that is left to do.

    Args:
        work: what to await.
        seconds: longest time it may take; `None` for any.

    Raises:
        TimeoutError: it took longer, and was cancelled.
    """
    task = asyncio.create_task(_bounded(work, seconds))
    while True:
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.done():  # the work itself was cancelled
                raise


async def _bounded(work: Coroutine[Any, Any, Result], seconds: float | None) -> Result:
    async with asyncio.timeout(seconds):
        return await work
