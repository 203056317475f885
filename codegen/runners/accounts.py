"""Shortens what a runner says about a failure to the repository's own part of it."""

import re
from typing import Literal

from codegen.tracebacks import shortened

Ecosystem = Literal["python", "npm", "go"]

_MAX_CHARACTERS = 200_000
"""Most of an account that is looked through, far more than is kept of it."""

_FOREIGN = {
    # A frame of Node itself or of a package.
    "npm": re.compile(
        r"\n[ \t]*(?:at|❯) [^\n]*"
        r"(?:node_modules/|\(?node:|<anonymous>\)|native code|Promise\.all)[^\n]*"
    ),
    # A frame of the standard library or of a package, with the lines of source below it.
    "python": re.compile(r'(?m)^  File "(?:/|<)[^\n]*\n(?:    [^\n]*\n)*'),
    # A function outside of the module, and the place in it.
    "go": re.compile(r"(?m)^\S.*\n\t/.*(?:\n|$)"),
}


def own_account(text: str, ecosystem: Ecosystem) -> str:
    """The account of a failure without frames outside of the repository, shortened.

    Args:
        text: what was said, where paths inside the repository are relative.
        ecosystem: whose stacks it holds.
    """
    return shortened(_FOREIGN[ecosystem].sub("", _ends(text)).strip())


def _ends(text: str) -> str:
    """The text, or its beginning and its end where it is very long."""
    if len(text) <= _MAX_CHARACTERS:
        return text
    half, plain = _MAX_CHARACTERS // 2, text.rstrip()
    return plain if len(plain) <= _MAX_CHARACTERS else f"{plain[:half]}\n…\n{plain[-half:]}"
