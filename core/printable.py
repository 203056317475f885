"""Text from strangers, made fit for a terminal, a report or a prompt."""

import re
import unicodedata

_TERMINAL_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs"})  # controls, invisible formats, lone surrogates
_KEPT = frozenset("\n\t")


def printable(text: str) -> str:
    r"""The text with line ends as `\n`, and without control and invisible format characters.

    Those could drive the terminal that shows the text, hide or reorder parts of it, or be refused
    by a database.
    """
    lines = _TERMINAL_SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        sign for sign in lines if sign in _KEPT or unicodedata.category(sign) not in _UNPRINTABLE
    )
