"""Applies the replacements of one file."""

from collections.abc import Iterator, Sequence
from itertools import islice

from codegen.edits.edit import Replacement
from codegen.edits.elision import elided_line
from codegen.edits.file_lines import FileLines, split_text
from codegen.edits.placing import Placement, place

MAX_REFUSALS = 20
"""Refusals of one file after which its other edits are not looked at: each is told at length."""


def replaced(
    path: str, edits: Sequence[Replacement], text: str | None
) -> tuple[str | None, list[str]]:
    """The new text of a file, and why edits of it are refused.

    Args:
        path: the file.
        edits: what is replaced in it; each is about the text as it is today.
        text: its text today; `None` if it is not there.

    Returns:
        The text, and the refusals; if there are any, the text means nothing.
    """
    if text is None or not edits:
        return text, []
    file = split_text(text)
    placements: list[Placement] = []
    refusals: list[str] = []
    for edit in edits:
        if len(refusals) == MAX_REFUSALS:
            refusals.append(f"{path!r}: the other edits of it were not looked at")
            break
        try:
            _check_change(edit, file.lines)
            placements.append(place(edit, file.lines))
        except ValueError as error:
            refusals.append(f"{path!r} (line {edit.place} of the answer): {error}")
    placements.sort(key=lambda placement: (placement.start, placement.end))
    refusals += _overlaps(path, placements)
    return (text if refusals else _joined(file, placements)), refusals


def _check_change(edit: Replacement, lines: Sequence[str]) -> None:
    if edit.old == edit.new:
        raise ValueError("it replaces its lines by the same ones, so nothing changes")
    come = [text for sign, text in edit.lines if sign == "+"]
    if elided := elided_line(come, lines, shrinks=len(edit.new) < len(edit.old)):
        raise ValueError(f"its new line {elided.strip()!r} stands for others; write them all")


def _overlaps(path: str, placements: Sequence[Placement]) -> Iterator[str]:
    """Say which edits contradict one another, of placements in order."""
    for number, one in enumerate(placements):
        for other in islice(placements, number + 1, None):
            if other.start >= one.end:
                break
            if not _contradict(one, other):
                continue
            first, second = sorted((one.edit.place, other.edit.place))
            yield (
                f"{path!r} (lines {first} and {second} of the answer): both change what the other "
                f"is about, from line {other.start + 1} of the file on; make one edit of them, or "
                f"shorten them until they do not overlap"
            )


def _contradict(one: Placement, other: Placement) -> bool:
    """Whether a line that one edit changes, or a gap that it fills, lies within the other.

    Context that both only show is no contradiction.
    """
    return _within(_changed(one), other) or _within(_changed(other), one) or _same_gap(one, other)


def _within(span: tuple[int, int], placement: Placement) -> bool:
    first, last = span
    return first < placement.end and last > placement.start


def _same_gap(one: Placement, other: Placement) -> bool:
    ours, theirs = _changed(one), _changed(other)
    return ours == theirs and ours[0] == ours[1]


def _changed(placement: Placement) -> tuple[int, int]:
    """From the first line or gap that changes to the last; equal if lines only come at one gap."""
    here, spots = placement.start, list[int]()
    for sign, _ in placement.lines:
        if sign != " ":
            spots.append(here)
        here += sign != "+"
        if sign == "-":
            spots.append(here)
    return min(spots), max(spots)


def _joined(file: FileLines, placements: Sequence[Placement]) -> str:
    gone: set[int] = set()
    comes: dict[int, list[str]] = {}
    for placement in placements:
        here = placement.start
        for sign, text in placement.lines:
            if sign == "+":
                comes.setdefault(here, []).append(text)
                continue
            if sign == "-":
                gone.add(here)
            here += 1
    lines: list[tuple[str, str | None]] = []
    for number in range(len(file.lines) + 1):
        lines += [(text, None) for text in comes.get(number, ())]
        if number < len(file.lines) and number not in gone:
            lines.append((file.lines[number], file.ends[number]))
    return file.joined(lines)
