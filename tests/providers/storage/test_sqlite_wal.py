"""Files of SQLite that several connections switch to their log."""

import sqlite3
from pathlib import Path

import pytest

from providers.storage.sqlite_wal import use_wal


class BusyConnection(sqlite3.Connection):
    """Is told so many times that others are busy, as SQLite tells it."""

    def __init__(self, file: Path, code: int, times: int) -> None:
        super().__init__(file, isolation_level=None)
        self.code, self.times = code, times

    def execute(self, *given: str) -> sqlite3.Cursor:  # pyright: ignore[reportIncompatibleMethodOverride] -- as it is called
        if self.times:
            self.times -= 1
            error = sqlite3.OperationalError("database is locked")
            error.sqlite_errorcode = self.code
            raise error
        return super().execute(*given)


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_BUSY_RECOVERY])
def test_others_are_waited_for_whatever_they_are_busy_with(tmp_path: Path, code: int) -> None:
    connection = BusyConnection(tmp_path / "file.db", code, times=3)
    use_wal(connection, busy_seconds=60)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


@pytest.mark.parametrize("code", [sqlite3.SQLITE_BUSY, sqlite3.SQLITE_READONLY])
def test_who_is_busy_for_longer_and_every_other_failure_is_raised(
    tmp_path: Path, code: int
) -> None:
    connection = BusyConnection(tmp_path / "file.db", code, times=1_000_000)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        use_wal(connection, busy_seconds=0.01 if code == sqlite3.SQLITE_BUSY else 60)
    connection.close()
