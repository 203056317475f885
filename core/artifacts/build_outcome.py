"""How a build stands or ended, in one small document: what other services are given."""

from enum import StrEnum
from typing import Self

from pydantic import Field

from core.artifacts.base import Artifact
from core.artifacts.build_record import BuildRecord

MOST_CHARACTERS = 2_000
"""Longest text of an error here; all of it is in the build record and in the log."""


class OutcomeStatus(StrEnum):
    """Where a build stands.

    `running`: under way. `waiting`: a person has to decide. `completed`: published, tests green.
    `review`: published to a review branch, because it could not be verified. `failed`: a stage
    gave up. `cancelled`: somebody cancelled its run. `interrupted`: its process was told to end.
    `refused`: it was not begun, because what it was given or how it is set up is wrong, or because
    it is running already. What failed, or was cancelled or interrupted, goes on when the same build
    is started again.
    """

    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    REVIEW = "review"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    REFUSED = "refused"


class BuildOutcome(Artifact):
    """How a build stands or ended."""

    build_id: str
    project_id: str
    project_name: str
    status: OutcomeStatus
    failed_stage: str | None = Field(default=None, description="Number of the stage that gave up.")
    error: str = Field(default="", description="Why it failed or was refused, in a sentence.")
    repository: str = Field(default="", description="Where the repository can be cloned from.")
    branch: str = ""
    commit: str = ""
    pull_request: str = Field(default="", description="Address of the pull request, if any.")
    test_status: str = Field(default="", description="green, red, not-run; empty: not yet tested.")
    test_reason: str = Field(default="", description="Why the tests are not green, in a sentence.")
    cost_usd: float = Field(
        default=0.0, ge=0, description="US dollars spent on the build over its life."
    )
    calls: int = Field(default=0, ge=0, description="Model calls made for it over its life.")
    demo: bool = Field(default=False, description="A demo model wrote it, not a real one.")
    flow_run_id: str = Field(default="", description="The run of Prefect's that this is about.")
    started_at: str = Field(default="", description="ISO 8601, UTC; of that run.")
    finished_at: str = Field(default="", description="ISO 8601, UTC; empty: not over yet.")

    @classmethod
    def of(cls, record: BuildRecord) -> Self:
        """What the build record says, in short."""
        failed = record.stages.get(record.failed_at or "")
        return cls(
            build_id=record.build_id,
            project_id=record.project_id,
            project_name=record.project_name,
            status=OutcomeStatus(record.status),
            failed_stage=record.failed_at,
            error=clipped(failed.error) if failed is not None else "",
            repository=record.repository,
            branch=record.branch,
            commit=record.commit,
            pull_request=record.pull_request,
            test_status=record.test_status,
            test_reason=clipped(record.test_reason),
            cost_usd=record.totals.cost_usd,
            calls=record.totals.calls,
            demo=record.demo,
            flow_run_id=record.flow_run_id,
            started_at=record.started_at,
            finished_at=record.finished_at,
        )


def clipped(text: str) -> str:
    """A text, cut off where it is too long to be sent around."""
    return text if len(text) <= MOST_CHARACTERS else f"{text[: MOST_CHARACTERS - 1]}…"
