"""Rate limits that the processes of one machine share, in an SQLite file."""

import sqlite3
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.errors import StorageError
from providers.llm.rate_line import Refusal, Waiter
from providers.llm.rate_window import Window
from providers.storage.sqlite_wal import use_wal

BUSY_SECONDS = 60.0
"""How long a turn waits for those of other processes; one takes about a millisecond."""


_TABLES = (
    """
    CREATE TABLE IF NOT EXISTS used (
        place TEXT PRIMARY KEY, units INTEGER NOT NULL
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS taken (
        place TEXT NOT NULL, at INTEGER NOT NULL, permit TEXT NOT NULL, units INTEGER NOT NULL,
        PRIMARY KEY (place, at, permit)
    ) WITHOUT ROWID
    """,
    """
    CREATE TABLE IF NOT EXISTS waiting (
        place TEXT NOT NULL, holder TEXT NOT NULL, since INTEGER NOT NULL, units INTEGER NOT NULL,
        until INTEGER NOT NULL, PRIMARY KEY (place, holder)
    ) WITHOUT ROWID
    """,
)


def milliseconds_since_boot() -> int:
    """A clock that all processes of the machine share and nobody can set.

    It begins anew when the machine starts; what was taken before then looks as if it came from
    the future, and counts as taken now.
    """
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000


class SqliteStore:
    """The file, and the turns processes take at it.

    It is made on the first turn, also by many processes at once. All methods block, and are
    called by one thread at a time.

    Args:
        file: the SQLite file.
        window: how long what was taken counts.
        holder: names this limiter among those that share the file.
        clock: time in milliseconds, the same for all of them.
    """

    def __init__(
        self,
        file: Path,
        window: Window,
        holder: str,
        clock: Callable[[], int] = milliseconds_since_boot,
    ) -> None:
        self._file = file
        self._window = window
        self._holder = holder
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._no_future: set[str] = set()
        self._latest = 0

    @contextmanager
    def turn(self) -> Generator["SqliteTurn", None, None]:
        """A transaction: no other process takes anything meanwhile.

        Raises:
            StorageError: the file cannot be used, or it is never this process's turn.
        """
        with self._turn(self._open) as turn:
            yield turn

    @contextmanager
    def turn_at_once(self) -> Generator["SqliteTurn | None", None, None]:
        """A turn that waits for nothing; `None` before the first turn, or where another has one.

        Nothing is brought to the disk at once, so it takes a fraction of a millisecond.

        Raises:
            StorageError: the file cannot be used.
        """
        connection = self._connection
        if connection is None or not self._began(connection):
            yield None
            return
        with self._turn(lambda: connection) as turn:
            yield turn

    def _began(self, connection: sqlite3.Connection) -> bool:
        try:
            connection.execute("BEGIN IMMEDIATE").close()
        except sqlite3.OperationalError:
            return False  # whatever it is, a turn that waits tells
        return True

    @contextmanager
    def _turn(self, open_: Callable[[], sqlite3.Connection]) -> Generator["SqliteTurn", None, None]:
        try:
            connection = open_()
            if not connection.in_transaction:
                _begin_in_time(connection)
            try:
                # The time is read in the turn, so that no row is later than the next turn's.
                turn = SqliteTurn(
                    connection, self._window, self._holder, self._now(), self._no_future
                )
                yield turn
                turn.finish()
                connection.execute("COMMIT").close()
            finally:
                if connection.in_transaction:
                    self._no_future.clear()
                    connection.execute("ROLLBACK").close()
        except (sqlite3.Error, OSError) as error:
            self.close()
            raise StorageError(
                f"rate limits: {str(self._file)!r} cannot be used: {error}; if the file is "
                "damaged delete it, for it holds nothing but the last minute"
            ) from error

    def _now(self) -> int:
        now = self._clock()
        if now < self._latest:  # it was set back: what was taken before is in the future now
            self._no_future.clear()
        self._latest = now
        return now

    def close(self) -> None:
        """Close the connection; a later turn opens a new one."""
        self._no_future.clear()
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(
                self._file, timeout=0, isolation_level=None, check_same_thread=False
            )
            self._connection = connection
            use_wal(connection, busy_seconds=BUSY_SECONDS)
            # A power cut may lose the last rows, and it makes the minute begin anew anyway.
            connection.execute("PRAGMA synchronous = OFF").close()
            _begin_in_time(connection)
            for statement in _TABLES:
                connection.execute(statement).close()
            connection.execute("COMMIT").close()
        return self._connection


def _begin_in_time(connection: sqlite3.Connection) -> None:
    """Begin to write, when it is this connection's turn."""
    connection.execute(f"PRAGMA busy_timeout = {round(BUSY_SECONDS * 1_000)}").close()
    try:
        connection.execute("BEGIN IMMEDIATE").close()
    finally:
        connection.execute("PRAGMA busy_timeout = 0").close()


