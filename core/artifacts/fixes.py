"""Artifact of stage 7.5: what was tried to mend the generated repository, and what came of it."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from core.artifacts.base import Artifact, Part

FixStatus = Literal["not-needed", "mended", "given-up", "not-tried"]


class FixOutcome(StrEnum):
    """What came of one attempt.

    `mended`: everything is green. `better`: it gets further: less hides tests, more planned tests
    pass, less fails, or the same tests fail at a later line. `changed`: as far, but not the same
    fails. `unchanged`: the same fails. `worse`: less far, or a test that ran before is gone.
    `unusable`: no answer could be applied. `no-change`: the model says that no permitted change
    helps.
    """

    MENDED = "mended"
    BETTER = "better"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    WORSE = "worse"
    UNUSABLE = "unusable"
    NO_CHANGE = "no-change"


class Fix(Part):
    """One attempt to mend what fails."""

    number: int = Field(ge=1, description="From 1, over all rounds.")
    round: int = Field(
        default=0, ge=0, description="0: without a person's guidance; 1: after the first; …"
    )
    failing: str = Field(description="What the attempt was about: a test, or a step.")
    signature: str = Field(default="", description="Signature of everything that failed before.")
    failures_before: int = Field(default=0, ge=0)
    failures_after: int | None = Field(default=None, ge=0, description="Null: it was not run.")
    cause: str = Field(default="", description="What the model takes for the cause.")
    paths: tuple[str, ...] = Field(default=(), description="Files that the attempt changed.")
    outcome: FixOutcome
    detail: str = Field(default="", description="What was said or seen afterwards.")
    commit: str = Field(default="", description="Its commit; empty where nothing was applied.")
    kept: bool = Field(default=False, description="Whether it is part of what is published.")


class Fixes(Artifact):
    """`report/fixes.json`: every attempt at mending the repository, in order."""

    status: FixStatus = Field(
        description="not-needed: it was green; mended: it is now; given-up: it is not; not-tried: "
        "it is not, and nothing could be tried."
    )
    stopped: str = Field(default="", description="Why no further attempt was made, in a sentence.")
    start: str = Field(default="", description="Commit as stage 7 left it.")
    commit: str = Field(default="", description="The best commit, which is published.")
    attempts: tuple[Fix, ...] = ()
    beyond: tuple[str, ...] = Field(
        default=(),
        description="Failures whose cause is the machine the tests ran on, which no edit mends.",
    )
    guidance: tuple[str, ...] = Field(default=(), description="What a person advised, each round.")


class Guidance(Artifact):
    """What a person advised when the attempts were at an end, a text for each round."""

    rounds: tuple[str, ...] = ()
