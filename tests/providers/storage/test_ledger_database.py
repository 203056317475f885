import sqlite3
import threading
import traceback
from pathlib import Path

import pytest
from sqlalchemy import Engine, bindparam, event, make_url, select, update

from core.errors import ConfigurationError, StorageError
from providers.storage import ledger_database
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import builds

CALLS = update(builds).where(builds.c.build_id == "b").values(calls=bindparam("number"))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "new/folder/ledger.db"


def add_build(database: LedgerDatabase, build_id: str) -> None:
    with database.writing() as connection:
        connection.execute(builds.insert().values(build_id=build_id))


def builds_in(database: LedgerDatabase) -> list[str]:
    with database.reading() as connection:
        return list(connection.scalars(select(builds.c.build_id)))


def test_nothing_is_created_before_the_first_transaction(file: Path) -> None:
    database = LedgerDatabase(f"sqlite:///{file}")
    database.close()
    assert not file.parent.exists()


def test_the_file_is_created_with_its_folder_and_kept(file: Path) -> None:
    database = LedgerDatabase(f"sqlite:///{file}")
    add_build(database, "b-1")
    database.close()
    assert builds_in(database) == ["b-1"]
    database.close()
    again = LedgerDatabase(f"sqlite:///{file}")
    assert builds_in(again) == ["b-1"]
    again.close()


def test_sqlite_writes_ahead_and_waits_for_its_turn(file: Path) -> None:
    database = LedgerDatabase(f"sqlite:///{file}")
    with database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
        assert connection.exec_driver_sql("PRAGMA busy_timeout").scalar_one() == 60_000
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one() == 1
    database.close()


def test_a_block_that_raises_leaves_no_trace(file: Path) -> None:
    database = LedgerDatabase(f"sqlite:///{file}")

    def fail_half_way() -> None:
        with database.writing() as connection:
            connection.execute(builds.insert().values(build_id="b-1"))
            raise KeyError("b-1")

    with pytest.raises(KeyError):
        fail_half_way()
    assert builds_in(database) == []
    database.close()


def test_readers_go_on_while_a_writer_works_and_see_what_is_committed(file: Path) -> None:
    database = LedgerDatabase(f"sqlite:///{file}")
    with database.writing() as connection:
        connection.execute(builds.insert().values(build_id="b-1"))
        assert builds_in(database) == []
    assert builds_in(database) == ["b-1"]
    database.close()


def test_the_first_transactions_of_many_may_come_at_once(tmp_path: Path) -> None:
    for number in range(20):
        url = f"sqlite:///{tmp_path}/{number}/ledger.db"
        databases = [LedgerDatabase(url) for _ in range(8)]
        start = threading.Barrier(len(databases))
        failures: list[BaseException] = []

        def open_first(
            name: int,
            database: LedgerDatabase,
            start: threading.Barrier = start,
            failures: list[BaseException] = failures,
        ) -> None:
            start.wait()
            try:
                add_build(database, f"b-{name}")
            except StorageError as error:
                failures.append(error)

        threads = [
            threading.Thread(target=open_first, args=(name, database))
            for name, database in enumerate(databases)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert len(builds_in(databases[0])) == len(databases)
        for database in databases:
            database.close()


def test_a_writer_whose_turn_never_comes_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_database, "BUSY_SECONDS", 0.05)
    database = LedgerDatabase(f"sqlite:///{file}")
    add_build(database, "b-1")
    with (
        database.writing(),
        pytest.raises(StorageError, match=r"ledger\.db: database is locked$"),
    ):
        add_build(database, "b-2")
    add_build(database, "b-3")
    assert builds_in(database) == ["b-1", "b-3"]
    database.close()


