"""Shortens the account of a failed test to the lines that say why it failed."""

import re
from collections.abc import Iterable
from itertools import groupby

MAX_LINES = 40
"""Most lines that are kept."""

MAX_CHARACTERS = 4_000
"""Most characters that are kept."""

_LINE_CHARACTERS = 400
_ERROR_LINES, _ERROR_CHARACTERS = 16, 1_800
_FRAME_LINES, _FRAME_CHARACTERS = 5, 800
_FIRST_LINES, _FIRST_CHARACTERS = 10, 1_000
_LEFT_OUT = "…"

_ERROR = re.compile(r"E(?: {3}|$)")
_FRAME = re.compile(r"(?P<path>\S[^:]*):\d+: ")
_OUTSIDE = ("/", "<", "..")

_Line = tuple[int, str]
"""A line with its number."""


def shortened(account: str) -> str:
    """The account if it is short, else its most telling lines.

    Of a traceback of pytest these are the lines marked `E`, those of the error raised last first,
    then the last frame in the repository's own code; of another account, its first lines. Its end
    follows in both cases, after a line `…`.

    Args:
        account: what the runner wrote, where paths inside the repository are relative.

    Returns:
        At most `MAX_LINES` lines and `MAX_CHARACTERS` characters.
    """
    lines = account.splitlines()
    if len(lines) <= MAX_LINES and len("\n".join(lines)) <= MAX_CHARACTERS:
        return "\n".join(lines)
    numbered = [(number, _cut(line)) for number, line in enumerate(lines)]
    head = [
        *_fitting(_errors(numbered), _ERROR_LINES, _ERROR_CHARACTERS),
        *_fitting(_own_frame(numbered), _FRAME_LINES, _FRAME_CHARACTERS),
    ] or _fitting(numbered, _FIRST_LINES, _FIRST_CHARACTERS)
    taken = {number for number, _ in head}
    rest = [line for line in reversed(numbered) if line[0] not in taken]
    room = MAX_CHARACTERS - sum(len(text) + 1 for _, text in head) - len(_LEFT_OUT) - 1
    tail = _fitting(rest, MAX_LINES - len(head) - 1, room)
    return "\n".join([*(text for _, text in head), _LEFT_OUT, *(text for _, text in tail[::-1])])


def _cut(line: str) -> str:
    return line if len(line) <= _LINE_CHARACTERS else f"{line[: _LINE_CHARACTERS - 1]}…"


def _fitting(lines: Iterable[_Line], count: int, characters: int) -> list[_Line]:
    """The first lines that fit into a number of lines and of characters."""
    fitting: list[_Line] = []
    for line in lines:
        characters -= len(line[1]) + 1
        if len(fitting) == count or characters < 0:
            break
        fitting.append(line)
    return fitting


def _errors(lines: list[_Line]) -> list[_Line]:
    """The lines marked `E`; of chained errors, the one raised last comes first."""
    runs = [list(run) for marked, run in groupby(lines, _is_error) if marked]
    return [line for run in reversed(runs) for line in run]


def _is_error(line: _Line) -> bool:
    return _ERROR.match(line[1]) is not None


def _own_frame(lines: list[_Line]) -> list[_Line]:
    """The last frame of a file inside the repository, with its source."""
    starts = [
        position
        for position, (_, text) in enumerate(lines)
        if (frame := _FRAME.match(text)) and not frame["path"].startswith(_OUTSIDE)
    ]
    if not starts:
        return []
    start = starts[-1]
    end = start + 1
    while end < len(lines) and not _is_error(lines[end]) and not _FRAME.match(lines[end][1]):
        end += 1
    return lines[start:end]
