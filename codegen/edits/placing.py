"""Finds the one place of a file that a replacement is about.

The place is searched in steps, from strict to loose, and the first step that finds lines decides.
A step that finds them more than once refuses the edit: which of them is meant cannot be known.

1. Every line as it stands.
2. But for white space at the ends of lines.
3. But for white space outside of quotation marks, where it does not part words; new lines are
   re-indented (see `indentation.py`), but for those that begin inside a string.
4. As 3, but some lines of context may be others. Lines that go, and those next to lines that
   come, must be there: they alone must occur once in the file.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from codegen.edits.closest import closest
from codegen.edits.edit import EditLine, Replacement
from codegen.edits.elision import elided_line
from codegen.edits.indentation import reindented
from codegen.edits.literals import inside_literals

TELLING_CHARACTERS = 8
"""Letters and digits that lines must have to be found by steps 3 and 4.

A `}` or `pass` says too little to be sure that the place it is found at is the one meant.
"""

CONTEXT_SIMILARITY = 0.75
"""How alike the searched and the file's lines must be in step 4, as the mean over all lines.

It is difflib's ratio of each pair without its white space; lines that must be there count as 1.
At 0.75 a quarter of the lines may be wholly different, which is one of the usual three lines of
context above and one below; with less the model had another state of the file before it.
"""

MAX_DIFFERENT_LINES = 4
"""Lines of context that may differ in step 4, however long the edit is."""

_QUOTED_OR_SPACE = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`(?:\\.|[^`\\])*`|\s+')


@dataclass(frozen=True)
class Placement:
    """Where a replacement goes.

    Attributes:
        edit: the replacement.
        start: index of the file's line that its first old line stands for.
        end: index of the line after the last one.
        lines: its lines; what comes is indented as in the file.
    """

    edit: Replacement
    start: int
    end: int
    lines: tuple[EditLine, ...]


def place(edit: Replacement, lines: Sequence[str]) -> Placement:
    """Find where a replacement goes.

    Raises:
        ValueError: nowhere, or in several places; the message says what the file has instead.
    """
    if not edit.old:
        raise ValueError(
            "it says not where its lines go; write some lines of the file before or after them"
        )
    found = _positions(edit.old, lines, _as_it_is)
    if len(found) > 1 and edit.start is not None and edit.start - 1 in found:
        # Its header's counts are right, so the model has counted, and the number hits exactly.
        found = [edit.start - 1]
    if not found:
        found = _positions(edit.old, lines, str.rstrip)
    if found:
        return _placed(edit, _only(found, edit), edit.lines)
    if elided := elided_line(edit.old):
        raise ValueError(
            f"its line {elided.strip()!r} stands for others; copy every line from the file"
        )
    return _place_loosely(edit, lines)


def _place_loosely(edit: Replacement, lines: Sequence[str]) -> Placement:
    edit = _without_blank_edges(edit)
    found = _positions(edit.old, lines, _squeezed)
    telling = edit.old
    if not found:
        fixed = _fixed_lines(edit.lines)
        telling = [edit.old[index] for index in fixed]
        found = _by_fixed_lines(edit, fixed, lines)
    if not found:
        hint = closest(edit.old, lines)
        raise ValueError(
            f"its lines are not in the file{f'; {hint}' if hint else ''}\n"
            f"Copy the lines from the file as it is given, character by character."
        )
    if sum(map(str.isalnum, "".join(telling))) < TELLING_CHARACTERS:
        raise ValueError(
            "its lines are in the file with other white space or other context only, and are too "
            "short to be sure of the place; copy more lines, exactly as they are"
        )
    start = _only(found, edit)
    window = lines[max(0, start) : start + len(edit.old)]
    if start < 0 or len(window) < len(edit.old):
        raise ValueError(
            f"its context reaches out of the file, which has {len(lines)} lines; copy the lines "
            f"from the file as it is given"
        )
    _check_context(edit.old, window, lines)
    return _placed(edit, start, _written(edit, start, lines))


def _written(edit: Replacement, start: int, lines: Sequence[str]) -> tuple[EditLine, ...]:
    """The lines of an edit, those that come indented as in the file unless a string has them."""
    new = [*lines[:start], *edit.new]
    inside = iter(inside_literals(edit.path, new)[start:])
    fixed = [line.sign != "-" and next(inside) for line in edit.lines]
    pairs = list(zip(edit.lines, fixed, strict=True))
    # A blank line has no indentation, so it neither tells of the rule nor needs a place in it.
    plain = [EditLine("+", "") if line.sign == "+" and kept else line for line, kept in pairs]
    come = iter(reindented(plain, lines[start : start + len(edit.old)], lines))
    written: list[EditLine] = []
    for line, kept in pairs:
        text = next(come) if line.sign == "+" else line.text
        written.append(line if kept else EditLine(line.sign, text))
    return tuple(written)


def _placed(edit: Replacement, start: int, lines: tuple[EditLine, ...]) -> Placement:
    return Placement(edit, start, start + len(edit.old), lines)


def _only(found: Sequence[int], edit: Replacement) -> int:
    if len(found) == 1:
        return found[0]
    places = ", ".join(str(start + 1) for start in found[:8])
    raise ValueError(
        f"its lines occur {len(found)} times in the file, from the lines {places} on"
        f"{' and more' if len(found) > 8 else ''}; add lines before or after them until they "
        f"occur once"
    )


def _as_it_is(line: str) -> str:
    return line


def _squeezed(line: str) -> str:
    """A line without the white space that says nothing: in quotation marks all of it does."""
    return _QUOTED_OR_SPACE.sub(_without_space, line.strip())


def _without_space(found: re.Match[str]) -> str:
    if not found[0].isspace():
        return found[0]
    around = found.string[found.start() - 1] + found.string[found.end()]
    return " " if all(sign.isalnum() or sign == "_" for sign in around) else ""


def _positions(old: Sequence[str], lines: Sequence[str], form: Callable[[str], str]) -> list[int]:
    wanted, there = [form(line) for line in old], [form(line) for line in lines]
    return [
        start
        for start in range(len(there) - len(wanted) + 1)
        if there[start : start + len(wanted)] == wanted
    ]


def _without_blank_edges(edit: Replacement) -> Replacement:
    """Leave blank lines of context out before the first and after the last other line."""
    lines = list(edit.lines)
    for edge in (0, -1):
        while lines and lines[edge].sign == " " and not lines[edge].text.strip():
            lines.pop(edge)
    return Replacement(edit.path, edit.place, tuple(lines), edit.start)


def _fixed_lines(lines: Sequence[EditLine]) -> list[int]:
    """Indices, among the old lines, of those that must be there in step 4."""
    fixed: set[int] = set()
    index = 0
    for number, (sign, _) in enumerate(lines):
        before = lines[number - 1].sign if number else ""
        if sign == "-" or (sign == " " and before == "+"):
            fixed.add(index)
        if sign == "+" and before == " ":
            fixed.add(index - 1)
        index += sign != "+"
    return sorted(fixed)


def _by_fixed_lines(edit: Replacement, fixed: Sequence[int], lines: Sequence[str]) -> list[int]:
    """Where all of these lines are, also where the lines around them reach out of the file."""
    old, there = [*map(_squeezed, edit.old)], [*map(_squeezed, lines)]
    return [
        start
        for start in range(-fixed[0], len(there) - fixed[-1])
        if all(there[start + index] == old[index] for index in fixed)
    ]


def _check_context(old: Sequence[str], window: Sequence[str], lines: Sequence[str]) -> None:
    ours, theirs = [*map(_squeezed, old)], [*map(_squeezed, window)]
    ratios = [_ratio(*pair) for pair in zip(ours, theirs, strict=True)]
    different = sum(ratio < 1 for ratio in ratios)
    if different > MAX_DIFFERENT_LINES or sum(ratios) / len(ratios) < CONTEXT_SIMILARITY:
        raise ValueError(
            f"{different} of its {len(old)} old lines are not in the file, too many to be sure of "
            f"the place; {closest(old, lines)}\n"
            f"Copy the lines from the file as it is given, character by character."
        )


def _ratio(ours: str, theirs: str) -> float:
    if ours == theirs:
        return 1.0
    return SequenceMatcher(None, ours, theirs, autojunk=False).ratio()
