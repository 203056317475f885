"""Counts the braces of a style sheet, which no reader of CSS forgives."""

import re

from codegen.source.findings import Finding, offending
from core.artifacts.structure import Severity

_PLAIN = re.compile(
    r"/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*\"?|'(?:\\.|[^'\\\n])*'?"
    r"|url\(\s*[^\"'\s)][^)]*\)|\\.",
    re.DOTALL | re.IGNORECASE,
)
"""Comments, texts in quotes, addresses and escaped characters, whose braces do not count."""
_LINE_COMMENT = re.compile(r"(?<![:\w])//[^\n]*")


def brace_findings(text: str, *, line_comments: bool) -> list[Finding]:
    """Say which brace of a style sheet has no other.

    Args:
        text: the whole sheet.
        line_comments: whether `//` begins a comment, as in SCSS.
    """
    plain = _PLAIN.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    if line_comments:
        plain = _LINE_COMMENT.sub("", plain)
    opened: list[int] = []
    for number, line in enumerate(plain.split("\n"), 1):
        for character in re.findall(r"[{}]", line):
            if character == "{":
                opened.append(number)
            elif opened:
                opened.pop()
            else:
                return [_finding(number, "'}' closes no open '{'", text)]
    return [_finding(opened[-1], "'{' is never closed", text)] if opened else []


def _finding(line: int, what: str, text: str) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        code="syntax",
        line=line,
        message=f"{what}, in {offending(text, line)}",
        suggestion="Give every brace its other.",
    )
