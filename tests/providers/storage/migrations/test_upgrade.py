"""Tables come to the same state whatever made them, whoever comes first, or are refused."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations

from core.errors import ConfigurationError, StorageError
from providers.storage.calls import CallOutcome
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import metadata
from providers.storage.migrations.upgrade import HEAD, VERSION_TABLE
from providers.storage.migrations.versions import r0001_calls
from tests.providers.storage.ledgers import (
    call,
    check_totals,
    reserve,
    spent,
    spent_by_user,
)

OLD_CALLS = """
INSERT INTO calls (build_id, project_id, "user", stage, file, provider, model, outcome,
    input_tokens, output_tokens, cost_usd, latency_seconds, error_class, started_at, finished_at)
VALUES (:build, 'shop', 'ann', '7', 'a.py', 'demo', 'demo-1', :outcome,
    :tokens, :tokens, :cost, 1.5 * :tokens, '', :start, :end)
"""


@pytest.fixture
def engine(url: str) -> Iterator[sa.Engine]:
    """The database itself, beside the ledger."""
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def older(engine: sa.Engine) -> sa.Engine:
    """A database with the tables and calls of a release without migrations."""
    november, december = (
        datetime(2026, 11, 30, 23, 59, tzinfo=UTC),
        datetime(2026, 12, 1, tzinfo=UTC),
    )
    rows: list[dict[str, Any]] = [
        _old_call("b-1", "answered", 0.1, november, december),
        _old_call("b-1", "answered", 0.2, december, december),
        _old_call("b-2", "open", 0.0, december, None),
    ]
    moments = [sa.bindparam(name, type_=sa.DateTime(timezone=True)) for name in ("start", "end")]
    with engine.begin() as connection:
        with Operations.context(MigrationContext.configure(connection)):
            r0001_calls.upgrade()
        connection.execute(sa.text("INSERT INTO builds VALUES ('b-1'), ('b-2'), ('b-3')"))
        connection.execute(sa.text(OLD_CALLS).bindparams(*moments), rows)
    return engine


def _old_call(
    build: str, outcome: str, cost: float, start: datetime, end: datetime | None
) -> dict[str, Any]:
    tokens = 0 if end is None else 1
    return {
        "build": build,
        "outcome": outcome,
        "cost": cost,
        "tokens": tokens,
        "start": start,
        "end": end,
    }


def first_use(url: str) -> None:
    database = LedgerDatabase(url)
    try:
        with database.reading():
            pass
    finally:
        database.close()


def revision(engine: sa.Engine) -> str:
    with engine.connect() as connection:
        return connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one()


def differences(engine: sa.Engine) -> list[Any]:
    with engine.connect() as connection:
        # Of an empty text as default alembic thinks on SQLite that it is another one.
        defaults = engine.dialect.name == "postgresql"
        options = {"version_table": VERSION_TABLE, "compare_server_default": defaults}
        context = MigrationContext.configure(connection, opts=options)
        return compare_metadata(context, metadata)


def checks(engine: sa.Engine) -> dict[str, str]:
    """The check constraints of `calls`, which alembic does not compare."""
    found = sa.inspect(engine).get_check_constraints("calls")
    return {str(check["name"]): check["sqltext"] for check in found}


def test_a_new_database_gets_the_tables_that_the_code_works_with(
    url: str, engine: sa.Engine
) -> None:
    first_use(url)
    assert revision(engine) == HEAD
    assert differences(engine) == []
    migrated = checks(engine)
    with engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
    assert checks(engine) == migrated
    (partial,) = [i for i in sa.inspect(engine).get_indexes("calls") if i["name"] == "calls_open"]
    assert "_where" in str(partial.get("dialect_options"))


async def test_a_ledger_of_a_release_without_migrations_is_adopted(
    url: str, older: sa.Engine
) -> None:
    ledger = UsageLedger(url)
    first, second = await ledger.calls("b-1")
    assert (first.cost_usd, first.latency_seconds, first.file) == (Decimal("0.1"), 1.5, "a.py")
    assert first.started_at == datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
    assert second.finished_at == datetime(2026, 12, 1, tzinfo=UTC)
    assert await spent(ledger, "b-1") == Decimal("0.3")
    assert spent_by_user(url, "ann", f"{first.started_at:%Y-%m}") == Decimal("0.1")
    assert (await ledger.totals("b-3")).calls == 0
    (known,) = await ledger.recent_outcomes(datetime(2026, 1, 1, tzinfo=UTC))
    assert (known.last_success, known.failures) == (second.finished_at, 0)
    (left_open,) = await ledger.calls("b-2")
    assert left_open.outcome is CallOutcome.OPEN
    assert await reserve(ledger, call(build_id="b-3")) > left_open.id
    await ledger.settle(left_open.id, outcome="answered", cost_usd=Decimal("0.4"))
    ledger.close()
    check_totals(url)
    assert revision(older) == HEAD
    assert differences(older) == []


def test_an_empty_older_ledger_is_adopted(url: str, older: sa.Engine) -> None:
    with older.begin() as connection:
        connection.execute(sa.text("DELETE FROM calls"))
    first_use(url)
    assert revision(older) == HEAD


def test_a_ledger_of_a_newer_release_is_refused_and_left_alone(url: str, engine: sa.Engine) -> None:
    first_use(url)
    with engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {VERSION_TABLE} SET version_num = '0099'"))
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="a newer release made them") as refusal:
            first_use(url)
        assert "'0099'" in str(refusal.value)
    assert revision(engine) == "0099"


def test_tables_that_are_not_the_ledgers_are_left_as_they_were(url: str, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("CREATE TABLE calls (phone TEXT)"))
        connection.execute(sa.text("INSERT INTO calls VALUES ('911')"))
    with pytest.raises(StorageError):
        first_use(url)
    with engine.connect() as connection:
        assert connection.execute(sa.text("SELECT phone FROM calls")).scalar_one() == "911"
    assert sa.inspect(engine).get_table_names() == ["calls"]


@pytest.mark.parametrize("old", [False, True])
def test_many_may_come_first_at_once(
    url: str, engine: sa.Engine, old: bool, request: pytest.FixtureRequest
) -> None:
    if old:
        request.getfixturevalue("older")
    start = threading.Barrier(6)
    failures: list[BaseException] = []

    def come() -> None:
        start.wait()
        try:
            first_use(url)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=come) for _ in range(start.parties)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert revision(engine) == HEAD
