"""Finds the lines of a program that begin inside a string over several lines.

The white space before them is part of the string, and not indentation.
"""

import re
from collections.abc import Iterator, Sequence

_PYTHON = re.compile(
    r'#[^\n]*|"{3}(?:\\.|[^\\])*?(?:"{3}|\Z)|\'{3}(?:\\.|[^\\])*?(?:\'{3}|\Z)'
    r'|"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?',
    re.DOTALL,
)
_SCRIPT = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|`(?:\\.|[^`\\])*(?:`|\Z)"
    r'|"(?:\\.|[^"\\\n])*"?|\'(?:\\.|[^\'\\\n])*\'?',
    re.DOTALL,
)
_SCRIPTS = ("js", "mjs", "cjs", "jsx", "ts", "mts", "cts", "tsx", "svelte", "vue", "go")
_LITERALS: dict[str, re.Pattern[str]] = {
    "py": _PYTHON,
    "pyi": _PYTHON,
    **dict.fromkeys(_SCRIPTS, _SCRIPT),
}
_QUOTES = ('"', "'", "`")
_HEAD = re.compile(r"(?:(?:async\s+)?def|class)\b.*:|\).*:")
"""What a function's or class's head ends with, before its docstring."""


def inside_literals(path: str, lines: Sequence[str]) -> list[bool]:
    """Say of each line whether the white space before it is part of a string.

    That of a docstring is not: it is re-indented with the code that it is about.

    Args:
        path: the file, whose ending tells its language; of one that is not known no line is.
        lines: the text from the file's first line on.
    """
    inside = [False] * len(lines)
    pattern = _LITERALS.get(path.rpartition(".")[2])
    if pattern is None:
        return inside
    for first, last in _spans(pattern, "\n".join(lines)):
        if not _is_docstring(lines, first):
            inside[first + 1 : last + 1] = [True] * (last - first)
    return inside


def _spans(pattern: re.Pattern[str], text: str) -> Iterator[tuple[int, int]]:
    """Indices of the first and the last line of each string over several lines."""
    number, at = 0, 0
    for found in pattern.finditer(text):
        number += text.count("\n", at, found.start())
        at = found.start()
        if found[0].startswith(_QUOTES) and "\n" in found[0]:
            yield number, number + found[0].count("\n")


def _is_docstring(lines: Sequence[str], first: int) -> bool:
    if not re.match(r"\s*[rR]?(?:\"{3}|'{3})", lines[first]):
        return False
    before = next((line.strip() for line in reversed(lines[:first]) if line.strip()), "")
    return bool(_HEAD.fullmatch(before))
