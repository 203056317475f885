"""The flow `usage-report` in a Prefect server of the tests, over a real ledger and store."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from prefect.artifacts import Artifact

from core.errors import InputError
from core.settings import load_settings
from flows.usage_report import usage_report
from providers.storage.ledger_database import LedgerDatabase
from tests.providers.storage.ledger_calls import NOON, add_call

pytestmark = pytest.mark.usefixtures("prefect_server")


@pytest.fixture
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("APP_BUILDER_HOME", str(tmp_path))
    return tmp_path


async def shown(key: str) -> str:
    artifact = await Artifact.aget(key)
    assert artifact is not None
    return str(artifact.data)


async def test_an_empty_ledger_gives_a_report_that_says_so(own_home: Path) -> None:
    today = datetime.now(UTC).date()
    keys = await usage_report()
    assert keys == (
        f"reports/usage/{today}/usage-30-days.json",
        f"reports/usage/{today}/usage-30-days.csv",
    )
    assert all((own_home / "store" / key).is_file() for key in keys)
    assert "**Nothing yet**" in await shown("usage-report")
    assert "no model was asked" in await shown("usage-by-model")


async def test_the_report_is_kept_in_the_store_and_shown_with_its_chart(own_home: Path) -> None:
    database = LedgerDatabase(load_settings().ledger_database_url)
    add_call(database, cost=Decimal("0.5"), build_id="notes-1")
    add_call(database, outcome="failed", error_class="ProviderFailedError")
    add_call(database, cost=Decimal(9), at=NOON - timedelta(days=7))
    database.close()

    last = NOON.date()
    keys = await usage_report(first_day=last - timedelta(days=6), last_day=last)

    json_key, csv_key, png_key = keys
    assert png_key == f"reports/usage/{last}/usage-7-days.png"
    assert (own_home / "store" / png_key).read_bytes().startswith(b"\x89PNG")
    total = json.loads((own_home / "store" / json_key).read_text())["total"]
    assert (total["calls"], Decimal(total["cost_usd"])) == (2, Decimal("0.5"))
    assert "build,notes-1,1,1" in (own_home / "store" / csv_key).read_text()
    page = await shown("usage-report")
    assert "data:image/png;base64," in page
    assert "`notes-1`" in page
    assert "`ProviderFailedError`" in page


async def test_days_the_wrong_way_round_fail_with_their_reason(own_home: Path) -> None:
    today = datetime.now(UTC).date()
    with pytest.raises(InputError, match="the first day before the last"):
        await usage_report(first_day=today, last_day=today - timedelta(days=1))
