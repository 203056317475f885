"""Following the calls of a ledger, on real databases."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select, update

from providers.storage import ledger_tail
from providers.storage.call_statistics import HEALTH_STAGE
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_spending import LedgerSpending
from providers.storage.ledger_tables import calls, user_months
from providers.storage.ledger_tail import EndedCall, LedgerTail
from tests.providers.storage.ledger_calls import NOON, add_call
from tests.providers.storage.ledgers import call, reserve

SOON = NOON + timedelta(minutes=1)


@pytest.fixture
def database(url: str) -> Iterator[LedgerDatabase]:
    database = LedgerDatabase(url)
    yield database
    database.close()


def tail_of(database: LedgerDatabase, now: datetime = SOON) -> LedgerTail:
    return LedgerTail(database, clock=lambda: now)


def ended(tail: LedgerTail) -> list[EndedCall]:
    return [call for part in tail.read() for call in part]


def close_call(database: LedgerDatabase, number: int, outcome: str) -> None:
    with database.writing() as connection:
        connection.execute(update(calls).where(calls.c.id == number).values(outcome=outcome))


def numbers(database: LedgerDatabase) -> list[int]:
    with database.reading() as connection:
        return list(connection.scalars(select(calls.c.id).order_by(calls.c.id)))


def test_every_call_is_given_once_with_what_it_took(database: LedgerDatabase) -> None:
    tail = tail_of(database)
    assert ended(tail) == []
    add_call(database, model="a", input_tokens=3, output_tokens=4, seconds=1.5)
    add_call(database, model="b", outcome="failed", error_class="ProviderFailedError")
    first, second = ended(tail)
    assert (first.model, first.outcome, first.seconds) == ("a", "answered", 1.5)
    assert (first.input_tokens, first.output_tokens, first.started_at) == (3, 4, NOON)
    assert (second.outcome, second.error_class) == ("failed", "ProviderFailedError")
    assert ended(tail) == []


def test_an_open_call_is_given_when_it_is_closed(database: LedgerDatabase) -> None:
    tail = tail_of(database)
    add_call(database, model="slow", outcome="open")
    add_call(database, model="quick")
    assert [one.model for one in ended(tail)] == ["quick"]
    assert tail.under_way == Counter({("p", "slow"): 1})
    close_call(database, numbers(database)[0], "answered")
    assert [one.model for one in ended(tail)] == ["slow"]
    assert tail.under_way == Counter()


def test_a_call_whose_process_died_is_lost_after_a_while(database: LedgerDatabase) -> None:
    add_call(database, outcome="open")
    add_call(database, outcome="expired")
    assert ended(tail_of(database, NOON + timedelta(hours=1, minutes=59))) == []
    late = tail_of(database, NOON + timedelta(hours=2, minutes=1))
    assert [one.outcome for one in ended(late)] == ["lost", "lost"]
    close_call(database, numbers(database)[0], "answered")
    assert ended(late) == []


def test_looks_after_providers_are_left_out(database: LedgerDatabase) -> None:
    tail = tail_of(database)
    add_call(database, stage=HEALTH_STAGE)
    add_call(database, stage=HEALTH_STAGE, outcome="open")
    assert ended(tail) == []
    assert tail.under_way == Counter()


def test_a_call_that_becomes_visible_late_is_not_missed(database: LedgerDatabase) -> None:
    """PostgreSQL gives numbers before it commits."""
    add_call(database, model="one")
    tail = tail_of(database)
    ended(tail)
    add_call(database, model="late")
    add_call(database, model="early")
    with database.writing() as connection:
        hidden, *_ = connection.execute(select(calls).where(calls.c.model == "late")).mappings()
        row = dict(hidden)
        connection.execute(calls.delete().where(calls.c.id == row["id"]))
    assert [one.model for one in ended(tail)] == ["early"]
    with database.writing() as connection:
        connection.execute(insert(calls).values(row))
    assert [one.model for one in ended(tail)] == ["late"]
    assert ended(tail) == []


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(
        st.sampled_from(["answered", "open", "failed", "health", "close", "read"]), max_size=25
    ),
    chunk=st.integers(1, 4),
    overlap=st.integers(1, 5),
)
def test_however_it_is_read_each_ended_call_is_given_exactly_once(
    tmp_path_factory: pytest.TempPathFactory, steps: list[str], chunk: int, overlap: int
) -> None:
    database = LedgerDatabase(f"sqlite:///{tmp_path_factory.mktemp('tail')}/ledger.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_tail, "CHUNK", chunk)
        patch.setattr(ledger_tail, "OVERLAP", overlap)
        tail = tail_of(database)
        given_out: list[str] = []
        opened: list[int] = []
        expected = 0
        for number, step in enumerate(steps):
            if step == "read":
                given_out += [one.model for one in ended(tail)]
            elif step == "close":
                if opened:
                    close_call(database, opened.pop(), "answered")
                    expected += 1
            elif step == "health":
                add_call(database, stage=HEALTH_STAGE)
            else:
                add_call(database, model=f"m{number}", outcome=step)
                if step == "open":
                    opened.append(numbers(database)[-1])
                else:
                    expected += 1
        given_out += [one.model for one in ended(tail)]
    database.close()
    assert len(given_out) == len(set(given_out)) == expected
    assert sum(tail.under_way.values()) == len(opened)


def test_reading_waits_for_no_writer_and_keeps_none_waiting(
    database: LedgerDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_call(database)
    add_call(database)
    with database.writing() as connection:  # on SQLite it has the only turn to write
        connection.execute(update(calls).values(error="being written"))
        assert len(ended(tail_of(database))) == 2
    monkeypatch.setattr(ledger_tail, "CHUNK", 1)
    half_read = tail_of(database).read()
    assert len(next(half_read)) == 1
    add_call(database)
    assert sum(map(len, half_read)) == 2


async def test_calls_that_are_really_made_are_followed(url: str, database: LedgerDatabase) -> None:
    ledger = UsageLedger(url)
    tail = LedgerTail(database)
    number = await reserve(ledger, call())
    assert ended(tail) == []
    assert sum(tail.under_way.values()) == 1
    await ledger.settle(number, outcome="refused", error_class="RequestRefusedError")
    (one,) = ended(tail)
    assert (one.build_id, one.user, one.outcome) == ("b-1", "ann", "refused")
    ledger.close()


def test_spending_is_read_from_the_running_totals(database: LedgerDatabase) -> None:
    add_call(database, build_id="b-1")
    spending = LedgerSpending(database)
    with database.writing() as connection:
        for user, cost in (("a", 1), ("b", 2)):
            connection.execute(
                insert(user_months).values(
                    user=user,
                    month="2026-11",
                    cost_nanodollars=cost * 10**9,
                    reserved_nanodollars=5 * 10**8,
                )
            )
    assert [build.build_id for build in spending.of_builds(["b-1", "gone"])] == ["b-1"]
    assert spending.of_builds([]) == []
    months = spending.of_users("2026-11")
    assert [(one.user, one.cost_usd, one.reserved_usd) for one in months] == [
        ("b", 2, 0.5),
        ("a", 1, 0.5),
    ]
    assert spending.of_users(f"{datetime.now(UTC):%Y}-00") == []
