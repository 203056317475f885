"""What the metrics say of a real ledger."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from core.errors import StorageError
from core.settings import BreakerSettings, Settings
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_forgetting import LedgerForgetting
from tasks.metrics import ledger_source
from tasks.metrics.call_metrics import CallMetrics
from tasks.metrics.gauges import Gauges
from tasks.metrics.ledger_source import LedgerSource
from tasks.metrics.recent_builds import RecentBuilds
from tests.docs.tables import stage_table
from tests.providers.storage.ledgers import call, reserve


class Read:
    """A source, and the series that it gives."""

    def __init__(self, settings: Settings) -> None:
        self.calls = CallMetrics([], stage_table())
        self.builds = RecentBuilds(days=7, most=100)
        self.source = LedgerSource(settings, self.calls, self.builds)
        self._gauges = Gauges()
        self._registry = CollectorRegistry()
        self._registry.register(self._gauges)
        self._registry.register(self.calls.registry)

    async def again(self) -> "Read":
        self._gauges.replace("ledger", await self.source.read())
        return self

    def value(self, name: str, **labels: str) -> float | None:
        return self._registry.get_sample_value(f"app_builder_{name}", labels)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, breaker=BreakerSettings(failures=2, cooldown_seconds=600))


@pytest.fixture
def ledger(settings: Settings) -> Iterator[UsageLedger]:
    ledger = UsageLedger(settings.ledger_database_url)
    yield ledger
    ledger.close()


@pytest.fixture
def read(settings: Settings) -> Iterator[Read]:
    read = Read(settings)
    yield read
    read.source.close()


async def make(ledger: UsageLedger, cost: str = "0", **values: str) -> None:
    number = await reserve(ledger, call(**values))
    await ledger.settle(number, outcome="answered", cost_usd=Decimal(cost), input_tokens=7)


async def fail(ledger: UsageLedger, model: str) -> None:
    number = await reserve(ledger, call(model=model))
    await ledger.settle(number, outcome="failed", error_class="ProviderFailedError", error="no")


async def test_a_ledger_that_is_not_there_is_not_made(read: Read, tmp_path: Path) -> None:
    await read.again()
    assert not (tmp_path / "ledger.db").exists()
    assert read.value("budget_usd", scope="build") == 25
    assert read.value("build_cost_usd", build="b-1", project="shop", user="ann") is None


async def test_it_is_read_from_when_it_is_there(read: Read, ledger: UsageLedger) -> None:
    await read.again()
    await make(ledger, "1.5")
    await read.again()  # all that was there before is history, and counted at once
    build = {"build": "b-1", "project": "shop", "user": "ann"}
    assert read.value("build_cost_usd", **build) == 1.5
    assert read.value("build_model_calls", **build) == 1
    assert read.value("build_tokens", direction="input", **build) == 7
    assert read.value("user_month_cost_usd", user="ann") == 1.5
    model = {"provider": "demo", "model": "demo-1"}
    assert read.value("model_cost_usd_total", **model) == 1.5
    await make(ledger, "0.5")
    await read.again()
    assert read.value("build_cost_usd", **build) == 2
    assert read.value("model_calls_total", outcome="answered", **model) == 2


async def test_what_open_calls_reserve_is_told(read: Read, ledger: UsageLedger) -> None:
    await reserve(ledger, call(), usd="0.25")
    await read.again()
    assert read.value("user_month_reserved_usd", user="ann") == 0.25
    assert read.value("model_calls_open", provider="demo", model="demo-1") == 1


async def test_users_beyond_the_dearest_are_added_up(
    read: Read, ledger: UsageLedger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_source, "MOST_USERS", 2)
    for number in range(5):
        await make(ledger, str(number), user=f"u{number}", build_id=f"b-{number}")
    await read.again()
    assert read.value("user_month_cost_usd", user="u4") == 4
    assert read.value("user_month_cost_usd", user="u3") == 3
    assert read.value("user_month_cost_usd", user="u2") is None
    assert read.value("user_month_cost_usd", user="(others)") == 3


async def test_breakers_are_as_builds_see_them(read: Read, ledger: UsageLedger) -> None:
    await make(ledger, model="well")
    await fail(ledger, "ill")
    await fail(ledger, "ill")
    await read.again()
    for model, state in (("well", "closed"), ("ill", "open")):
        for each in ("closed", "half-open", "open"):
            found = read.value("breaker_state", provider="demo", model=model, state=each)
            assert found == (each == state)


async def test_a_deleted_projects_builds_vanish(
    read: Read, ledger: UsageLedger, settings: Settings
) -> None:
    await make(ledger, "1")
    await read.again()
    database = LedgerDatabase(settings.ledger_database_url)
    await LedgerForgetting(database).forget("shop")
    database.close()
    await read.again()
    assert read.value("build_cost_usd", build="b-1", project="shop", user="ann") is None
    assert read.value("user_month_cost_usd", user="ann") == 1
    assert read.value("model_cost_usd_total", provider="demo", model="demo-1") == 1


async def test_a_ledger_that_fails_is_told(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("this is no database " * 100)
    broken = Read(Settings(home=tmp_path))
    with pytest.raises(StorageError):
        await broken.again()
    broken.source.close()


async def test_another_month_has_its_own_costs(settings: Settings, ledger: UsageLedger) -> None:
    await make(ledger, "1")
    later = datetime.now(UTC) + timedelta(days=40)
    source = LedgerSource(
        settings,
        CallMetrics([], stage_table()),
        RecentBuilds(days=7, most=10),
        clock=lambda: later,
    )
    families = {family.name: family for family in await source.read()}
    source.close()
    assert families["app_builder_user_month_cost_usd"].samples == []
    assert families["app_builder_build_cost_usd"].samples == []
