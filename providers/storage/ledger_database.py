"""Transactions on the usage ledger's database: SQLite when embedded, PostgreSQL when deployed.

SQLite writes ahead (WAL) and hands commits to the system without waiting for the disk
(`synchronous = NORMAL`): whatever kills a process, no commit is lost and the file stays whole. A
power cut may take back the last seconds of records, as it may take the answers they paid for;
a disk flush for every commit would cost each call more than all the rest of the ledger. Where even
that must not happen, the ledger belongs in PostgreSQL, which flushes.
"""

import logging
import sqlite3
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import cast
from urllib.parse import unquote

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, PoolProxiedConnection, QueuePool

from core.errors import ConfigurationError, StorageError
from providers.storage.ledger_statements import DriverStatements, StatementForms
from providers.storage.migrations.upgrade import is_current, upgrade
from providers.storage.sqlite_wal import use_wal

BUSY_SECONDS = 60.0
"""How long a writer waits for its turn; a transaction takes milliseconds."""

_WRITES = "ledger_writes"
_IN_MEMORY = {None, "", ":memory:"}
_CONNECTION: Mapping[str, int] = {
    "connect_timeout": 10,
    # A machine that is gone, or a cut network, is noticed within about a minute, not within hours.
    "keepalives_idle": 20,
    "keepalives_interval": 10,
    "keepalives_count": 4,
    "tcp_user_timeout": 60_000,
}
"""Of libpq, in seconds, the last in milliseconds; what the ledger's URL says comes first."""

_log = logging.getLogger(__name__)


