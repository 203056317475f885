"""Calls, limits and a check of the running totals, for the tests of the usage ledger."""

from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, create_engine, func, select

from core.settings import SpendingLimits
from providers.storage.calls import CallIdentity, CallMaxima
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_tables import builds, calls, user_months
from providers.storage.money import dollars

WIDE = CallMaxima(per_stage=10_000, per_file=10_000, per_build=10_000)
RICH = SpendingLimits(
    per_call_usd=Decimal(1_000), per_build_usd=Decimal(1_000), per_user_month_usd=Decimal(1_000)
)
MINUTE = 60.0

_TOTALS = (
    "input_tokens",
    "output_tokens",
    "cost_nanodollars",
    "latency_microseconds",
)


def call(stage: str = "3", file: str | None = None, **values: Any) -> CallIdentity:
    identity = {
        "build_id": "b-1",
        "project_id": "shop",
        "user": "ann",
        "stage": stage,
        "file": file,
        "provider": "demo",
        "model": "demo-1",
    }
    return CallIdentity.model_validate({**identity, **values})


def maxima(**values: int) -> CallMaxima:
    return WIDE.model_copy(update=values)


def spending(**values: str) -> SpendingLimits:
    """Limits in US dollars, by `per_call`, `per_build` and `per_user_month`."""
    return RICH.model_copy(update={f"{name}_usd": Decimal(value) for name, value in values.items()})


def ledger_in(file: Path) -> UsageLedger:
    """A ledger in an SQLite file, whatever characters its path has."""
    return UsageLedger(f"sqlite:///{quote(str(file))}")


async def reserve(
    ledger: UsageLedger,
    made: CallIdentity | None = None,
    limits: CallMaxima = WIDE,
    *,
    usd: str = "0",
    within: SpendingLimits = RICH,
    seconds: float = MINUTE,
) -> int:
    return await ledger.reserve(
        made or call(), limits, spending=within, estimate_usd=Decimal(usd), seconds=seconds
    )


async def count(
    ledger: UsageLedger, build_id: str, stage: str | None = None, file: str | None = None
) -> int:
    """Calls of a build that the ledger knows; of one stage, or about one file."""
    rows = await ledger.calls(build_id)
    return sum(stage in (None, row.stage) and file in (None, row.file) for row in rows)


async def spent(ledger: UsageLedger, build_id: str) -> Decimal:
    """What a build's calls cost, US dollars."""
    return sum((row.cost_usd for row in await ledger.calls(build_id)), Decimal(0))


def spent_by_user(url: str, user: str, month: str) -> Decimal:
    """What a user's account of a month such as `2026-11` says, US dollars."""
    query = select(user_months.c.cost_nanodollars).where(
        user_months.c.user == user, user_months.c.month == month
    )
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return dollars(connection.scalar(query) or 0)
    finally:
        engine.dispose()


def check_totals(url: str) -> None:
    """Hold every running total to the sum over its rows."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            _check_builds(connection)
            _check_months(connection)
    finally:
        engine.dispose()


def _check_builds(connection: Connection) -> None:
    sums = select(
        calls.c.build_id,
        func.count().label("calls"),
        *(func.sum(calls.c[name]).label(name) for name in _TOTALS),
        _reserved(),
    ).group_by(calls.c.build_id)
    expected = {row["build_id"]: dict(row) for row in connection.execute(sums).mappings()}
    for row in connection.execute(select(builds)).mappings():
        kept = {name: value for name, value in row.items() if name != "build_id"}
        added_up = expected.pop(row["build_id"], dict.fromkeys(kept, 0))
        assert kept == {name: int(added_up[name]) for name in kept}
    assert not expected


def _check_months(connection: Connection) -> None:
    expected: dict[tuple[str, str], tuple[int, int]] = {}
    for row in connection.execute(select(calls)):
        key = (row.user, f"{row.started_at:%Y-%m}")
        cost, reserved = expected.get(key, (0, 0))
        held = row.reserved_nanodollars if row.outcome == "open" else 0
        expected[key] = (cost + row.cost_nanodollars, reserved + held)
    for row in connection.execute(select(user_months)):
        kept = (row.cost_nanodollars, row.reserved_nanodollars)
        assert kept == expected.pop((row.user, row.month), (0, 0))
    assert not expected


def _reserved() -> Any:
    held = calls.c.reserved_nanodollars
    is_open = calls.c.outcome == "open"
    return func.coalesce(func.sum(held).filter(is_open), 0).label("reserved_nanodollars")
