"""SQLite's driver must do with each statement what SQLAlchemy does with it."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, bindparam, create_engine, insert, select, tuple_, update

from providers.storage import ledger_statements
from providers.storage.ledger_statements import (
    CoreStatements,
    DriverStatements,
    StatementForms,
    Statements,
)
from providers.storage.ledger_tables import builds, calls, metadata, user_months

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BY_ID = (
    select(calls.c.id, calls.c.user, calls.c.started_at, calls.c.finished_at)
    .where(calls.c.id.in_(bindparam("ids", expanding=True)))
    .order_by(calls.c.id)
)
OPEN_SINCE = select(calls.c.id).where(
    calls.c.outcome == "open", calls.c.started_at >= bindparam("since")
)
MONTHS = (
    select(user_months.c.user, user_months.c.month)
    .where(tuple_(user_months.c.user, user_months.c.month).in_(bindparam("keys", expanding=True)))
    .order_by(user_months.c.user)
)
CLOSE = (
    update(calls)
    .where(calls.c.id == bindparam("number"))
    .values(finished_at=bindparam("at"), outcome="answered")
)
OPEN = insert(calls).returning(calls.c.id, sort_by_parameter_order=True)


def row(user: str, at: datetime) -> dict[str, Any]:
    return {
        "build_id": "b",
        "project_id": "p",
        "user": user,
        "stage": "3",
        "template": "",
        "file": None,
        "provider": "demo",
        "model": "m",
        "prompt_digest": "",
        "outcome": "open",
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_nanodollars": 0,
        "reserved_nanodollars": 1,
        "latency_microseconds": 0,
        "error_class": "",
        "error": "",
        "started_at": at,
        "expires_at": at + timedelta(minutes=1),
    }


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = create_engine(f"sqlite:///{tmp_path}/ledger.db")
    metadata.create_all(engine)
    with engine.begin() as connection:
        connection.execute(insert(builds), [{"build_id": "b"}])
        keys = [{"user": user, "month": "2026-11"} for user in ("ann", "bob", "cy")]
        connection.execute(insert(user_months), keys)
    yield engine
    engine.dispose()


@pytest.fixture(params=["core", "driver"])
def statements(request: pytest.FixtureRequest, engine: Engine) -> Iterator[Statements]:
    if request.param == "core":
        with engine.begin() as connection:
            yield CoreStatements(connection)
        return
    connection = sqlite3.connect(engine.url.database or "")
    yield DriverStatements(connection, StatementForms(engine.dialect))
    connection.close()


def found(statements: Statements, query: Any, **parameters: Any) -> list[tuple[Any, ...]]:
    return [tuple(each) for each in statements.rows(query, parameters)]


def test_rows_are_put_down_changed_and_found_by_their_numbers(statements: Statements) -> None:
    ahead = NOON.astimezone(timezone(timedelta(hours=2)))
    assert statements.insert(OPEN, [row("ann", NOON), row("bob", ahead)]) == [1, 2]
    assert statements.insert(OPEN, [row("cy", NOON)]) == [3]
    late = NOON + timedelta(microseconds=1)
    statements.change(CLOSE, [{"number": 1, "at": late}, {"number": 3, "at": NOON}])
    assert found(statements, BY_ID, ids=[1]) == [(1, "ann", NOON, late)]
    assert found(statements, BY_ID, ids=[3, 2, 9]) == [
        (2, "bob", NOON, None),
        (3, "cy", NOON, NOON),
    ]
    assert found(statements, OPEN_SINCE, since=NOON) == [(2,)]
    assert found(statements, OPEN_SINCE, since=late) == []


def test_keys_of_several_columns_are_found(statements: Statements) -> None:
    keys = [("cy", "2026-11"), ("ann", "2026-11"), ("ann", "2026-12")]
    assert found(statements, MONTHS, keys=keys) == [("ann", "2026-11"), ("cy", "2026-11")]
    assert found(statements, MONTHS, keys=keys[2:]) == []


def test_what_the_tables_refuse_is_refused(engine: Engine) -> None:
    connection = sqlite3.connect(engine.url.database or "")
    statements = DriverStatements(connection, StatementForms(engine.dialect))
    with pytest.raises(sqlite3.IntegrityError, match="calls_outcome"):
        statements.insert(OPEN, [{**row("ann", NOON), "outcome": "lost"}])
    connection.close()


def test_no_more_forms_are_kept_than_are_useful(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_statements, "_MOST_FORMS", 3)
    forms = StatementForms(engine.dialect)
    texts = [forms.of_query(BY_ID, {"ids": [0] * size}).text.count("?") for size in range(1, 9)]
    assert texts == list(range(1, 9))
    again = forms.of_query(BY_ID, {"ids": [1] * 8})
    assert again is forms.of_query(BY_ID, {"ids": [2] * 8})
