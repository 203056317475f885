"""Which release of this program runs."""

from functools import cache
from importlib.metadata import version


@cache
def release() -> str:
    """The version of the installed distribution."""
    return version("ai-app-builder")
