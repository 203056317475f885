"""Writes down how a build ended: not cut short, and never in place of what led to its end."""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from prefect.logging import get_run_logger

Result = TypeVar("Result")

STAGE_STOPPING_SECONDS = 5.0
STOPPING_SECONDS = 12.0
"""Longest wait for the writing down of what was stopped. Whoever cancels waits 30 s in all, and who
takes a lease that could not be renewed begins 22 s after its holder is stopped."""


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


@contextmanager
def first_failure_kept() -> Generator[None]:
    """Log what fails inside: something led here before it, which is what is to be seen.

    A store that is away fails a stage, and then the writing down of that.
    """
    try:
        yield
    except Exception as later:
        get_run_logger().warning(
            "After that, its end could not be told in full: %s: %s", type(later).__name__, later
        )
