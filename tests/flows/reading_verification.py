"""Tells from the text of a repository whether it has the mistake of `faulty_model`.

It stands in for the sandbox where only the course of the flow is tested: a real verification takes
seconds, and these builds need many.
"""

from pathlib import Path

from core.artifacts.failure import Failure, FailureClass
from core.artifacts.report import TestCaseResult, TestOutcome, TestReport
from core.artifacts.structure import ValidatedStructure
from tasks.engine.verification import Verification
from tests.flows.faulty_model import WRONG

TEST = "test_creating_answers_201"


async def read_verification(
    tree: Path, _structure: ValidatedStructure, **_: object
) -> Verification:
    """Takes the place of `tasks.engine.verification.verify`."""
    wrong = _files_with_mistake(tree)
    outcome = TestOutcome.FAILED if wrong else TestOutcome.PASSED
    report = TestReport(
        status="red" if wrong else "green",
        reason="1 of 1 test cases failed." if wrong else "",
        sandbox="none",
        runner="reading",
        cases=(TestCaseResult(name=TEST, outcome=outcome),),
    )
    failure = Failure(
        step="reading",
        test=TEST,
        message="assert 202 == 201",
        files=wrong,
        failure_class=FailureClass.CODE,
        reasons=("The code answers otherwise.",),
        signature="1",
    )
    return Verification(report, (failure,) if wrong else ())


def _files_with_mistake(tree: Path) -> tuple[str, ...]:
    files = sorted(tree.rglob("*.py"))
    return tuple(str(file.relative_to(tree)) for file in files if WRONG in file.read_text())
