"""What the plan learns from a ledger."""

import math
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from providers.storage.ledger import UsageLedger
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_observations import Account, LedgerObservations, Observations
from providers.storage.ledger_tables import builds, user_months
from providers.storage.money import nanodollars
from tests.providers.storage.ledger_calls import NOON, add_call
from tests.providers.storage.ledgers import reserve


@pytest.fixture
def database(url: str) -> Iterator[LedgerDatabase]:
    database = LedgerDatabase(url)
    yield database
    database.close()


async def test_where_there_is_no_ledger_nothing_is_known_and_none_is_made(
    tmp_path: Path,
) -> None:
    database = LedgerDatabase(f"sqlite:///{tmp_path}/ledger.db")
    ledger = LedgerObservations(database)
    assert await ledger.observations() == Observations()
    assert await ledger.account("b", "ada", NOON) == Account()
    assert os.listdir(tmp_path) == []  # noqa: PTH208 -- the loop is the test's own


async def test_means_and_deviations_of_answered_calls_are_by_template_and_model(
    database: LedgerDatabase,
) -> None:
    for tokens in (100, 200, 300):
        add_call(database, template="coder", input_tokens=tokens, output_tokens=7, seconds=2.5)
    add_call(database, template="coder", model="n", input_tokens=9)
    add_call(database, template="coder", outcome="failed", input_tokens=10**6)
    add_call(database, template="", input_tokens=1)
    found = (await LedgerObservations(database).observations()).calls
    assert set(found) == {("coder", "p", "m"), ("coder", "p", "n")}
    seen = found["coder", "p", "m"]
    assert (seen["input_tokens"].count, seen["input_tokens"].mean) == (3, 200)
    assert math.isclose(seen["input_tokens"].deviation, 100)
    assert (seen["output_tokens"].mean, seen["output_tokens"].deviation) == (7, 0)
    assert seen["seconds"].mean == 2.5
    assert found["coder", "p", "n"]["input_tokens"].deviation == 0


async def test_calls_are_counted_for_each_file_or_build(database: LedgerDatabase) -> None:
    add_call(database, template="coder", file="a.py")
    add_call(database, template="coder", file="a.py", outcome="failed")
    add_call(database, template="coder", file="b.py")
    add_call(database, template="validator", build_id="b-1")
    add_call(database, template="validator", build_id="b-2")
    units = (await LedgerObservations(database).observations()).units
    assert (units["coder"].count, units["coder"].mean) == (2, 1.5)
    assert (units["validator"].count, units["validator"].mean) == (2, 1)
    assert (await LedgerObservations(database).observations(stand_ins=("p",))).units == {}


async def test_the_account_counts_what_is_spent_and_reserved_and_the_files_answered(
    database: LedgerDatabase,
) -> None:
    add_call(database, build_id="b-1", template="coder", file="a.py", cost=Decimal(1))
    add_call(database, build_id="b-1", template="coder", file="b.py", outcome="failed")
    add_call(database, build_id="b-2", template="coder", file="c.py")
    with database.writing() as connection:
        money = {"cost_nanodollars": 5, "reserved_nanodollars": 2}
        connection.execute(update(builds).where(builds.c.build_id == "b-1").values(**money))
        connection.execute(insert(user_months).values(user="ada", month="2026-11", **money))
    account = await LedgerObservations(database).account("b-1", "ada", NOON)
    assert (account.build, account.build_reserved) == (5, 2)
    assert (account.month, account.month_reserved) == (5, 2)
    assert account.files == {"coder": frozenset({"a.py"})}
    december = NOON.replace(month=12)
    assert (await LedgerObservations(database).account("b-1", "ada", december)).month == 0


async def test_what_the_calls_of_a_dead_process_reserved_counts_until_its_time_is_over(
    ledger: UsageLedger, database: LedgerDatabase
) -> None:
    await reserve(ledger, usd="1", seconds=30)
    await reserve(ledger, usd="0.25", seconds=3_600)
    observed, now = LedgerObservations(database), datetime.now(UTC)
    before = await observed.account("b-1", "ann", now)
    after = await observed.account("b-1", "ann", now + timedelta(seconds=31))
    assert (before.build, before.build_reserved) == (0, nanodollars(Decimal("1.25")))
    assert after.build_reserved == nanodollars(Decimal("0.25"))
    if now.month == (now + timedelta(seconds=31)).month:
        assert after.month_reserved == after.build_reserved


async def test_an_older_ledger_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE calls (id INTEGER PRIMARY KEY)")
    before = file.read_bytes()
    database = LedgerDatabase(f"sqlite:///{file}")
    assert await LedgerObservations(database).observations() == Observations()
    assert await LedgerObservations(database).account("b", "ada", NOON) == Account()
    assert file.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["ledger.db"]  # noqa: ASYNC240 -- its own
