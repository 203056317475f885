"""Switches an SQLite file to its write-ahead log, whoever else opens it at the same time."""

import sqlite3
import time

_PAUSE_SECONDS = 0.01


def use_wal(connection: sqlite3.Connection, *, busy_seconds: float) -> None:
    """Let readers and a writer work side by side; the file remembers it.

    SQLite does not wait its busy time when several connections switch a new file at once, so the
    waiting is done here.

    Args:
        connection: to the file.
        busy_seconds: how long others are waited for.

    Raises:
        sqlite3.OperationalError: it cannot be switched, or others are busy for longer.
    """
    deadline = time.monotonic() + busy_seconds
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL").close()
        except sqlite3.OperationalError as error:
            # The lowest byte is the kind: busy also where another connection recovers the log.
            is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
            if not is_busy or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return