class SqliteTurn:
    """One transaction; see `Turn`. What it has read once it keeps, for nobody else writes.

    Args:
        connection: in a transaction.
        window: how long what was taken counts.
        holder: names the limiter.
        now: the time in milliseconds.
        no_future: places in which nothing was taken later than now; added to.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        window: Window,
        holder: str,
        now: int,
        no_future: set[str],
    ) -> None:
        self._connection = connection
        self._window = window
        self._holder = holder
        self._now = now
        self._no_future = no_future
        self._used: dict[str, int] = {}
        self._others = self._waiting_elsewhere()

    def take(self, waiter: Waiter, kept: Mapping[str, int]) -> Refusal | None:
        """Take all places of a call, or none of them."""
        since = self._since(waiter)
        waits: dict[str, float] = {}
        for place in waiter.places:
            before = kept.get(place.key, 0) + self._kept_elsewhere(place.key, since)
            used = self._used_at(place.key)
            wait = self._window.wait(
                place.most,
                used,
                place.units + before,
                self._now,
                lambda later, key=place.key, used=used: self._taken_at(key, used - later),
            )
            if wait is not None:
                waits[place.key] = wait
        if waits:
            return Refusal(frozenset(waits), max(waits.values()))
        rows = [(place.key, self._now, waiter.permit, place.units) for place in waiter.places]
        self._connection.executemany("INSERT INTO taken VALUES (?, ?, ?, ?)", rows)
        for place in waiter.places:
            self._used[place.key] += place.units
        return None

    def give_back(self, waiter: Waiter) -> None:
        """Forget what was taken for a call that will not be made."""
        for place in waiter.places:
            used = self._used_at(place.key)
            given = self._connection.execute(
                "DELETE FROM taken WHERE place = ? AND permit = ? RETURNING units",
                (place.key, waiter.permit),
            ).fetchall()
            self._used[place.key] = used - sum(units for (units,) in given)

    def announce(self, first: Mapping[str, Waiter]) -> None:
        """Say to other processes which call is the first to wait at each key."""
        self._connection.execute("DELETE FROM waiting WHERE holder = ?", (self._holder,))
        until = self._now + self._window.lease_milliseconds
        rows = [
            (key, self._holder, self._since(waiter), waiter.units_at(key), until)
            for key, waiter in first.items()
        ]
        self._connection.executemany("INSERT INTO waiting VALUES (?, ?, ?, ?, ?)", rows)

    def finish(self) -> None:
        """Write down what is used by now."""
        self._connection.executemany(
            "INSERT INTO used VALUES (?, ?) ON CONFLICT DO UPDATE SET units = excluded.units",
            self._used.items(),
        )

    def _since(self, waiter: Waiter) -> int:
        if waiter.since is None:
            waiter.since = self._now - waiter.age
        return min(waiter.since, self._now)

    def _waiting_elsewhere(self) -> list[tuple[str, tuple[int, str], int]]:
        # A process that was killed says nothing any more; a lease that ends later than any could
        # is from before the machine started.
        ends = (self._now, self._now + self._window.lease_milliseconds)
        self._connection.execute("DELETE FROM waiting WHERE until NOT BETWEEN ? AND ?", ends)
        rows = self._connection.execute(
            "SELECT place, min(since, ?), holder, units FROM waiting WHERE holder <> ?",
            (self._now, self._holder),
        )
        return [(place, (since, holder), units) for place, since, holder, units in rows]

    def _kept_elsewhere(self, key: str, since: int) -> int:
        mine = (since, self._holder)
        return sum(units for place, order, units in self._others if place == key and order < mine)

    def _used_at(self, key: str) -> int:
        if key in self._used:
            return self._used[key]
        run = self._connection.execute
        if key not in self._no_future:
            run("UPDATE taken SET at = ? WHERE place = ? AND at > ?", (self._now, key, self._now))
            self._no_future.add(key)
        expired = run(
            "DELETE FROM taken WHERE place = ? AND at < ? RETURNING units",
            (key, self._now - self._window.milliseconds),
        ).fetchall()
        row = run("SELECT units FROM used WHERE place = ?", (key,)).fetchone()
        used = (row[0] if row else 0) - sum(units for (units,) in expired)
        self._used[key] = used
        return used

    def _taken_at(self, key: str, unit: int) -> int | None:
        """When the unit of this number was taken; the oldest that counts is number 1."""
        passed = 0
        rows = self._connection.execute(
            "SELECT at, units FROM taken WHERE place = ? ORDER BY at, permit", (key,)
        )
        for at, units in rows:
            passed += units
            if passed >= unit:
                return at
        return None
