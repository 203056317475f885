"""What asking each template took so far, for the plan of a build; SQL as in the statistics."""

import asyncio
import math
from collections.abc import Collection, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Double, RowMapping, cast, func, select

from providers.storage.calls import CallOutcome
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import builds, calls, user_months

_COLUMNS = {
    "input_tokens": (calls.c.input_tokens, 1.0),
    "output_tokens": (calls.c.output_tokens, 1.0),
    "seconds": (calls.c.latency_microseconds, 1e6),
}


class Spread(BaseModel):
    """Mean and standard deviation of a quantity over a number of observations."""

    model_config = ConfigDict(frozen=True)

    count: int = Field(default=0, ge=0)
    mean: float = Field(default=0.0, ge=0)
    deviation: float = Field(default=0.0, ge=0)


class Observations(BaseModel):
    """What answered calls took.

    Attributes:
        calls: of one template to one provider's model: spreads of `input_tokens`, `output_tokens`
            and `seconds`, by template, provider and model.
        units: calls ever made for one unit of work, by template; a unit is a file, or for calls
            about no single file the whole build.
    """

    model_config = ConfigDict(frozen=True)

    calls: Mapping[tuple[str, str, str], Mapping[str, Spread]] = {}
    units: Mapping[str, Spread] = {}


class Account(BaseModel):
    """What was spent, in nano-dollars, reservations of open calls included.

    Attributes:
        build: by the build over its life.
        month: by the user in the month.
        files: paths about which a template was answered in the build, by template.
    """

    model_config = ConfigDict(frozen=True)

    build: int = 0
    month: int = 0
    files: Mapping[str, frozenset[str]] = {}


class LedgerObservations:
    """Reads a ledger for the plan of a build, and makes none where there is none.

    Args:
        database: the ledger's; not closed here. Its `StorageError` is raised on.
    """

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    async def observations(self, *, stand_ins: Collection[str] = ()) -> Observations:
        """What asking each template took so far; nothing where there is no ledger yet.

        Args:
            stand_ins: providers that never have to be asked twice, so that how often they were
                asked says nothing of others.
        """
        if not self._database.is_there:  # reading would make one
            return Observations()
        return await asyncio.to_thread(self._observations, stand_ins)

    async def account(self, build_id: str, user: str, month: str) -> Account:
        """What a build, and a user in a month such as `2026-11`, spent so far."""
        if not self._database.is_there:
            return Account()
        return await asyncio.to_thread(self._account, build_id, user, month)

    def _observations(self, stand_ins: Collection[str]) -> Observations:
        key = (calls.c.template, calls.c.provider, calls.c.model)
        moments = [
            moment.label(f"{name}_{power}")
            for name, (column, unit) in _COLUMNS.items()
            for power, moment in (
                ("sum", func.sum(cast(column, Double) / unit)),
                ("squares", func.sum(cast(column, Double) / unit * cast(column, Double) / unit)),
            )
        ]
        taken = (
            select(*key, func.count().label("count"), *moments)
            .where(calls.c.outcome == CallOutcome.ANSWERED, calls.c.template != "")
            .group_by(*key)
        )
        made = (
            select(calls.c.template, func.count().label("made"))
            .where(calls.c.template != "", calls.c.provider.not_in(stand_ins))
            .group_by(calls.c.template, calls.c.build_id, calls.c.file)
            .subquery()
        )
        number = cast(made.c.made, Double)
        units = select(
            made.c.template,
            func.count().label("count"),
            func.sum(number).label("made_sum"),
            func.sum(number * number).label("made_squares"),
        ).group_by(made.c.template)
        with self._database.reading() as connection:
            found = connection.execute(taken).mappings().all()
            work = connection.execute(units).mappings().all()
        return Observations(
            calls={
                (row["template"], row["provider"], row["model"]): {
                    name: _spread(row, name) for name in _COLUMNS
                }
                for row in found
            },
            units={row["template"]: _spread(row, "made") for row in work},
        )

    def _account(self, build_id: str, user: str, month: str) -> Account:
        of_build = select(builds.c.cost_nanodollars + builds.c.reserved_nanodollars).where(
            builds.c.build_id == build_id
        )
        of_month = select(user_months.c.cost_nanodollars + user_months.c.reserved_nanodollars)
        of_month = of_month.where(user_months.c.user == user, user_months.c.month == month)
        answered = select(calls.c.template, calls.c.file).where(
            calls.c.build_id == build_id,
            calls.c.outcome == CallOutcome.ANSWERED,
            calls.c.file.is_not(None),
        )
        with self._database.reading() as connection:
            files: dict[str, set[str]] = {}
            for template, file in connection.execute(answered.distinct()):
                files.setdefault(template, set()).add(str(file))
            return Account(
                build=connection.scalar(of_build) or 0,
                month=connection.scalar(of_month) or 0,
                files={template: frozenset(paths) for template, paths in files.items()},
            )


def _spread(row: RowMapping | Mapping[str, Any], name: str) -> Spread:
    count, total, squares = row["count"], row[f"{name}_sum"], row[f"{name}_squares"]
    mean = total / count
    # Of a sample; rounding can leave the difference a little below nothing.
    variance = max(squares - count * mean * mean, 0.0) / (count - 1) if count > 1 else 0.0
    return Spread(count=count, mean=mean, deviation=math.sqrt(variance))