def test_setting_up_waits_while_another_has_the_file_and_not_for_ever(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.parent.mkdir(parents=True)
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN EXCLUSIVE")
    other.execute("CREATE TABLE other (name TEXT)")
    monkeypatch.setattr(ledger_database, "BUSY_SECONDS", 0.05)
    database = LedgerDatabase(f"sqlite:///{file}")
    with pytest.raises(StorageError, match="database is locked"):
        builds_in(database)
    monkeypatch.setattr(ledger_database, "BUSY_SECONDS", 30)
    release = threading.Timer(0.3, other.execute, args=["COMMIT"])
    release.start()
    assert builds_in(database) == []
    release.join()
    other.close()
    database.close()


def test_a_file_that_is_no_database_is_a_storage_error(file: Path) -> None:
    file.parent.mkdir(parents=True)
    file.write_text("not a database " * 100)
    database = LedgerDatabase(f"sqlite:///{file}")
    with pytest.raises(StorageError) as failure:
        builds_in(database)
    assert str(failure.value) == f"usage ledger sqlite:///{file}: file is not a database"
    database.close()


def test_a_file_in_the_place_of_the_folder_is_a_storage_error(file: Path) -> None:
    file.parent.parent.write_text("")
    database = LedgerDatabase(f"sqlite:///{file}")
    with pytest.raises(StorageError, match="Not a directory"):
        builds_in(database)
    database.close()


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///", "sqlite:///:memory:"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="survives nothing") as refusal:
        LedgerDatabase(url)
    assert repr(url) in str(refusal.value)


@pytest.mark.parametrize(
    "url", ["", "ledger.db", "nosuch://u:hunter2@h/d", "mysql+mysqldb://u:hunter2@h/d"]
)
def test_a_url_that_cannot_be_used_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError, match="its URL cannot be used") as refusal:
        LedgerDatabase(url)
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:hunter2@h:port/d",
        "postgresql+psycopg://u:@h:hunter2/d",
        "oracle://u:hunter2@h/d",
    ],
)
def test_no_part_of_a_broken_url_is_shown(url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        LedgerDatabase(url)
    assert "hunter2" not in "".join(traceback.format_exception(refusal.value))


@pytest.mark.parametrize("query", ["", "&password=hunter2"])
def test_a_server_that_cannot_be_reached_is_a_storage_error_without_the_password(
    tmp_path: Path, query: str
) -> None:
    url = f"postgresql+psycopg://u:hunter2@/d?host={tmp_path}{query}"
    database = LedgerDatabase(url)
    with pytest.raises(StorageError, match="connection") as failure:
        builds_in(database)
    assert "hunter2" not in "".join(traceback.format_exception(failure.value))
    assert "hunter2" not in database.name
    database.close()


def test_a_server_that_is_gone_is_noticed_within_a_minute_unless_the_url_says_otherwise() -> None:
    def given(query: str) -> dict[str, object]:
        """What the driver is told; nothing is connected."""
        database = LedgerDatabase(f"postgresql+psycopg://u@h/d{query}")
        told: list[dict[str, object]] = []

        def connect(
            _dialect: object, _entry: object, _values: object, named: dict[str, object]
        ) -> None:
            told.append(named)
            raise OSError("not now")

        event.listen(Engine, "do_connect", connect)
        try:
            with pytest.raises(StorageError, match="not now"):
                builds_in(database)
        finally:
            event.remove(Engine, "do_connect", connect)
        return told[0]

    found = given("")
    assert found["tcp_user_timeout"] == 60_000
    assert found["keepalives_idle"] == 20
    own = given("?keepalives_idle=300")
    assert (own["keepalives_idle"], own["keepalives_count"]) == ("300", 4)


def test_what_a_driver_quotes_of_passwords_is_taken_out() -> None:
    url = make_url("postgresql+psycopg://u:first@h/d?password=second")
    hidden = ledger_database._without_passwords("first and second, and third", url)  # pyright: ignore[reportPrivateUsage] -- no driver does it at will
    assert hidden == "*** and ***, and third"


def test_a_transaction_at_once_waits_for_nobody(file: Path) -> None:
    database = LedgerDatabase(f"sqlite:///{file}")
    with database.writing_at_once() as statements:
        assert statements is None, "nothing is opened or migrated at once"
    with database.writing() as other, database.writing_at_once() as statements:
        other.exec_driver_sql("INSERT INTO builds (build_id) VALUES ('b')")
        assert statements is None, "another writes"
    with database.writing_at_once() as statements:
        assert statements is not None
        statements.change(CALLS, [{"number": 3}])
    for number in (4, 5):  # the second on a new connection, for the first was closed
        with pytest.raises(StorageError, match=r"NOT NULL constraint failed: builds\.calls"):
            change_and_fail(database, number)
    database.checkpoint()
    with database.reading() as reader:
        assert reader.exec_driver_sql("SELECT calls FROM builds").scalars().all() == [3]
    database.close()
    assert not LedgerDatabase("postgresql+psycopg://u@127.0.0.1:1/x").commits_at_once


def test_a_log_that_cannot_be_brought_in_is_told(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file.parent.mkdir(parents=True)
    file.write_bytes(b"no database at all, but long enough to look like one" * 50)
    LedgerDatabase(f"sqlite:///{file}").checkpoint()
    assert "its log was not brought in" in caplog.text


def change_and_fail(database: LedgerDatabase, number: int) -> None:
    with database.writing_at_once() as statements:
        assert statements is not None
        statements.change(CALLS, [{"number": number}])
        statements.change(CALLS, [{"number": None}])
