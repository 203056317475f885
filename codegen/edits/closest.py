"""Finds what in a file is most like lines that are not in it, to show it to the model."""

from collections.abc import Sequence
from difflib import SequenceMatcher, get_close_matches

from codegen.edits.edit import quoted

_SIMILAR = 0.6
_AROUND = 1


def closest(old: Sequence[str], lines: Sequence[str]) -> str:
    """Say which lines of a file are closest to some that it lacks; empty if none are."""
    ours = ["".join(line.split()) for line in old]
    theirs = ["".join(line.split()) for line in lines]
    offset = _offset(ours, theirs)
    if offset is None:
        return ""
    first = max(0, offset - _AROUND)
    last = min(len(lines), offset + len(old) + _AROUND)
    shown = (f"{number + 1}: {lines[number]}" for number in range(first, last))
    return f"the closest lines of the file are:\n{quoted(shown, most=16)}"


def _offset(ours: Sequence[str], theirs: Sequence[str]) -> int | None:
    """Where the old lines would begin if their longest run that is there is in its place."""
    matcher = SequenceMatcher(None, theirs, ours, autojunk=False)
    run = matcher.find_longest_match()
    if run.size and any(map(_tells, ours[run.b : run.b + run.size])):
        return max(0, run.a - run.b)
    telling = max(ours, key=len, default="")
    similar = get_close_matches(telling, theirs, n=1, cutoff=_SIMILAR) if telling else []
    return max(0, theirs.index(similar[0]) - ours.index(telling)) if similar else None


def _tells(line: str) -> bool:
    return sum(map(str.isalnum, line)) > 3
