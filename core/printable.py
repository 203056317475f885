"""Text from programs and strangers, made fit for a terminal, a report or a prompt."""

import re
import unicodedata
from collections.abc import Mapping

_TERMINAL_SEQUENCE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs"})  # controls, invisible formats, lone surrogates
_KEPT = frozenset("\n\t")
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,16}\b")


def printable(text: str) -> str:
    r"""The text with line ends as `\n`, and without control and invisible format characters.

    Those could drive the terminal that shows the text, hide or reorder parts of it, or be refused
    by a database.
    """
    if text.isascii() and text.isprintable():  # as most is; looking at each sign is slow
        return text
    lines = _TERMINAL_SEQUENCE.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return "".join(
        sign for sign in lines if sign in _KEPT or unicodedata.category(sign) not in _UNPRINTABLE
    )


def stable_text(text: str, paths: Mapping[str, str]) -> str:
    """What a program said, as it would say it on any machine.

    Args:
        text: the program's words.
        paths: what to write instead of certain absolute folders, wherever a path begins with one;
            with an empty name, paths below the folder become relative.

    Returns:
        Printable text with these paths replaced and without memory addresses.
    """
    for folder, name in paths.items():
        pattern = rf"(?<![\w./-]){re.escape(folder)}" + (r"(?![\w.-])" if name else "(?:/|(?!.))")
        text = re.sub(pattern, lambda _, name=name: name, text)
    return printable(_ADDRESS.sub("0x…", text))
