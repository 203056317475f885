"""Ends a deployed build in order when its process is told to, as when its run is cancelled.

Prefect raises an exception out of its signal handler, in whatever the process is doing just then.
In a callback of the event loop or in another task it is lost: the build would go on, ask models and
spend money, until the worker kills it half a minute later, and its record would say that it runs.
"""

import asyncio
import signal
from collections.abc import Generator
from contextlib import contextmanager
from threading import current_thread, main_thread


@contextmanager
def cancelled_by_sigterm() -> Generator[None]:
    """Cancel the current task at the first SIGTERM; later ones do not cut its cleaning up short.

    Prefect takes the cancellation for what it is: the run ends as `Cancelled` where somebody asked
    for that, and as `Crashed` where the process was only told to end. Outside of the main thread
    there are no signals; the command line, which builds in another, has its own way.
    """
    task = asyncio.current_task()
    if task is None or current_thread() is not main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = signal.getsignal(signal.SIGTERM) or signal.SIG_DFL

    def stop() -> None:
        if not task.cancelling():
            task.cancel()

    loop.add_signal_handler(signal.SIGTERM, stop)
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
        signal.signal(signal.SIGTERM, before)
