"""What the call ledger deals in: who makes a call, how many there may be, what came of it."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(min_length=1)]


class CallOutcome(StrEnum):
    """What became of a call; one whose process died stays `open`."""

    OPEN = "open"
    ANSWERED = "answered"
    FAILED = "failed"
    REFUSED = "refused"


ClosedOutcome = Literal["answered", "failed", "refused"]


class CallIdentity(BaseModel):
    """Which call it is.

    Attributes:
        build_id: the build it is made for.
        project_id: the build's project.
        user: who the build is made for.
        stage: the stage's number, for example `1.5`.
        file: path of the file it is about; `None` for a call about no single file.
        provider: the provider's name in the catalogue.
        model: the model's name in the catalogue.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    build_id: Name
    project_id: Name
    user: str
    stage: Name
    file: Name | None = None
    provider: Name
    model: Name


class CallMaxima(BaseModel):
    """Hard maxima of calls over a build's life.

    Attributes:
        per_stage: calls of one stage that are about no single file.
        per_file: calls about one file, whichever stage makes them.
        per_build: all calls.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    per_stage: int = Field(ge=1)
    per_file: int = Field(ge=1)
    per_build: int = Field(ge=1)


class CallRow(CallIdentity):
    """One call as the ledger has it.

    Attributes:
        id: number in the ledger, rising in the order of opening.
        outcome: what became of it.
        input_tokens: tokens of the prompt.
        output_tokens: tokens of the answer.
        cost_usd: US dollars.
        latency_seconds: from sending to the last byte.
        error_class: name of the error's class; empty when there was none.
        started_at: when it was opened, UTC.
        finished_at: when it was closed, UTC.
    """

    id: int
    outcome: CallOutcome
    input_tokens: int
    output_tokens: int
    cost_usd: float
    latency_seconds: float
    error_class: str
    started_at: AwareDatetime
    finished_at: AwareDatetime | None
