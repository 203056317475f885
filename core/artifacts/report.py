"""Artifact of stage 7.5: what the tests of the generated repository said."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from core.artifacts.base import Artifact, Part


class TestOutcome(StrEnum):
    """How one test case ended."""

    __test__ = False  # pytest must not collect this class

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"
    SKIPPED = "skipped"


class TestCaseResult(Part):
    """One test case."""

    __test__ = False

    name: str
    path: str = ""
    outcome: TestOutcome
    seconds: float = Field(default=0.0, ge=0)
    message: str = Field(
        default="", description="Why it failed or was skipped: the most telling lines."
    )


class TestReport(Artifact):
    """`report/tests.json`: whether the generated code was run, where, and how it went.

    `status` is `green` only when tests ran, among them every planned one, and none failed;
    `not-run` says why in `reason`.
    """

    __test__ = False

    status: Literal["green", "red", "not-run"]
    reason: str = Field(default="", description="Why it is not green, in a sentence.")
    sandbox: str = Field(default="none", examples=["bubblewrap"])
    runner: str = Field(default="", examples=["pytest"])
    commit: str = Field(default="", description="Commit the tests ran on.")
    cases: tuple[TestCaseResult, ...] = ()
    seconds: float = Field(default=0.0, ge=0)
    output: str = Field(default="", description="The last lines the runner printed.")

    def count(self, outcome: TestOutcome) -> int:
        """Number of cases that ended so."""
        return sum(case.outcome is outcome for case in self.cases)