class LedgerDatabase:
    """The ledger's database, created where there is none and migrated where it is older.

    Nothing is opened before the first transaction. All methods block, and may be called from any
    number of threads.

    Args:
        url: SQLAlchemy URL, `sqlite:////var/lib/app-builder/ledger.db` or
            `postgresql+psycopg://user@host/name`.

    Raises:
        ConfigurationError: the URL cannot be used, its driver is not installed, or the database
            would be in memory, where it survives nothing. Later, from the first transaction: a
            newer release made the tables.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine_of(url)
        self._writing = self._engine.execution_options(**{_WRITES: True})
        self._snapshots = self._engine
        if self._engine.dialect.name == "postgresql":  # SQLite's transactions are so by nature
            self._snapshots = self._engine.execution_options(isolation_level="REPEATABLE READ")
        self._at_once = (
            _sqlite_engine(self._engine.url, waits=False) if self.commits_at_once else None
        )
        self._idle: list[PoolProxiedConnection] = []
        self._forms = StatementForms(self._engine.dialect)
        self._lock = threading.Lock()
        self._is_ready = False

    @property
    def commits_at_once(self) -> bool:
        """Whether there are transactions that wait for nothing; see `writing_at_once`."""
        return self._engine.dialect.name == "sqlite"

    @cached_property
    def name(self) -> str:
        """The URL, without the password and without options, which may hold one too."""
        return self._engine.url.set(query={}).render_as_string(hide_password=True)

    def is_readable(self) -> bool:
        """Whether it is there and has the tables of this release; changes nothing to find out.

        Ask before reading where no ledger may be made or migrated. A database that fails raises
        `StorageError`.
        """
        url = self._engine.url
        is_file = url.get_backend_name() == "sqlite"
        if is_file and not Path(url.database or "").exists():
            return False
        # A connection that is set up for the ledger would change what kind of file it is.
        engine = create_engine(url) if is_file else self._engine
        with self._failures():
            try:
                with engine.connect() as connection:
                    return is_current(connection)
            finally:
                if is_file:
                    engine.dispose()

    @contextmanager
    def reading(self) -> Generator[Connection, None, None]:
        """A transaction that only reads, and sees the database as it was at its first query.

        A database that fails raises `StorageError`.
        """
        with self._failures():
            self._prepare()
            with self._snapshots.begin() as connection:
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

    @contextmanager
    def writing_at_once(self) -> Generator[DriverStatements | None, None, None]:
        """A transaction that may write and waits for nothing, for use in an event loop.

        It is committed unless the block raises. Gives `None` where the database is not open yet,
        another writes just now, or a commit has to wait for a server. What is committed is brought
        into the database's file by `checkpoint`, which has to be called now and then. A database
        that fails raises `StorageError`.
        """
        if self._at_once is None or not self._is_ready:
            yield None
            return
        with self._failures(), self._idle_connection(self._at_once) as connection:
            if not _has_begun(connection):
                yield None
                return
            yield DriverStatements(connection, self._forms)
            connection.execute("COMMIT").close()

    @contextmanager
    def _idle_connection(self, engine: Engine) -> Generator[sqlite3.Connection, None, None]:
        """A connection that nobody else uses; one with which something went wrong is closed."""
        try:
            pooled = self._idle.pop()
        except IndexError:
            pooled = engine.raw_connection()
        try:
            yield cast("sqlite3.Connection", pooled.driver_connection)
        except BaseException:
            pooled.invalidate()  # and its transaction is rolled back
            raise
        self._idle.append(pooled)

    def checkpoint(self) -> None:
        """Bring what was committed at once into the database's file; it waits for the disk.

        Should this fail, the log grows until the next time.
        """
        try:
            with self._engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(PASSIVE)")
        except SQLAlchemyError as error:
            _log.warning("usage ledger %s: its log was not brought in: %s", self.name, error)

    def close(self) -> None:
        """Close every connection; a later transaction opens new ones."""
        self._engine.dispose()
        while self._idle:
            self._idle.pop().close()

    def _prepare(self) -> None:
        with self._lock:
            if self._is_ready:
                return
            url = self._engine.url
            if url.get_backend_name() == "sqlite" and url.database:
                Path(url.database).parent.mkdir(parents=True, exist_ok=True)
            with self._engine.begin() as connection:
                current = is_current(connection)
            if not current:
                with self._writing.begin() as connection:
                    upgrade(connection, self.name)
            self._is_ready = True

    @contextmanager
    def _failures(self) -> Generator[None, None, None]:
        try:
            yield
        except (SQLAlchemyError, sqlite3.Error, OSError, OverflowError) as error:
            # The driver's first line says it; the rest are statements and their values.
            cause = error.orig if isinstance(error, DBAPIError) else error
            reason = _without_passwords(str(cause).partition("\n")[0], self._engine.url)
            raise StorageError(f"usage ledger {self.name}: {reason}") from error


def _engine_of(url: str) -> Engine:
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
        if kind == "sqlite" and parsed.database:  # SQLAlchemy takes a path as it stands in the URL
            parsed = parsed.set(database=unquote(parsed.database))
        if kind not in _SET_UP:
            raise _unusable(f"{kind} is neither sqlite nor postgresql")
        if kind == "sqlite" and parsed.database in _IN_MEMORY:
            raise ConfigurationError(
                f"usage ledger {url!r}: a database in memory survives nothing; "
                "name a file, for example sqlite:////var/lib/app-builder/ledger.db"
            )
        return _SET_UP[kind](parsed)
    except (ArgumentError, ImportError) as error:
        raise _unusable(str(error)) from error
    except ValueError:  # its text would show a part of the URL, and the cause with it
        raise _unusable("its port is not a number") from None


def _sqlite_engine(url: URL, *, waits: bool = True) -> Engine:
    engine = create_engine(
        url,
        connect_args={"timeout": BUSY_SECONDS if waits else 0},
        poolclass=QueuePool if waits else NullPool,
    )
    event.listen(engine, "connect", _set_up_sqlite)
    if not waits:
        event.listen(engine, "connect", _leave_log_alone)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _has_begun(connection: sqlite3.Connection) -> bool:
    """Begin to write; `False` where another connection writes just now."""
    try:
        connection.execute("BEGIN IMMEDIATE").close()
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return False
        raise
    return True


def _postgresql_engine(url: URL) -> Engine:
    asked = {name: value for name, value in _CONNECTION.items() if name not in url.query}
    # The ping notices a server that was restarted before a transaction, not by its failure.
    engine = create_engine(url, connect_args=asked, pool_pre_ping=True)
    event.listen(engine, "connect", _set_up_postgresql)
    return engine


_SET_UP: dict[str, Callable[[URL], Engine]] = {
    "sqlite": _sqlite_engine,
    "postgresql": _postgresql_engine,
}


def _unusable(reason: str) -> ConfigurationError:
    return ConfigurationError(
        f"usage ledger: its URL cannot be used ({reason}); it looks like "
        "sqlite:////var/lib/app-builder/ledger.db or postgresql+psycopg://user@host/name; "
        "correct APP_BUILDER_LEDGER_URL"
    )


def _without_passwords(reason: str, url: URL) -> str:
    """A driver's message, should it quote what it was connected with."""
    secrets = [url.password, *(url.normalized_query.get("password", ()))]
    for secret in filter(None, secrets):
        reason = reason.replace(str(secret), "***")
    return reason


def _set_up_sqlite(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # Python's driver would begin transactions at moments of its own choosing.
    connection.isolation_level = None
    use_wal(connection, busy_seconds=BUSY_SECONDS)
    connection.execute("PRAGMA synchronous = NORMAL").close()
    connection.execute("PRAGMA foreign_keys = ON").close()


def _leave_log_alone(connection: sqlite3.Connection, _entry: ConnectionPoolEntry) -> None:
    # To bring the log into the file, a commit now and then would wait for the disk.
    connection.execute("PRAGMA wal_autocheckpoint = 0").close()


def _set_up_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {round(BUSY_SECONDS * 1_000)}")
    cursor.close()
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that begins as a reader and then writes fails at once if another has written
    # in between; one that begins as the writer waits for its turn.
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
