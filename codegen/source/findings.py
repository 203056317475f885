"""What a check has to say about a file."""

from typing import Literal

from pydantic import Field

from core.artifacts.base import Part
from core.artifacts.structure import Severity

Code = Literal[
    "syntax",
    "cut-off",
    "stub",
    "undefined-name",
    "elision",
    "not-a-file",
    "fence",
    "merge-conflict",
    "missing-export",
    "wrong-kind",
    "wrong-signature",
    "unknown-file",
    "unknown-name",
    "undeclared-package",
    "unpromised-import",
    "unused-promise",
]
"""What kind of finding it is; a program can count and compare by it."""


class Finding(Part):
    """One thing that is wrong, or doubtful, in a file.

    A file with an `error` is not accepted; a `warning` may be shown to a model or a person.
    """

    severity: Severity
    code: Code
    line: int = Field(default=0, ge=0, description="From 1; 0 if it is about the whole file.")
    column: int = Field(default=0, ge=0, description="From 1; 0 if it is about the whole line.")
    message: str = Field(min_length=1)
    suggestion: str = ""

    def __str__(self) -> str:
        """One line, fit to be shown to the model that wrote the file."""
        place = f"line {self.line}: " if self.line else ""
        return f"{place}{self.message}{f'. {self.suggestion}' if self.suggestion else ''}"


def errors_of(findings: list[Finding]) -> list[Finding]:
    """The findings for which a file is not accepted."""
    return [finding for finding in findings if finding.severity is Severity.ERROR]


def offending(text: str, line: int) -> str:
    """The line a finding is about, quoted and cut, for its message."""
    lines = text.split("\n")
    found = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    return repr(found if len(found) <= 100 else f"{found[:100]}…")
