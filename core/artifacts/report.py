"""Artifact of stage 7.5: what install, checks, builds, tests and start of a repository showed."""

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


class StepReport(Part):
    """One step of a verification: an install, a check, a build, a test run or a start."""

    name: str = Field(min_length=1, examples=["pytest", "vitest in web"])
    kind: Literal["install", "gate", "build", "test", "boot"] = Field(
        description="The phase it belongs to; gate: the checks of the whole repository."
    )
    status: Literal["green", "red", "not-run"]
    seconds: float = Field(default=0.0, ge=0, description="Wall time.")
    reason: str = Field(
        default="", description="Why it is not green; of a green one, what it showed, if anything."
    )


class TestReport(Artifact):
    """`report/tests.json`: whether the generated code was run, where, and how it went.

    `status` is `green` only when every step is, and tests ran, among them every planned one;
    `not-run` says in `reason` why no test ran, and nothing failed but an install.
    """

    __test__ = False

    status: Literal["green", "red", "not-run"]
    reason: str = Field(default="", description="Why it is not green, in a sentence.")
    sandbox: str = Field(default="none", examples=["bubblewrap"])
    runner: str = Field(default="", examples=["pytest"])
    commit: str = Field(default="", description="Commit the tests ran on.")
    cases: tuple[TestCaseResult, ...] = Field(
        default=(), description="Every test case, and of the other steps what failed."
    )
    seconds: float = Field(default=0.0, ge=0)
    output: str = Field(default="", description="The last lines the runner printed.")
    steps: tuple[StepReport, ...] = Field(default=(), description="In the order they were taken.")
    unverified: tuple[str, ...] = Field(
        default=(), description="What was not verified and why, a sentence each."
    )

    def count(self, outcome: TestOutcome) -> int:
        """Number of cases that ended so."""
        return sum(case.outcome is outcome for case in self.cases)
