"""What the lines of the log are about: the build, its project, the stage and the file at work."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

_NOTHING: Mapping[str, str] = {}
_about: ContextVar[Mapping[str, str]] = ContextVar("log_context", default=_NOTHING)


@contextmanager
def logged_about(**fields: str) -> Generator[None]:
    """Say what lines are about that are logged inside; empty fields are left out.

    Args:
        fields: such as `build_id`; they come on top of those of blocks around this one.
    """
    told = {name: value for name, value in fields.items() if value}
    token = _about.set({**_about.get(), **told})
    try:
        yield
    finally:
        _about.reset(token)


def log_context() -> Mapping[str, str]:
    """The fields that hold here."""
    return _about.get()
