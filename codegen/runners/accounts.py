"""Shortens what a runner says about a failure to the repository's own part of it."""

import re
from typing import Literal

from codegen.tracebacks import shortened

Ecosystem = Literal["python", "npm", "go"]

_FOREIGN = {
    # A frame of Node itself or of a package.
    "npm": re.compile(
        r"\n\s*(?:at|❯) [^\n]*"
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
    return shortened(_FOREIGN[ecosystem].sub("", text).strip())
