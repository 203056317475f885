"""What asking each template took so far, for the plan of a build; SQL as in the statistics."""

import asyncio
import math
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, Connection, Double, RowMapping, Table, cast, func, select

from providers.storage.calls import CallOutcome
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_rows import month_of
from providers.storage.ledger_tables import builds, calls, user_months

_DOUBLE: Double[float] = Double()

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
    """What was spent, and what open calls have reserved until they expire, in nano-dollars.

    Attributes:
        build, build_reserved: by the build over its life.
        month, month_reserved: by the user in the month.
        files: paths about which a template was answered in the build, by template.
    """

    model_config = ConfigDict(frozen=True)

    build: int = 0
    build_reserved: int = 0
    month: int = 0
    month_reserved: int = 0
    files: Mapping[str, frozenset[str]] = {}


class LedgerObservations:
    """Reads a ledger for the plan of a build; one that is not there, or older, is left so.

    Args:
        database: the ledger's; not closed here. Its `StorageError` is raised on.
    """

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    async def observations(self, *, stand_ins: Collection[str] = ()) -> Observations:
        """What asking each template took so far; nothing where no ledger can be read yet.

        Args:
            stand_ins: providers that never have to be asked twice, so that how often they were
                asked says nothing of others.
        """
        return await asyncio.to_thread(self._observations, stand_ins)

    async def account(self, build_id: str, user: str, now: datetime) -> Account:
        """What a build, and a user in the month of `now` (UTC), spent and reserved so far."""
        return await asyncio.to_thread(self._account, build_id, user, now)

    def _observations(self, stand_ins: Collection[str]) -> Observations:
        if not self._database.is_readable():  # reading would make or migrate it
            return Observations()
        key = (calls.c.template, calls.c.provider, calls.c.model)
        moments = [
            moment.label(f"{name}_{power}")
            for name, (column, unit) in _COLUMNS.items()
            for power, moment in (
                ("sum", func.sum(cast(column, _DOUBLE) / unit)),
                ("squares", func.sum(cast(column, _DOUBLE) / unit * cast(column, _DOUBLE) / unit)),
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
        number = cast(made.c.made, _DOUBLE)
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

    def _account(self, build_id: str, user: str, now: datetime) -> Account:
        if not self._database.is_readable():
            return Account()
        month = month_of(now)
        begin = now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        answered = select(calls.c.template, calls.c.file).where(
            calls.c.build_id == build_id,
            calls.c.outcome == CallOutcome.ANSWERED,
            calls.c.file.is_not(None),
        )
        with self._database.reading() as connection:
            of_build = _money(connection, builds, builds.c.build_id == build_id)
            of_month = _money(
                connection,
                user_months,
                (user_months.c.user == user) & (user_months.c.month == month),
            )
            expired = _expired(connection, now, calls.c.build_id == build_id)
            expired_in_month = _expired(
                connection, now, (calls.c.user == user) & (calls.c.started_at >= begin)
            )
            files: dict[str, set[str]] = {}
            for template, file in connection.execute(answered.distinct()):
                files.setdefault(template, set()).add(str(file))
        return Account(
            build=of_build[0],
            build_reserved=max(of_build[1] - expired, 0),
            month=of_month[0],
            month_reserved=max(of_month[1] - expired_in_month, 0),
            files={template: frozenset(paths) for template, paths in files.items()},
        )


def _money(connection: Connection, table: Table, wanted: ColumnElement[bool]) -> tuple[int, int]:
    """What an account has spent and reserved."""
    query = select(table.c.cost_nanodollars, table.c.reserved_nanodollars).where(wanted)
    row = connection.execute(query).first()
    return (row[0], row[1]) if row else (0, 0)


def _expired(connection: Connection, now: datetime, wanted: ColumnElement[bool]) -> int:
    """What open calls have reserved whose time is over: nobody has put that down yet."""
    query = select(func.sum(calls.c.reserved_nanodollars)).where(
        calls.c.outcome == CallOutcome.OPEN, calls.c.expires_at <= now, wanted
    )
    return int(connection.scalar(query) or 0)


def _spread(row: RowMapping | Mapping[str, Any], name: str) -> Spread:
    count, total, squares = row["count"], row[f"{name}_sum"], row[f"{name}_squares"]
    mean = total / count
    # Of a sample; rounding can leave the difference a little below nothing.
    variance = max(squares - count * mean * mean, 0.0) / (count - 1) if count > 1 else 0.0
    return Spread(count=count, mean=mean, deviation=math.sqrt(variance))
