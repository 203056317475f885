"""What the ledger still says once it was told to forget a project."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, select

from core.errors import StorageError
from providers.storage.call_statistics import Period, PeriodStatistics
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_forgetting import FORGOTTEN, LedgerForgetting
from providers.storage.ledger_observations import LedgerObservations
from providers.storage.ledger_statistics import LedgerStatistics
from providers.storage.ledger_tables import metadata
from tests.providers.storage.ledgers import call, check_totals, reserve

TELLING = ("notes", "secret_plan")


@pytest.fixture
async def filled(ledger: UsageLedger, url: str) -> AsyncIterator[LedgerDatabase]:
    """Two builds of `notes` and one of `shop`, made as builds make them."""
    for build_id, project, files in (
        ("notes-a", "notes", ("secret_plan.py", "b.py of notes", "b.py of notes", None)),
        ("notes-b", "notes", (None,)),
        ("shop-a", "shop", ("b.py", None)),
    ):
        for number, file in enumerate(files):
            made = call(
                build_id=build_id,
                project_id=project,
                file=file,
                template="coder",
                prompt_digest=f"digest-of-{project}",
            )
            call_id = await reserve(ledger, made, usd="0.5")
            if number == 3:  # its process died
                continue
            failed = number == 1
            await ledger.settle(
                call_id,
                outcome="failed" if failed else "answered",
                input_tokens=10,
                output_tokens=20,
                cost_usd=Decimal("0.25"),
                latency_seconds=1.5 + number,
                error_class="ProviderFailedError" if failed else "",
                error=f"the prompt of {project} is too long" if failed else "",
            )
    database = LedgerDatabase(url)
    yield database
    database.close()


def rows(database: LedgerDatabase, table: Table) -> Sequence[dict[str, Any]]:
    with database.reading() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


async def statistics(database: LedgerDatabase) -> PeriodStatistics:
    now = datetime.now(UTC)
    period = Period(start=now - timedelta(days=1), end=now + timedelta(days=1))
    return await LedgerStatistics(database).period(period)


async def test_nothing_names_the_project_any_more(filled: LedgerDatabase) -> None:
    assert await LedgerForgetting(filled).known("notes") == 5
    assert await LedgerForgetting(filled).forget("notes") == 5
    assert await LedgerForgetting(filled).known("notes") == 0
    told = str([rows(filled, table) for table in metadata.sorted_tables])
    assert [word for word in TELLING if word in told] == []
    assert told.count("digest-of-shop") == 2
    assert "shop-a" in told


async def test_what_the_calls_took_stays_to_the_last_token(
    filled: LedgerDatabase, url: str
) -> None:
    before = await statistics(filled)
    learned = await LedgerObservations(filled).observations()
    await LedgerForgetting(filled).forget("notes")
    after = await statistics(filled)
    assert after.model_dump(exclude={"groups"}) == before.model_dump(exclude={"groups"})
    same = ("provider", "model", "stage", "user", "day")
    assert [after.groups[by] for by in same] == [before.groups[by] for by in same]

    def amounts(found: PeriodStatistics) -> list[tuple[Any, ...]]:
        return sorted(
            tuple(group.model_dump(exclude={"name"}).values())[:7]
            for group in found.groups["build"]
        )

    assert amounts(after) == amounts(before)
    names = {group.name for group in after.groups["build"]} - {"shop-a"}
    assert len(names) == 2
    assert all(name.startswith(f"{FORGOTTEN}-") for name in names)
    assert await LedgerObservations(filled).observations() == learned, "files stay apart"
    check_totals(url)


async def test_a_project_begins_at_nothing_again_and_its_user_does_not(
    filled: LedgerDatabase, ledger: UsageLedger
) -> None:
    month = (await LedgerObservations(filled).account("notes-a", "ann", datetime.now(UTC))).month
    await LedgerForgetting(filled).forget("notes")
    assert (await ledger.totals("notes-a")).calls == 0
    account = await LedgerObservations(filled).account("notes-a", "ann", datetime.now(UTC))
    assert (account.build, account.month) == (0, month)


async def test_done_again_or_for_a_stranger_it_finds_nothing(filled: LedgerDatabase) -> None:
    forgetting = LedgerForgetting(filled)
    await forgetting.forget("notes")
    before = [rows(filled, table) for table in metadata.sorted_tables]
    assert await forgetting.forget("notes") == 0
    assert await forgetting.forget("nobody") == 0
    assert [rows(filled, table) for table in metadata.sorted_tables] == before


async def test_a_failure_in_the_middle_changes_nothing(
    filled: LedgerDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = [rows(filled, table) for table in metadata.sorted_tables]
    taken = iter(["one"])

    class Failing:
        @property
        def hex(self) -> str:
            try:
                return next(taken)
            except StopIteration:
                raise StorageError("killed") from None

    with monkeypatch.context() as patch:
        patch.setattr("providers.storage.ledger_forgetting.uuid4", Failing)
        with pytest.raises(StorageError, match="killed"):
            await LedgerForgetting(filled).forget("notes")
    assert [rows(filled, table) for table in metadata.sorted_tables] == before


async def test_where_there_is_no_ledger_nothing_is_known_and_none_is_made(tmp_path: Path) -> None:
    file = tmp_path / "ledger.db"
    assert await LedgerForgetting(LedgerDatabase(f"sqlite:///{file}")).known("notes") == 0
    assert not file.exists()
