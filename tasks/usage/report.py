"""The usage report: what model calls cost, how they went and how long they took in a period."""

from datetime import UTC, date, datetime, time, timedelta

from pydantic import BaseModel, ConfigDict

from core.errors import InputError
from providers.storage.call_statistics import (
    CallGroup,
    DailyCost,
    Dimension,
    ErrorCount,
    Period,
)
from providers.storage.ledger_statistics import LedgerStatistics

LONGEST_DAYS = 366
"""Days of one report at most."""

_SHOWN: tuple[Dimension, ...] = ("model", "provider", "stage", "user", "build", "day")


class UsageReport(BaseModel):
    """What the ledger says of the calls of some days.

    Attributes:
        first_day, last_day: dates in UTC, both included.
        total: all calls.
        groups: the calls by model, provider, stage, user, build and day.
        errors: classes of errors by model, the most frequent first.
        daily_costs: cost of each model on each day.
    """

    model_config = ConfigDict(frozen=True)

    first_day: date
    last_day: date
    total: CallGroup
    groups: dict[Dimension, tuple[CallGroup, ...]]
    errors: tuple[ErrorCount, ...]
    daily_costs: tuple[DailyCost, ...]

    @property
    def days(self) -> tuple[date, ...]:
        """Every day of the report, also those without calls."""
        number = (self.last_day - self.first_day).days + 1
        return tuple(self.first_day + timedelta(days=day) for day in range(number))

    @property
    def is_empty(self) -> bool:
        """Whether no call was made."""
        return self.total.calls == 0


def first_of(days: int, last_day: date) -> date:
    """The first of so many days, with the last.

    Raises:
        InputError: there are not so many before it.
    """
    if days > last_day.toordinal():
        raise InputError(
            f"usage report: there are no {days} days up to {last_day}; give a later one"
        )
    return last_day - timedelta(days=days - 1)


def period_of(first_day: date, last_day: date) -> Period:
    """From the beginning of one day to the end of another, UTC.

    Raises:
        InputError: the days are the wrong way round, too many, or no day follows them.
    """
    days = (last_day - first_day).days + 1
    if not 1 <= days <= LONGEST_DAYS:
        raise InputError(
            f"usage report: {first_day} to {last_day} are {days} days; give 1 to {LONGEST_DAYS}, "
            "the first day before the last"
        )
    if last_day >= date.max:
        raise InputError(f"usage report: {last_day} is the last day there is; give an earlier one")
    begin, end = (
        datetime.combine(day, time.min, UTC) for day in (first_day, last_day + timedelta(days=1))
    )
    return Period(start=begin, end=end)


async def usage_of(statistics: LedgerStatistics, first_day: date, last_day: date) -> UsageReport:
    """Ask the ledger for a report.

    Raises:
        InputError: the days are the wrong way round, too many, or no day follows them.
        StorageError: the ledger failed.
    """
    period = period_of(first_day, last_day)
    found = await statistics.period(period)
    return UsageReport(
        first_day=first_day,
        last_day=last_day,
        total=found.total,
        groups={by: found.groups[by] for by in _SHOWN},
        errors=found.errors,
        daily_costs=found.daily_costs,
    )
