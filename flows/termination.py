"""Ends a deployed build in order when its process is told to, as when its run is cancelled.

Prefect raises an exception out of its signal handler, in whatever the process is doing just then.
In a callback of the event loop, or in a task nobody waits for, it is lost: the build would go on,
ask models and spend money until the worker kills it half a minute later, and its record would say
that it runs.
"""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def cancelled_by_sigterm() -> Generator[None]:
    """Cancel the current task at SIGTERM, unless something else did already.

    Prefect's handler stays in place, because its worker only takes a run for cancelled that still
    has it; the event loop is told besides, by the descriptor that the signal writes to. Where
    Prefect's exception comes up in the task itself, it is cancelled as well: what must not be cut
    short then is awaited with `tasks.engine.unbroken`.

    Outside of the main thread there are no signals; the command line, which builds in another, has
    its own way.
    """
    task = asyncio.current_task()
    if task is None or current_thread() is not main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    handler = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL

    def stop() -> None:
        if not task.cancelling():
            task.cancel()

    loop.add_signal_handler(signal.SIGTERM, stop)
    signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, handler)
