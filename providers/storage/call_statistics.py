"""What the ledger's calls add up to: one row a build, user, stage, model, provider or day."""

from decimal import Decimal
from typing import Literal, TypeAlias, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

Dimension: TypeAlias = Literal["provider", "model", "stage", "user", "build", "day"]
"""What calls are grouped by; `model` is provider and model, `day` a date in UTC."""

HEALTH_STAGE = "health"
"""What stands in the place of a stage's number where a call only looked after a provider."""

DIMENSIONS: tuple[Dimension, ...] = get_args(Dimension)


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Period(_Row):
    """From a moment on, until before another; both have a time zone."""

    start: AwareDatetime
    end: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "Period":
        if self.end <= self.start:
            raise ValueError(f"it ends at {self.end}, which is not after its start {self.start}")
        return self


class CallGroup(_Row):
    """Calls that have something in common.

    Attributes:
        name: what they have in common; `provider/model` for a model, an ISO date for a day.
        calls: every call opened.
        answered, failed, refused: what became of them; the rest is under way, or its process
            died.
        input_tokens, output_tokens: of all of them.
        cost_usd: US dollars, of all of them.
        p50_seconds, p95_seconds: of the latency of those answered, by nearest rank: half of them
            and 95 of 100 took no longer. `None` where none was answered.
    """

    name: str
    calls: int = Field(ge=0)
    answered: int = Field(ge=0)
    failed: int = Field(ge=0)
    refused: int = Field(ge=0)
    input_tokens: int = Field(ge=0)
    output_tokens: int = Field(ge=0)
    cost_usd: Decimal = Field(ge=0)
    p50_seconds: float | None = None
    p95_seconds: float | None = None

    @property
    def ended(self) -> int:
        """Calls whose outcome is known."""
        return self.answered + self.failed + self.refused

    @property
    def success_rate(self) -> float | None:
        """Answered calls among those that ended, 0 to 1; `None` where none did."""
        return self.answered / self.ended if self.ended else None


class ErrorCount(_Row):
    """How often one class of error ended calls of one model."""

    error_class: str
    provider: str
    model: str
    calls: int = Field(ge=1)


class DailyCost(_Row):
    """What one model cost on one day (UTC), in US dollars."""

    day: str
    provider: str
    model: str
    cost_usd: Decimal = Field(ge=0)
    calls: int = Field(ge=1)


class PeriodStatistics(_Row):
    """What the ledger says of a period, all of it as of the same moment.

    Attributes:
        total: all calls, as one group called `all`.
        groups: the calls by each dimension; days in order, others by what they cost, the dearest
            first.
        errors: classes of errors by model; the most frequent first.
        daily_costs: what each model cost on each day on which it was asked, in order.
    """

    total: CallGroup
    groups: dict[Dimension, tuple[CallGroup, ...]]
    errors: tuple[ErrorCount, ...]
    daily_costs: tuple[DailyCost, ...]


class ModelRecord(_Row):
    """How one model did lately, for whoever chooses between models.

    Attributes:
        calls: calls that ended.
        successes: those of them that were answered.
        median_seconds: of the latency of those answered; `None` where none was.
    """

    provider: str
    model: str
    calls: int = Field(ge=0)
    successes: int = Field(ge=0)
    median_seconds: float | None = None
