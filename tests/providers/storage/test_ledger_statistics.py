"""Statistics over a ledger's calls, on real databases."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from sqlalchemy import Connection

from providers.storage import ledger_statistics
from providers.storage.call_statistics import HEALTH_STAGE, CallGroup, Dimension, Period
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_statistics import LedgerStatistics
from tests.providers.storage.ledger_calls import NOON, add_call

DAY = timedelta(days=1)
PERIOD = Period(start=NOON - DAY, end=NOON + DAY)


@pytest.fixture
def database(url: str) -> Iterator[LedgerDatabase]:
    database = LedgerDatabase(url)
    yield database
    database.close()


@pytest.fixture
def statistics(database: LedgerDatabase) -> LedgerStatistics:
    return LedgerStatistics(database)


async def test_an_empty_ledger_has_nothing_to_say(statistics: LedgerStatistics) -> None:
    total = (await statistics.period(PERIOD)).total
    assert (total.calls, total.cost_usd, total.success_rate) == (0, Decimal(0), None)
    assert (total.p50_seconds, total.p95_seconds) == (None, None)
    assert (await statistics.period(PERIOD)).groups["model"] == ()
    assert (await statistics.period(PERIOD)).errors == ()
    assert (await statistics.period(PERIOD)).daily_costs == ()
    assert await statistics.models(NOON - DAY) == []


async def test_a_period_is_told_as_it_was_in_one_moment(
    statistics: LedgerStatistics, database: LedgerDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_call(database, model="known")
    between = ledger_statistics.DIMENSIONS[0]
    asked = ledger_statistics._groups  # pyright: ignore[reportPrivateUsage] -- a moment in between

    def with_another_call(connection: Connection, period: Period, by: Dimension) -> object:
        if by == between:  # the total is known by now
            add_call(database, model="new", outcome="failed", error_class="ProviderFailedError")
        return asked(connection, period, by)

    monkeypatch.setattr(ledger_statistics, "_groups", with_another_call)
    found = await statistics.period(PERIOD)
    assert found.total.calls == 1
    assert [group.name for group in found.groups["model"]] == ["p/known"]
    assert found.errors == ()
    monkeypatch.undo()
    assert (await statistics.period(PERIOD)).total.calls == 2


async def test_groups_add_up_calls_tokens_and_cost(
    database: LedgerDatabase, statistics: LedgerStatistics
) -> None:
    add_call(database, stage="3", cost=Decimal("0.1"), input_tokens=10, output_tokens=1)
    add_call(database, stage="3", outcome="failed", error_class="ProviderFailedError")
    add_call(database, stage="7", cost=Decimal("0.000000001"), input_tokens=5)
    add_call(database, stage="7", outcome="refused", error_class="RequestRefusedError")
    add_call(database, stage="7", outcome="open")
    add_call(database, stage="7", outcome="expired")
    first, second = (await statistics.period(PERIOD)).groups["stage"]
    assert (first.name, first.calls, first.answered, first.failed) == ("3", 2, 1, 1)
    assert (first.input_tokens, first.output_tokens, first.cost_usd) == (10, 1, Decimal("0.1"))
    assert first.success_rate == 0.5
    assert (second.name, second.calls, second.refused, second.ended) == ("7", 4, 1, 2)
    total = (await statistics.period(PERIOD)).total
    assert (total.name, total.calls, total.cost_usd) == ("all", 6, Decimal("0.100000001"))


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("provider", ["p", "q"]),
        ("model", ["p/m", "q/n"]),
        ("user", ["ada", "bob"]),
        ("build", ["b-1", "b-2"]),
        ("day", ["2026-11-21", "2026-11-22"]),
    ],
)
async def test_every_dimension_has_its_groups_the_dearest_first_and_days_in_order(
    database: LedgerDatabase, statistics: LedgerStatistics, by: str, names: list[str]
) -> None:
    add_call(
        database,
        build_id="b-1",
        user="ada",
        provider="p",
        model="m",
        cost=Decimal(2),
        at=NOON - 0.75 * DAY,
    )
    add_call(
        database, build_id="b-2", user="bob", provider="q", model="n", cost=Decimal(1), at=NOON
    )
    found = (await statistics.period(PERIOD)).groups[by]  # pyright: ignore[reportArgumentType] -- parametrized
    assert [group.name for group in found] == names
    assert sum(group.cost_usd for group in found) == 3


async def test_only_calls_of_the_period_count_and_no_probes(
    database: LedgerDatabase, statistics: LedgerStatistics
) -> None:
    add_call(database, at=PERIOD.start)
    add_call(database, at=PERIOD.end)
    add_call(database, at=PERIOD.start - timedelta(microseconds=1))
    add_call(database, stage=HEALTH_STAGE, outcome="failed", error_class="ProviderFailedError")
    assert (await statistics.period(PERIOD)).total.calls == 1
    assert (await statistics.period(PERIOD)).errors == ()


async def test_days_are_those_of_utc(
    database: LedgerDatabase, statistics: LedgerStatistics
) -> None:
    late = datetime(2026, 11, 21, 23, 59, 59, 999_999, tzinfo=UTC)
    add_call(database, at=late)
    add_call(database, at=late + timedelta(microseconds=1))
    assert [group.name for group in (await statistics.period(PERIOD)).groups["day"]] == [
        "2026-11-21",
        "2026-11-22",
    ]


async def test_errors_are_counted_by_class_and_model(
    database: LedgerDatabase, statistics: LedgerStatistics
) -> None:
    for _ in range(2):
        add_call(database, outcome="failed", error_class="ProviderFailedError")
    add_call(database, outcome="failed", error_class="AnswerError", model="n")
    found = [
        (one.error_class, one.model, one.calls) for one in (await statistics.period(PERIOD)).errors
    ]
    assert found == [("ProviderFailedError", "m", 2), ("AnswerError", "n", 1)]


async def test_costs_are_given_by_day_and_model(
    database: LedgerDatabase, statistics: LedgerStatistics
) -> None:
    add_call(database, cost=Decimal("0.5"), at=NOON)
    add_call(database, cost=Decimal("0.25"), at=NOON)
    add_call(database, cost=Decimal(1), at=NOON - 0.75 * DAY, model="n")
    rows = (await statistics.period(PERIOD)).daily_costs
    assert [(row.day, row.model, row.cost_usd, row.calls) for row in rows] == [
        ("2026-11-21", "n", Decimal(1), 1),
        ("2026-11-22", "m", Decimal("0.75"), 2),
    ]


async def test_models_tell_calls_that_ended_successes_and_the_median(
    database: LedgerDatabase, statistics: LedgerStatistics
) -> None:
    for seconds in (1.0, 2.0, 30.0):
        add_call(database, seconds=seconds)
    add_call(database, outcome="failed", seconds=99.0)
    add_call(database, outcome="open")
    add_call(database, model="n", outcome="failed")
    add_call(database, model="old", at=NOON - 3 * DAY)
    first, second = await statistics.models(NOON - DAY)
    assert (first.model, first.calls, first.successes, first.median_seconds) == ("m", 4, 3, 2.0)
    assert (second.model, second.calls, second.successes, second.median_seconds) == (
        "n",
        1,
        0,
        None,
    )


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=60))
async def test_percentiles_are_by_nearest_rank(
    tmp_path_factory: pytest.TempPathFactory, latencies: list[int]
) -> None:
    database = LedgerDatabase(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    try:
        for latency in latencies:
            add_call(database, seconds=latency / 1e6)
        (group,) = (await LedgerStatistics(database).period(PERIOD)).groups["model"]
    finally:
        database.close()
    ordered = sorted(latencies)
    assert group.p50_seconds == ordered[-(-len(ordered) * 50 // 100) - 1] / 1e6
    assert group.p95_seconds == ordered[-(-len(ordered) * 95 // 100) - 1] / 1e6


def test_a_period_ends_after_it_starts() -> None:
    with pytest.raises(ValidationError, match="not after its start"):
        Period(start=NOON, end=NOON)


def test_calls_under_way_are_no_failures() -> None:
    group = CallGroup(
        name="x",
        calls=3,
        answered=1,
        failed=0,
        refused=0,
        input_tokens=0,
        output_tokens=0,
        cost_usd=Decimal(0),
    )
    assert group.success_rate == 1.0
