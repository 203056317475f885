"""Transactions on the call ledger's database: SQLite when embedded, PostgreSQL when deployed."""

import sqlite3
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.pool import ConnectionPoolEntry

from core.errors import ConfigurationError, StorageError
from providers.storage.ledger_tables import metadata

BUSY_SECONDS = 60.0
"""How long a writer waits for its turn; a transaction takes milliseconds."""

_BUSY_PAUSE_SECONDS = 0.01
_WRITES = "ledger_writes"
_IN_MEMORY = {None, "", ":memory:"}


class LedgerDatabase:
    """The ledger's database, created where there is none.

    Nothing is opened before the first transaction. All methods block, and may be called from any
    number of threads.

    Args:
        url: SQLAlchemy URL, for example `sqlite:////var/lib/app-builder/ledger.db`.

    Raises:
        ConfigurationError: the URL cannot be used, its driver is not installed, or the database
            would be in memory, where it survives nothing.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine_of(url)
        self._writing = self._engine.execution_options(**{_WRITES: True})
        self._lock = threading.Lock()
        self._is_ready = False

    @property
    def name(self) -> str:
        """The URL, without the password."""
        return self._engine.url.render_as_string(hide_password=True)

    @contextmanager
    def reading(self) -> Generator[Connection, None, None]:
        """A transaction that only reads; a database that fails raises `StorageError`."""
        with self._failures():
            self._prepare()
            with self._engine.begin() as connection:
                yield connection

    @contextmanager
    def writing(self) -> Generator[Connection, None, None]:
        """A transaction that may write, committed unless the block raises.

        On SQLite no other writer gets in while it is open. A database that fails, or on which it
        is never this writer's turn, raises `StorageError`.
        """
        with self._failures():
            self._prepare()
            with self._writing.begin() as connection:
                yield connection

    def close(self) -> None:
        """Close every connection; a later transaction opens new ones."""
        self._engine.dispose()

    def _prepare(self) -> None:
        with self._lock:
            if self._is_ready:
                return
            url = self._engine.url
            if url.get_backend_name() == "sqlite" and url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            try:
                self._create_tables()
            except (IntegrityError, ProgrammingError):
                # PostgreSQL lets two processes begin this, and lets the one fail once the other
                # has done all of it.
                self._create_tables()
            self._is_ready = True

    def _create_tables(self) -> None:
        with self._writing.begin() as connection:
            metadata.create_all(connection)

    @contextmanager
    def _failures(self) -> Generator[None, None, None]:
        try:
            yield
        except (SQLAlchemyError, OSError) as error:
            # The driver's first line says it; the rest are statements and their values.
            cause = error.orig if isinstance(error, DBAPIError) else error
            reason = str(cause).partition("\n")[0]
            raise StorageError(f"call ledger {self.name}: {reason}") from error


def _engine_of(url: str) -> Engine:
    try:
        parsed = make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        engine = create_engine(
            parsed,
            connect_args={"timeout": BUSY_SECONDS} if is_sqlite else {},
        )
    except (ArgumentError, ImportError) as error:
        raise ConfigurationError(
            f"call ledger: its URL cannot be used ({error}); "
            "it looks like sqlite:////var/lib/app-builder/ledger.db"
        ) from error
    if is_sqlite:
        if parsed.database in _IN_MEMORY:
            raise ConfigurationError(
                f"call ledger {url!r}: a database in memory survives nothing; "
                "name a file, for example sqlite:////var/lib/app-builder/ledger.db"
            )
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Python's driver would begin transactions at moments of its own choosing.
    connection.isolation_level = None
    _use_wal(connection)
    connection.execute("PRAGMA foreign_keys = ON").close()


def _use_wal(connection: sqlite3.Connection) -> None:
    """Let readers and a writer work side by side; the file remembers it.

    SQLite does not wait its busy time when several connections switch a new file at once, so the
    waiting is done here.
    """
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_BUSY_PAUSE_SECONDS)
        else:
            return


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins as a reader and then writes fails at once if another has written
    # in between; one that begins as the writer waits for its turn.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
