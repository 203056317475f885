"""Reads search/replace blocks."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher

from codegen.edits.edit import EditLine, Replacement, WholeFile, quoted

SEARCH = re.compile(r"^ {0,3}(?P<mark><{5,9}|-{5,9}) ?(?:SEARCH|ORIGINAL|HEAD)\b:?(?P<rest>.*)$")
"""What opens a block; the path may stand behind it."""

_DIVIDER = re.compile(r"^ {0,3}={5,9}[ \t]*$")
REPLACE = re.compile(r"^ {0,3}(?:>{5,9}|\+{5,9}) ?(?:REPLACE|UPDATED|HEAD)\b[ \t]*$")
"""What ends a block."""

_BARE_END = re.compile(r"^>{7}(?: .*)?$")


def search_block_end(lines: Sequence[str], start: int, place: int) -> tuple[int, int]:
    """Find the divider and the end of a block.

    Args:
        lines: the answer.
        start: index of the line that opens the block.
        place: number of that line in messages.

    Returns:
        Indices of the line `=======` and of the line `>>>>>>> REPLACE`.

    Raises:
        ValueError: a marker is missing or stands twice; the message says which and where.
    """
    dividers: list[int] = []
    for index in range(start + 1, len(lines)):
        line = lines[index]
        if SEARCH.match(line):
            break
        if REPLACE.match(line) or (dividers and _BARE_END.match(line)):
            if len(dividers) == 1:
                return dividers[0], index
            raise ValueError(_wrong_dividers(lines[start : index + 1], len(dividers), place))
        if _DIVIDER.match(line):
            dividers.append(index)
    raise ValueError(
        f"the search/replace block at line {place} of the answer has no line `>>>>>>> REPLACE`:\n"
        f"{quoted(lines[start : start + 4])}\n"
        f"Close each block before the next one begins."
    )


def _wrong_dividers(block: Sequence[str], count: int, place: int) -> str:
    what = "no line `=======`" if count == 0 else f"{count} lines `=======`"
    advice = (
        "Write exactly one between what is searched and what replaces it."
        if count == 0
        else "It cannot be told which of them divides it; give this change as a unified diff."
    )
    return (
        f"the search/replace block at line {place} of the answer has {what}:\n"
        f"{quoted(block)}\n{advice}"
    )


def search_edit(
    path: str, place: int, search: Sequence[str], replace: Sequence[str]
) -> Replacement | WholeFile:
    """Make an edit of a block's halves; an empty upper half adds a file."""
    if not any(line.strip() for line in search):
        text = "\n".join(replace)
        return WholeFile(path, place, f"{text}\n" if text else "", fresh=True)
    lines: list[EditLine] = []
    matcher = SequenceMatcher(None, search, replace, autojunk=False)
    for tag, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if tag == "equal":
            lines += [EditLine(" ", line) for line in search[old_from:old_to]]
            continue
        lines += [EditLine("-", line) for line in search[old_from:old_to]]
        lines += [EditLine("+", line) for line in replace[new_from:new_to]]
    return Replacement(path, place, tuple(lines))
