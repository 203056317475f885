"""Limits of money that are nearly used up are told, once each."""

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from prefect.logging import disable_run_logger

from core.artifacts.build_record import BuildRecord
from core.build_events import BUDGET_NEARLY_USED, BudgetNearlyUsed
from core.settings import SpendingLimits
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tasks.engine import budget_watch
from tasks.engine.budget_watch import BudgetWatch, budgets_watched
from tests.providers.storage.ledgers import call, reserve

LIMITS = SpendingLimits(per_build_usd=Decimal(10), per_user_month_usd=Decimal(20))


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch) -> list[BudgetNearlyUsed]:
    events: list[BudgetNearlyUsed] = []

    def emit(event: str, resource: dict[str, str], payload: dict[str, Any]) -> None:
        assert event == BUDGET_NEARLY_USED
        assert resource["prefect.resource.id"] == f"app-build.{payload['build_id']}"
        events.append(BudgetNearlyUsed.model_validate(payload))

    monkeypatch.setattr("tasks.engine.build_events.emit_event", emit)
    return events


@pytest.fixture
async def ledger(tmp_path: Path) -> AsyncIterator[UsageLedger]:
    ledger = UsageLedger(f"sqlite:///{tmp_path}/ledger.db")
    yield ledger
    ledger.close()


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore(f"file://{tmp_path}/store")


def watch(
    store: ArtifactStore, ledger: UsageLedger, build: str = "b-1", limits: SpendingLimits = LIMITS
) -> BudgetWatch:
    record = BuildRecord(build_id=build, project_id="b", project_name="B", user="ann / é")
    return BudgetWatch(store, ledger, lambda: limits, record)


async def spend(ledger: UsageLedger, usd: str, build: str = "b-1") -> None:
    number = await reserve(ledger, call(build_id=build, user="ann / é"))
    await ledger.settle(number, outcome="answered", cost_usd=Decimal(usd))


async def test_four_fifths_of_a_build_are_told_once_over_all_its_runs(
    store: ArtifactStore, ledger: UsageLedger, emitted: list[BudgetNearlyUsed]
) -> None:
    first = watch(store, ledger)
    await first.look()
    await spend(ledger, "7.99")
    await first.look()
    assert emitted == []
    await spend(ledger, "0.01")
    await first.look()
    await spend(ledger, "1")
    await first.look()
    await watch(store, ledger).look()
    (told,) = emitted
    assert (told.scope, told.build_id, told.month) == ("build", "b-1", "")
    assert (told.spent_usd, told.limit_usd) == (8, 10)


async def test_what_all_builds_of_a_user_cost_is_told_once(
    store: ArtifactStore, ledger: UsageLedger, emitted: list[BudgetNearlyUsed]
) -> None:
    for build in ("b-1", "b-2", "b-3"):
        await spend(ledger, "6", build)
        await watch(store, ledger, build).look()
    await spend(ledger, "1", "b-4")
    await watch(store, ledger, "b-4").look()
    (told,) = emitted
    assert (told.scope, told.user, told.spent_usd) == ("user-month", "ann / é", 18)
    assert told.month


async def test_a_limit_that_was_raised_is_told_again(
    store: ArtifactStore, ledger: UsageLedger, emitted: list[BudgetNearlyUsed]
) -> None:
    await spend(ledger, "9")
    await watch(store, ledger).look()
    raised = LIMITS.model_copy(update={"per_build_usd": Decimal(15)})
    await watch(store, ledger, limits=raised).look()
    assert len(emitted) == 1
    await spend(ledger, "4")
    await watch(store, ledger, limits=raised).look()
    assert [told.limit_usd for told in emitted] == [10, 15]


async def test_a_limit_that_is_raised_meanwhile_is_watched_by_the_same_watch(
    store: ArtifactStore, ledger: UsageLedger, emitted: list[BudgetNearlyUsed]
) -> None:
    record = BuildRecord(build_id="b-1", project_id="b", project_name="B", user="ann / é")
    holding = [LIMITS]
    one = BudgetWatch(store, ledger, lambda: holding[-1], record)
    await spend(ledger, "9")
    await one.look()
    holding.append(LIMITS.model_copy(update={"per_build_usd": Decimal(15)}))
    await spend(ledger, "4")
    await one.look()
    assert [told.limit_usd for told in emitted] == [10, 15]


async def test_a_build_is_watched_while_it_runs_and_when_it_is_over(
    store: ArtifactStore,
    ledger: UsageLedger,
    emitted: list[BudgetNearlyUsed],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget_watch, "LOOK_SECONDS", 1_000)

    async def halted() -> None:
        async with budgets_watched(watch(store, ledger)):
            await spend(ledger, "8")
            raise KeyError("halted")

    with pytest.raises(KeyError):
        await halted()
    assert len(emitted) == 1


async def test_a_ledger_that_fails_does_not_fail_the_build(
    store: ArtifactStore, tmp_path: Path, emitted: list[BudgetNearlyUsed]
) -> None:
    (tmp_path / "no.db").write_text("this is no database " * 100)
    broken = UsageLedger(f"sqlite:///{tmp_path}/no.db")
    with disable_run_logger():
        async with budgets_watched(watch(store, broken)):
            pass
    broken.close()
    assert emitted == []
