"""What the usage ledger deals in: who makes a call, how many there may be, what came of it."""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


def _without_nul(text: str) -> str:
    if "\0" in text:  # PostgreSQL cannot keep it
        raise ValueError("a name must not contain a NUL character")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
Name = Annotated[Text, StringConstraints(min_length=1)]


class CallOutcome(StrEnum):
    """What became of a call.

    One whose process died stays `open`; `expired` once its reservation no longer counts.
    """

    OPEN = "open"
    ANSWERED = "answered"
    FAILED = "failed"
    REFUSED = "refused"
    EXPIRED = "expired"


ClosedOutcome = Literal["answered", "failed", "refused"]

PROVIDER_FAILURES = frozenset({"ProviderFailedError", "UnreachableError"})
"""Error classes that say that the provider is not well.

One attempt that was told to wait its turn is not among them: only its caller knows whether the wait
was in vain.
"""


class CallIdentity(BaseModel):
    """Which call it is.

    Attributes:
        build_id: the build it is made for.
        project_id: the build's project.
        user: who the build is made for.
        stage: the stage's number, for example `1.5`.
        template: name of the prompt's template; empty when there is none.
        file: path of the file it is about; `None` for a call about no single file.
        provider: the provider's name in the catalogue.
        model: the model's name in the catalogue.
        prompt_digest: digest of everything that is asked; empty when there is none.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    build_id: Name
    project_id: Name
    user: Text
    stage: Name
    template: Text = ""
    file: Name | None = None
    provider: Name
    model: Name
    prompt_digest: Text = ""


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
        reserved_usd: US dollars that were held while it was open.
        latency_seconds: from sending to the last byte.
        error_class: name of the error's class; empty when there was none.
        error: the error's text, shortened.
        started_at: when it was opened, UTC.
        finished_at: when it was closed, UTC.
        expires_at: until when its reservation counts, should it never be closed; UTC.
    """

    id: int
    outcome: CallOutcome
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal
    reserved_usd: Decimal
    latency_seconds: float
    error_class: str
    error: str
    started_at: AwareDatetime
    finished_at: AwareDatetime | None
    expires_at: AwareDatetime


class ModelOutcomes(BaseModel):
    """How a provider's model has answered, over all builds and processes.

    Attributes:
        provider: the provider's name in the catalogue.
        model: the model's name in the catalogue.
        last_success: when a call was last answered, UTC.
        last_failure: when the provider last failed a call, UTC.
        failures: such failures in a row since the last answer.
        last_error: text of the last failure.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    provider: str
    model: str
    last_success: AwareDatetime | None
    last_failure: AwareDatetime | None
    failures: int
    last_error: str
