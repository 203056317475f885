import pytest

from codegen.issues import Problem, issues_of, refuse_errors
from core.artifacts.structure import Severity, StructuralIssue


def test_problems_are_numbered_and_told_once() -> None:
    problem = Problem("a.py", "It is wrong", "Mend it.")
    issues = issues_of("X", [problem, problem, Problem("b.py", "It is wrong", "Mend it.")])
    assert [(issue.id, issue.place, issue.source) for issue in issues] == [
        ("X-1", "a.py", "check"),
        ("X-2", "b.py", "check"),
    ]


def test_warnings_are_not_refused() -> None:
    refuse_errors(issues_of("X", [Problem("a.py", "m", "s")], Severity.WARNING))


def test_errors_are_refused_with_what_to_do_and_not_without_end() -> None:
    issue = StructuralIssue(
        id="I-1", severity=Severity.ERROR, place="FR-1", message="no file", suggestion="Add one."
    )
    refuse_errors([])
    with pytest.raises(ValueError, match=r"FR-1: no file\. Add one\.") as refused:
        refuse_errors([issue] * 25)
    assert str(refused.value).endswith("… and 5 more")
