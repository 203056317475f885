"""The commands for backup and restore, as the page for operators has them."""

import asyncio
import shutil
import sqlite3
import sys
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tests.providers.storage.backup_commands import backups, run_commands
from tests.providers.storage.ledgers import check_totals, reserve, spent


async def spend(ledger: UsageLedger, usd: str) -> None:
    await ledger.settle(await reserve(ledger), outcome="answered", cost_usd=Decimal(usd))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which somebody runs builds, with the environment of these tests."""
    (tmp_path / ".venv").symlink_to(sys.prefix)
    (tmp_path / ".app-builder/prefect").mkdir(parents=True)
    return tmp_path


async def test_what_is_kept_in_a_folder_comes_back_from_its_backup(folder: Path) -> None:
    home = folder / ".app-builder"
    store = ArtifactStore(f"file://{home}/store")
    await store.write_text("project/b-1/build.json", "{}")
    ledger = UsageLedger(f"sqlite:///{home}/ledger.db")
    try:
        await spend(ledger, "0.25")
        with closing(sqlite3.connect(home / "prefect/prefect.db")) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE flow_run (name TEXT)")
            database.execute("INSERT INTO flow_run VALUES ('Notes')")
            database.commit()
            # While both databases are open, and nothing is merged into them.
            run_commands("backup", folder)  # and nothing is published yet
            (home / "repositories/b-1.git").mkdir(parents=True)
            (home / "repositories/b-1.git/HEAD").write_text("ref: refs/heads/main\n")
            await store.write_text("project/b-1/build.json", '{"newer": 1}')
            await asyncio.sleep(1)  # a backup is named by its second
            run_commands("backup", folder)
    finally:
        ledger.close()
    shutil.move(home, folder / "damaged")

    older, newer = backups(folder)
    assert not (older / "repositories").exists()
    assert (older / "store/project/b-1/build.json").read_text() == "{}"
    run_commands("restore", folder, BACKUP=str(newer))
    assert await store.read_text("project/b-1/build.json") == '{"newer": 1}'
    assert (home / "repositories/b-1.git/HEAD").read_text() == "ref: refs/heads/main\n"
    with closing(sqlite3.connect(home / "prefect/prefect.db")) as database:
        assert database.execute("SELECT name FROM flow_run").fetchall() == [("Notes",)]
    await goes_on(f"sqlite:///{home}/ledger.db")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_ledger_on_postgresql_comes_back_from_its_backup(folder: Path, url: str) -> None:
    address = url.replace("postgresql+psycopg://", "postgresql://")
    backup = folder / "backup"
    backup.mkdir()
    ledger = UsageLedger(url)
    try:
        await spend(ledger, "0.25")
        run_commands("backup-postgresql", folder, BACKUP=str(backup), DATABASE=address)
        await spend(ledger, "7")
    finally:
        ledger.close()
    run_commands("restore-postgresql", folder, BACKUP=str(backup), DATABASE=address)
    await goes_on(url)


async def goes_on(url: str) -> None:
    """The ledger has what was spent before the backup, counts on from there, and adds up."""
    ledger = UsageLedger(url)
    try:
        assert await spent(ledger, "b-1") == Decimal("0.25")
        await spend(ledger, "0.5")
        assert await spent(ledger, "b-1") == Decimal("0.75")
    finally:
        ledger.close()
    check_totals(url)


async def test_a_restore_touches_nothing_that_is_there(folder: Path) -> None:
    with pytest.raises(AssertionError, match=r"\.app-builder.*exists"):
        run_commands("restore", folder, BACKUP=str(folder))
    assert list((folder / ".app-builder").iterdir()) == [folder / ".app-builder/prefect"]
