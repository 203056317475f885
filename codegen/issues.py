"""Problems that programs find, as the issues that models and people are shown."""

from collections.abc import Iterable
from typing import NamedTuple

from core.artifacts.structure import Severity, StructuralIssue

_SHOWN = 20
"""Issues told to a model at once; it mends no more in one answer."""


class Problem(NamedTuple):
    """Something that does not fit together.

    Attributes:
        place: the entity, endpoint, requirement, module or file path it is about.
        message: what is wrong.
        suggestion: what to do about it, as a sentence.
    """

    place: str
    message: str
    suggestion: str


def issues_of(
    prefix: str, problems: Iterable[Problem], severity: Severity = Severity.ERROR
) -> list[StructuralIssue]:
    """Number problems: `ST-1`, `ST-2` …; what is found twice is told once."""
    return [
        StructuralIssue(
            id=f"{prefix}-{number}",
            severity=severity,
            place=problem.place,
            message=problem.message,
            suggestion=problem.suggestion,
            source="check",
        )
        for number, problem in enumerate(dict.fromkeys(problems), start=1)
    ]


def errors_in(issues: Iterable[StructuralIssue]) -> tuple[StructuralIssue, ...]:
    """The issues that must be mended before code is written."""
    return tuple(issue for issue in issues if issue.severity is Severity.ERROR)


def refuse_errors(issues: Iterable[StructuralIssue]) -> None:
    """Raise when something does not fit together.

    Raises:
        ValueError: names the first errors, fit to be shown to the model that made them.
    """
    errors = errors_in(issues)
    if errors:
        shown = [f"{issue.place}: {issue.message}. {issue.suggestion}" for issue in errors[:_SHOWN]]
        more = f"\n… and {len(errors) - _SHOWN} more" if len(errors) > _SHOWN else ""
        raise ValueError("\n".join(shown) + more)
