"""Reads the hunks of a unified diff as models write them.

Strict readers are of no use here: of the kept libraries, `unidiff` 0.7 refuses a hunk whose line
counts are wrong and drops one whose header has no numbers, and `whatthepatch` 1.0 cuts a hunk off
where its wrong count ends, which would delete lines without writing what replaces them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from codegen.edits.edit import EditLine, Sign, quoted

_NUMBERS = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_SIGNS: dict[str, Sign] = {" ": " ", "-": "-", "+": "+"}
_NEXT_FILE = ("diff --git ", "Index: ")


@dataclass(frozen=True)
class Hunk:
    """One hunk.

    Attributes:
        place: line of the answer with its header, from 1.
        lines: its lines.
        start: where its header says that it begins in the file, from 1; `None` if the header does
            not say, or if its counts show that it was not counted.
        newline: whether its last new line has an end.
    """

    place: int
    lines: tuple[EditLine, ...]
    start: int | None
    newline: bool = True


def is_file_header(lines: Sequence[str], index: int) -> bool:
    """Whether the lines `---` and `+++` of a file stand at an index."""
    return (
        lines[index].startswith("--- ")
        and index + 1 < len(lines)
        and lines[index + 1].startswith("+++ ")
    )


def read_hunk(lines: Sequence[str], index: int, place: int, *, fenced: bool) -> tuple[Hunk, int]:
    """Read the hunk at an index.

    Args:
        lines: the diff.
        index: of the hunk's header, or of its first line if it has none.
        place: number of that line in messages.
        fenced: whether the diff ends with the lines; else it ends where the hunk is whole.

    Returns:
        The hunk, and the index of the line after it.

    Raises:
        ValueError: the hunk has no lines.
    """
    header = lines[index]
    has_header = header.startswith("@@")
    numbers = _NUMBERS.match(header)
    wanted = (int(numbers[2] or 1), int(numbers[4] or 1)) if numbers else None
    body, end, newline = _read_body(lines, index + has_header, wanted, fenced)
    if not body:
        raise ValueError(
            f"the hunk at line {place} of the answer has no lines:\n{quoted([header])}\n"
            f"Write its lines below it, each with ' ', '-' or '+' before it."
        )
    start = int(numbers[1]) if numbers and _counts(body) == wanted else None
    return Hunk(place, tuple(body), start, newline), end


def _read_body(
    lines: Sequence[str], index: int, wanted: tuple[int, int] | None, fenced: bool
) -> tuple[list[EditLine], int, bool]:
    body: list[EditLine] = []
    newline, blank_tail, old, new = True, 0, 0, 0
    while index < len(lines):
        line = lines[index]
        whole = wanted is not None and old >= wanted[0] and new >= wanted[1]
        if _ends_hunk(lines, index, whole=whole, two_short=wanted == (old + 1, new + 1)):
            break
        if not fenced and (whole if not line else line[0] not in (*_SIGNS, "\\")):
            break  # a blank line behind the last line, or the prose that goes on
        index += 1
        blank_tail = 0 if line else blank_tail + 1
        if line.startswith("\\"):  # \ No newline at end of file
            newline = newline and bool(body) and body[-1].sign == "-"
            continue
        # Without a sign it is a blank line, or a line of the file, that lost its space.
        sign = _SIGNS.get(line[:1], " ")
        body.append(EditLine(sign, line[1:] if line[:1] in _SIGNS else line))
        old, new = old + (sign != "+"), new + (sign != "-")
    # Blank lines at the end stand between the diff and the next thing.
    return body[: len(body) - blank_tail], index, newline


def _ends_hunk(lines: Sequence[str], index: int, *, whole: bool, two_short: bool) -> bool:
    line = lines[index]
    if line.startswith(("@@", *_NEXT_FILE)):
        return True
    if not is_file_header(lines, index):
        return False
    # A deleted `-- remark` above an added `++ remark` looks the same but for the counts.
    follows = index + 2 < len(lines) and lines[index + 2].startswith("@@")
    return whole or (follows and not two_short)


def _counts(body: Sequence[EditLine]) -> tuple[int, int]:
    old = sum(sign != "+" for sign, _ in body)
    return old, sum(sign != "-" for sign, _ in body)
