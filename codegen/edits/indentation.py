"""Re-indents the lines that come with an edit whose indentation is not that of the file.

The indentation of the lines that were found says how the model's is to be read: shifted by some
columns (a block copied without its outer indentation), scaled (two spaces for four, spaces for
tabs), or both. Lines that come are translated by the same rule. Where the lines found follow no
one rule, or a new line is not a whole number of columns by it, nothing is guessed.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import pairwise

from codegen.edits.edit import EditLine, quoted

_Pair = tuple[str, str]
"""The white space before a line as the model has it, and as the file has it."""

_Rule = Callable[[str], str | None]
"""Gives the file's white space for the model's; `None` if that has no place in the file."""


def reindented(lines: Sequence[EditLine], found: Sequence[str], file: Sequence[str]) -> list[str]:
    """Indent the lines that come as the file does.

    Args:
        lines: the edit.
        found: the file's lines that its old lines stand for, in the same order.
        file: all lines of the file, which tell tabs from spaces where the others do not.

    Returns:
        The texts of the lines that come, in order.

    Raises:
        ValueError: the lines found follow no one rule, or a new line has no place in it.
    """
    old = [text for sign, text in lines if sign != "+"]
    come = [text for sign, text in lines if sign == "+"]
    signs = [sign for sign, _ in lines if sign != "+"]
    there = [
        (_lead(ours), _lead(theirs), sign)
        for ours, theirs, sign in zip(old, found, signs, strict=True)
        if ours.strip() and ours.split() == theirs.split()
    ]
    pairs = [(ours, theirs) for ours, theirs, _ in there]
    wanted = {_lead(text) for text in come if text.strip()}
    if not wanted or all(ours == theirs for ours, theirs in pairs) or _lost_signs(there):
        return come
    (ours, theirs), *others = pairs
    trimmed = not ours and bool(others)
    # Two points always lie on a line: where all others are right, the first one is taken as wrong.
    if trimmed and all(one == other for one, other in others):
        return _without_first(lines, come, theirs, str)
    if rule := _rule(pairs, wanted, file):
        return [_written(text, rule) for text in come]
    if trimmed and (rule := _rule(others, wanted, file)):
        return _without_first(lines, come, theirs, rule)
    raise ValueError(
        "its lines are found with another indentation, which follows no one rule, so that the new "
        "lines cannot be indented; copy the searched lines with their indentation"
    )


def _lost_signs(there: Sequence[tuple[str, str, str]]) -> bool:
    """Whether a hunk's context lines lack the space before them, and its other lines are right."""
    gone = [ours == theirs for ours, theirs, sign in there if sign == "-"]
    kept = [f" {ours}" == theirs for ours, theirs, sign in there if sign == " " and theirs]
    return bool(gone) and all(gone) and all(kept)


def _without_first(
    lines: Sequence[EditLine], come: Sequence[str], first: str, rule: _Rule
) -> list[str]:
    """Indent where only the first searched line has lost its indentation, as if it were trimmed."""
    new = [line for line in lines if line.sign != "-"]
    begins = bool(new) and new[0].sign == "+" and not _lead(new[0].text)
    rest = come[1:] if begins else come
    if loose := [text for text in rest if text.strip() and not _lead(text)]:
        raise ValueError(
            "the first searched line has lost its indentation, so that it cannot be told how this "
            f"new line is indented:\n{quoted(loose[:1])}"
        )
    written = [_written(text, rule) for text in rest]
    return [first + come[0], *written] if begins else written


def _lead(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]


