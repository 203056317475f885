"""Lets whoever awaits the flow listen to it, without passing a client through its parameters."""

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from core.progress import BuildListener, SilentListener

_listener: ContextVar[BuildListener | None] = ContextVar("build_listener", default=None)


@contextmanager
def listening(listener: BuildListener) -> Generator[None]:
    """Builds awaited inside tell this listener how they go."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def current_listener() -> BuildListener:
    """The listener of whoever awaits the flow; one that tells nobody when there is none."""
    return _listener.get() or SilentListener()
