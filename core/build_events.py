"""The events that builds, the inbox and the look after the providers emit, and what each carries.

Their names and payloads are an interface: automations and other services know them.
`docs/api.md` has the table, made from here.
"""

from typing import Literal

from pydantic import BaseModel, Field

from core.artifacts.base import Part
from core.artifacts.build_outcome import BuildOutcome, OutcomeStatus

PREFIX = "app-build."
"""How the name of every event begins."""

STAGE_STARTED = f"{PREFIX}stage.started"
STAGE_COMPLETED = f"{PREFIX}stage.completed"
STAGE_FAILED = f"{PREFIX}stage.failed"
STAGE_INTERRUPTED = f"{PREFIX}stage.interrupted"
FILES_WRITTEN = f"{PREFIX}files.written"
FIX_ATTEMPTED = f"{PREFIX}fix.attempted"
LIMIT_REACHED = f"{PREFIX}limit.reached"
BUDGET_NEARLY_USED = f"{PREFIX}budget.nearly-used"
INBOX_TAKEN = f"{PREFIX}inbox.taken"
INBOX_REJECTED = f"{PREFIX}inbox.rejected"
PROVIDER_DOWN = f"{PREFIX}provider.down"
PROVIDER_UP = f"{PREFIX}provider.up"


class StageStarted(Part):
    """A stage begins."""

    build_id: str
    stage: str
    name: str


class StageInterrupted(StageStarted):
    """Somebody stopped the build in the middle of a stage."""


class StageCompleted(StageStarted):
    """A stage ended well; `cached`: its result was kept, and no model was asked."""

    artifacts: tuple[str, ...] = ()
    cached: bool = False
    seconds: float = Field(default=0.0, ge=0)


class StageFailed(StageStarted):
    """A stage gave up, and the build with it."""

    error: str
    attempts: int
    seconds: float = Field(default=0.0, ge=0)


class LimitReached(StageStarted):
    """A maximum of calls, or a limit of money, halted the build."""

    limit: Literal["calls", "money"]
    error: str


class BudgetNearlyUsed(Part):
    """Four fifths of a limit of money are spent: of the build's, or of its user's in a month."""

    build_id: str
    scope: Literal["build", "user-month"]
    user: str
    month: str = Field(default="", description="As 2026-11, UTC; only of a user's limit.")
    spent_usd: float = Field(ge=0)
    limit_usd: float = Field(gt=0)


class FilesWritten(StageStarted):
    """So many of the files are there; sent at every tenth part of them."""

    done: int = Field(ge=0)
    total: int = Field(ge=0)


class FixAttempted(StageStarted):
    """An attempt at mending what fails is over; see `report/fixes.json`."""

    number: int
    round: int
    failing: str
    outcome: str
    kept: bool
    failures_before: int
    failures_after: int | None


class BuildWaiting(BuildOutcome):
    """The build waits for a person, who is asked `question`."""

    question: str


class InboxTaken(Part):
    """A questionnaire was taken; `again`: it had been before, and its build goes on or is left."""

    file: str
    build_id: str
    flow_run_id: str
    again: bool


class InboxRejected(Part):
    """A file is no questionnaire that can be built."""

    file: str
    reason: str


class ProviderChanged(Part):
    """A provider of models is no longer as it was found before."""

    provider: str
    reason: str
    seconds: float
    breaker: str
    since: str


def outcome_event(status: OutcomeStatus) -> str:
    """Name of the event that tells of a build's new status."""
    return f"{PREFIX}{'started' if status is OutcomeStatus.RUNNING else status}"


EVENTS: dict[str, type[BaseModel]] = {
    outcome_event(OutcomeStatus.RUNNING): BuildOutcome,
    STAGE_STARTED: StageStarted,
    STAGE_COMPLETED: StageCompleted,
    STAGE_FAILED: StageFailed,
    STAGE_INTERRUPTED: StageInterrupted,
    FILES_WRITTEN: FilesWritten,
    FIX_ATTEMPTED: FixAttempted,
    LIMIT_REACHED: LimitReached,
    BUDGET_NEARLY_USED: BudgetNearlyUsed,
    outcome_event(OutcomeStatus.WAITING): BuildWaiting,
    **{
        outcome_event(status): BuildOutcome
        for status in OutcomeStatus
        if status not in {OutcomeStatus.RUNNING, OutcomeStatus.WAITING}
    },
    INBOX_TAKEN: InboxTaken,
    INBOX_REJECTED: InboxRejected,
    PROVIDER_DOWN: ProviderChanged,
    PROVIDER_UP: ProviderChanged,
}
"""Every event with the type of its payload, as it comes in the course of a build."""
