"""The database: its tables' base, its engine and the session of a request."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import StaticPool

from app.settings import database_url


class Base(DeclarativeBase):
    """Base of every table."""


def make_engine(url: str) -> Engine:
    """An engine that holds SQLite to its foreign keys; one in memory is kept for all threads."""
    in_memory = url in {"sqlite://", "sqlite:///:memory:"}
    if in_memory:
        engine = create_engine(url, poolclass=StaticPool, connect_args={"check_same_thread": False})
    else:
        engine = create_engine(url)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _with_foreign_keys)
    return engine


@cache
def get_engine() -> Engine:
    """The engine of the settings, made once."""
    return make_engine(database_url())


def create_tables() -> None:
    """Make the tables that are missing."""
    Base.metadata.create_all(get_engine())


def get_session() -> Iterator[Session]:
    """The session of one request; what was not committed is rolled back."""
    with Session(get_engine()) as session:
        yield session


def _with_foreign_keys(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()