def _rule(pairs: Sequence[_Pair], wanted: set[str], file: Sequence[str]) -> _Rule | None:
    """The one rule that all pairs follow."""
    first = pairs[0][0]
    if any(ours != first for ours, _ in pairs):
        return _shifted(pairs) or _scaled_in_steps(pairs, wanted, file)
    # One indentation alone may be shifted or scaled. It tells nothing of lines further out, and of
    # those further in only where their step becomes the step that the file has.
    if not all(lead.startswith(first) for lead in wanted):
        return None
    deeper = [lead for lead in wanted if lead != first]
    rule = _shifted(pairs) or _by_columns(pairs, wanted)
    if rule is None or not deeper:
        return rule
    outer, inner = rule(first), rule(min(deeper, key=len))
    if outer is None or inner is None or len(inner) - len(outer) != _step(file):
        return None
    return rule


def _scaled_in_steps(pairs: Sequence[_Pair], wanted: set[str], file: Sequence[str]) -> _Rule | None:
    """The rule by columns, if by it the smallest step of the model's becomes that of the file."""
    rule = _by_columns(pairs, wanted)
    ours = sorted({one for one, _ in pairs}, key=len)
    steps = (
        [len(inner) - len(outer) for outer, inner in pairwise([rule(one) or "" for one in ours])]
        if rule
        else []
    )
    return rule if steps and min(steps) == _step(file) else None


def _step(file: Sequence[str]) -> int:
    """By how many columns a line of the file is mostly further in than the one before it."""
    leads = [len(_lead(line)) for line in file if line.strip()]
    steps = Counter(inner - outer for outer, inner in pairwise(leads) if inner > outer)
    return max(steps, key=lambda step: (steps[step], -step), default=0)


def _shifted(pairs: Sequence[_Pair]) -> _Rule | None:
    """The rule where the model has one more text before every line, or one less."""
    ours, theirs = pairs[0]
    if ours.endswith(theirs):
        more = ours.removesuffix(theirs)
        if all(one == more + other for one, other in pairs):
            return lambda lead: lead.removeprefix(more) if lead.startswith(more) else None
    if theirs.endswith(ours):
        less = theirs.removesuffix(ours)
        if all(less + one == other for one, other in pairs) and set(less) <= set(ours or less):
            return lambda lead: less + lead
    return None


def _by_columns(pairs: Sequence[_Pair], wanted: set[str]) -> _Rule | None:
    """The rule `columns of the file = scale * columns of the model + shift`."""
    our_signs = set("".join([*wanted, *(ours for ours, _ in pairs)]))
    their_signs = set("".join(theirs for _, theirs in pairs))
    if len(our_signs) > 1 or len(their_signs) != 1 or not (our_signs | their_signs) <= set(" \t"):
        return None
    columns = sorted({(len(ours), len(theirs)) for ours, theirs in pairs})
    scale = _scale(columns)
    if scale is None:
        return None
    shift = columns[0][1] - scale * columns[0][0]
    if any(scale * ours + shift != theirs for ours, theirs in columns):
        return None
    if scale != 1 and any(ours == theirs > 0 for ours, theirs in columns):
        return None  # what is written as in the file is right, so the others are slips
    (sign,) = their_signs

    def rule(lead: str) -> str | None:
        count = scale * len(lead) + shift
        return sign * int(count) if count >= 0 and count.denominator == 1 else None

    return rule


def _scale(columns: Sequence[tuple[int, int]]) -> Fraction | None:
    """How many columns of the file one of the model's is; `None` if that cannot be told."""
    (first_ours, first_theirs), (last_ours, last_theirs) = columns[0], columns[-1]
    if last_ours != first_ours:
        scale = Fraction(last_theirs - first_theirs, last_ours - first_ours)
        return scale if scale > 0 else None
    if len(columns) > 1:
        return None  # one indentation of the model's stands for several of the file
    # Tabs for spaces or the reverse, at one depth, which is taken as the same depth.
    return Fraction(first_theirs, first_ours) if first_ours and first_theirs else None


def _written(text: str, rule: _Rule) -> str:
    if not text.strip():
        return text
    lead = _lead(text)
    written = rule(lead)
    if written is None:
        raise ValueError(
            "its lines are found with another indentation, in which this new line has no place:\n"
            f"{quoted([text])}"
        )
    return written + text[len(lead) :]
