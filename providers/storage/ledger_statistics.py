"""What the usage ledger's calls add up to, asked in SQL that SQLite and PostgreSQL share.

Percentiles are by nearest rank, over window functions, so that they are exact over any number of
calls and only one row a group is read. Calls that only looked after a provider are left out.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Executable,
    RowMapping,
    case,
    func,
    literal_column,
    select,
)

from providers.storage.call_statistics import (
    DIMENSIONS,
    HEALTH_STAGE,
    CallGroup,
    DailyCost,
    Dimension,
    ErrorCount,
    ModelRecord,
    Period,
    PeriodStatistics,
)
from providers.storage.calls import CallOutcome
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import calls
from providers.storage.money import dollars

_MICROSECONDS = 1_000_000
_SUMS = ("input_tokens", "output_tokens", "cost_nanodollars")
# PostgreSQL groups by no constant; this is one of each row.
_ALL: ColumnElement[str] = literal_column("'all' || substr(calls.stage, 1, 0)")
_OUTCOMES = (CallOutcome.ANSWERED, CallOutcome.FAILED, CallOutcome.REFUSED)


class LedgerStatistics:
    """Statistics over a ledger's calls; each method is one reading transaction.

    Args:
        database: the ledger's; not closed here. Its `StorageError` is raised on.
    """

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    async def period(self, period: Period) -> PeriodStatistics:
        """The calls that began in a period: all together, grouped, their errors, their days."""
        return await asyncio.to_thread(self._period, period)

    async def models(self, since: datetime) -> list[ModelRecord]:
        """How each model did in the calls that began since a moment, by provider and name."""
        return await asyncio.to_thread(self._models, since)

    def _period(self, period: Period) -> PeriodStatistics:
        with self._database.reading() as connection:
            return PeriodStatistics(
                total=_total(connection, period),
                groups={by: _groups(connection, period, by) for by in DIMENSIONS},
                errors=_errors(connection, period),
                daily_costs=_daily_costs(connection, period),
            )

    def _models(self, since: datetime) -> list[ModelRecord]:
        wanted = (calls.c.started_at >= since, calls.c.stage != HEALTH_STAGE)
        with self._database.reading() as connection:
            names = (calls.c.provider, calls.c.model)
            answered = func.sum(_is(CallOutcome.ANSWERED)).label("successes")
            ended = func.sum(case((calls.c.outcome.in_(_OUTCOMES), 1), else_=0)).label("calls")
            rows = _rows(
                connection,
                select(*names, ended, answered).where(*wanted).group_by(*names).order_by(*names),
            )
            medians = _percentiles(connection, _key(connection, "model"), wanted)
        return [
            ModelRecord(
                provider=row["provider"],
                model=row["model"],
                calls=row["calls"],
                successes=row["successes"],
                median_seconds=medians.get(f"{row['provider']}/{row['model']}", (None,))[0],
            )
            for row in rows
        ]


def _groups(connection: Connection, period: Period, by: Dimension) -> tuple[CallGroup, ...]:
    found = _grouped(connection, _key(connection, by), _during(period))
    if by == "day":
        return tuple(sorted(found, key=lambda group: group.name))
    return tuple(sorted(found, key=lambda group: (-group.cost_usd, -group.calls, group.name)))


def _total(connection: Connection, period: Period) -> CallGroup:
    found = _grouped(connection, _ALL, _during(period))
    nothing = dict.fromkeys(("calls", *_OUTCOMES, "input_tokens", "output_tokens", "cost_usd"), 0)
    return found[0] if found else CallGroup.model_validate({"name": "all", **nothing})


def _errors(connection: Connection, period: Period) -> tuple[ErrorCount, ...]:
    names = (calls.c.error_class, calls.c.provider, calls.c.model)
    number = func.count()
    query = (
        select(*names, number.label("calls"))
        .where(*_during(period), calls.c.error_class != "")
        .group_by(*names)
        .order_by(number.desc(), *names)
    )
    return tuple(ErrorCount.model_validate(dict(row)) for row in _rows(connection, query))


def _daily_costs(connection: Connection, period: Period) -> tuple[DailyCost, ...]:
    names = (_key(connection, "day").label("day"), calls.c.provider, calls.c.model)
    cost = func.sum(calls.c.cost_nanodollars).label("nano")
    query = (
        select(*names, cost, func.count().label("calls"))
        .where(*_during(period))
        .group_by(*names)
        .order_by(*names)
    )
    return tuple(
        DailyCost(
            day=row["day"],
            provider=row["provider"],
            model=row["model"],
            cost_usd=dollars(int(row["nano"])),
            calls=row["calls"],
        )
        for row in _rows(connection, query)
    )


def _during(period: Period) -> tuple[ColumnElement[bool], ...]:
    return (
        calls.c.started_at >= period.start,
        calls.c.started_at < period.end,
        calls.c.stage != HEALTH_STAGE,
    )


def _key(connection: Connection, by: Dimension) -> ColumnElement[str]:
    if by == "model":
        return calls.c.provider + "/" + calls.c.model
    if by == "day":
        return _day(connection)
    return {
        "provider": calls.c.provider,
        "stage": calls.c.stage,
        "user": calls.c.user,
        "build": calls.c.build_id,
    }[by]


def _day(connection: Connection) -> ColumnElement[str]:
    """The date in UTC; the databases share no function for it."""
    if connection.dialect.name == "sqlite":  # keeps UTC, as text that begins with the date
        return func.strftime("%Y-%m-%d", calls.c.started_at)
    return func.to_char(func.timezone("UTC", calls.c.started_at), "YYYY-MM-DD")


def _is(outcome: CallOutcome) -> ColumnElement[int]:
    return case((calls.c.outcome == outcome, 1), else_=0)


def _rows(connection: Connection, query: Executable) -> Sequence[RowMapping]:
    return connection.execute(query).mappings().all()


def _grouped(
    connection: Connection, key: ColumnElement[str], wanted: Sequence[ColumnElement[bool]]
) -> list[CallGroup]:
    name = key.label("name")
    query = (
        select(
            name,
            func.count().label("calls"),
            *(func.sum(_is(outcome)).label(outcome.value) for outcome in _OUTCOMES),
            *(func.sum(calls.c[column]).label(column) for column in _SUMS),
        )
        .where(*wanted)
        .group_by(name)
    )
    rows = _rows(connection, query)
    latencies = _percentiles(connection, key, wanted)
    return [_group(row, latencies.get(row["name"], (None, None))) for row in rows]


def _group(row: RowMapping, latencies: tuple[float | None, float | None]) -> CallGroup:
    values = dict(row)
    cost = dollars(int(values.pop("cost_nanodollars")))
    return CallGroup(**values, cost_usd=cost, p50_seconds=latencies[0], p95_seconds=latencies[1])


def _percentiles(
    connection: Connection, key: ColumnElement[str], wanted: Sequence[ColumnElement[bool]]
) -> dict[str, tuple[float, float]]:
    """Half of a group's answered calls and 95 of 100 took no longer than these seconds."""
    latency = calls.c.latency_microseconds
    ranked = (
        select(
            key.label("name"),
            latency.label("latency"),
            func.row_number().over(partition_by=key, order_by=latency).label("rank"),
            func.count().over(partition_by=key).label("size"),
        )
        .where(*wanted, calls.c.outcome == CallOutcome.ANSWERED)
        .subquery()
    )

    def percentile(percent: int) -> ColumnElement[int]:
        reached = ranked.c.rank * 100 >= ranked.c.size * percent
        return func.min(case((reached, ranked.c.latency)))

    query = select(
        ranked.c.name, percentile(50).label("p50"), percentile(95).label("p95")
    ).group_by(ranked.c.name)
    return {
        row["name"]: (row["p50"] / _MICROSECONDS, row["p95"] / _MICROSECONDS)
        for row in _rows(connection, query)
    }
