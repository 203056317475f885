"""Looking after providers: servers are made up at the transport, the ledger is real."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from core.artifacts.provider_health import ProviderCheck
from core.errors import StorageError
from core.settings import Settings
from providers.llm.catalogue import Catalogue, load_catalogue, read_catalogue_rows
from providers.llm.http_client import HttpClient
from providers.llm.pool import ProviderPool
from providers.llm.probing import BUILD, BreakerFeed, probe_providers
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.call_statistics import Period
from providers.storage.calls import CallIdentity, CallMaxima
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_statistics import LedgerStatistics

Handler = Callable[[httpx.Request], httpx.Response]
VARIABLES = {"DEEPSEEK_API_KEY": "sk-deep", "OPENAI_API_KEY": "sk-open"}
MODELS = {"deepseek": ("deepseek-v3",)}
DOWN = ProviderCheck(provider="deepseek", well=False, reason="it hangs", providers_fault=True)
WELL = ProviderCheck(provider="deepseek", well=True)


def catalogue(variables: dict[str, str] = VARIABLES) -> Catalogue:
    return load_catalogue(read_catalogue_rows(), variables.get)


async def probed(
    handler: Handler, variables: dict[str, str] = VARIABLES
) -> dict[str, ProviderCheck]:
    secrets = EnvironmentSecrets(variables)
    client = HttpClient(transport=httpx.MockTransport(handler))
    async with ProviderPool(catalogue(variables), secrets, client=client) as pool:
        checks = await probe_providers(catalogue(variables), secrets, pool)
    await client.close()
    return {check.provider: check for check in checks}


async def test_only_providers_that_have_what_they_need_are_looked_after() -> None:
    found = await probed(lambda _: httpx.Response(200, json={}))
    assert set(found) == {"deepseek", "openai"}
    assert all(check.well and not check.reason for check in found.values())
    local = await probed(
        lambda _: httpx.Response(200), {"LOCAL_LLM_BASE_URL": "http://models.test/v1"}
    )
    assert set(local) == {"local"}
    assert await probed(lambda _: httpx.Response(200), {}) == {}


async def test_each_says_for_itself_why_it_is_not_well() -> None:
    def handler(request: httpx.Request) -> httpx.Response:
        return httpx.Response(401 if "openai" in request.url.host else 502)

    found = await probed(handler)
    assert "502" in found["deepseek"].reason
    assert found["deepseek"].providers_fault
    assert "check the key" in found["openai"].reason
    assert not found["openai"].providers_fault
    assert not any("sk-" in check.reason for check in found.values())


async def test_a_key_that_cannot_be_read_is_not_well_and_not_the_providers_fault(
    tmp_path: Path,
) -> None:
    variables = {**VARIABLES, "GEMINI_API_KEY_FILE": str(tmp_path / "nothing")}
    found = await probed(lambda _: httpx.Response(200), variables)
    assert found["gemini"].reason.startswith("GEMINI_API_KEY: ")
    assert not found["gemini"].well
    assert not found["gemini"].providers_fault


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@pytest.fixture
def ledger(settings: Settings) -> Iterator[UsageLedger]:
    ledger = UsageLedger(settings.ledger_database_url)
    yield ledger
    ledger.close()


@pytest.fixture
def feed(ledger: UsageLedger, settings: Settings) -> BreakerFeed:
    return BreakerFeed(ledger, settings)


async def failures(ledger: UsageLedger) -> dict[str, int]:
    rows = await ledger.recent_outcomes(datetime.now(UTC) - timedelta(hours=1))
    return {row.model: row.failures for row in rows}


async def test_a_provider_that_stays_down_opens_the_breakers_of_its_models(
    ledger: UsageLedger, feed: BreakerFeed
) -> None:
    told = [(await feed.tell([DOWN], MODELS))[0].breaker for _ in range(3)]
    assert told == ["closed", "deepseek-v3: open", "deepseek-v3: open"]
    assert await failures(ledger) == {"deepseek-v3": 3}


async def test_well_again_it_takes_back_what_probes_put_there(
    ledger: UsageLedger, feed: BreakerFeed
) -> None:
    for _ in range(3):
        await feed.tell([DOWN], MODELS)
    assert (await feed.tell([WELL], MODELS))[0].breaker == "closed"
    assert await failures(ledger) == {"deepseek-v3": 0}
    calls = await ledger.calls(BUILD)
    await feed.tell([WELL], MODELS)
    assert await ledger.calls(BUILD) == calls, "nothing to take back, nothing put down"


async def test_a_probe_does_not_excuse_a_model_whose_calls_fail(
    ledger: UsageLedger, feed: BreakerFeed, settings: Settings
) -> None:
    await feed.tell([DOWN], MODELS)
    call = CallIdentity(
        build_id="b-1",
        project_id="b",
        user="u",
        stage="3",
        provider="deepseek",
        model="deepseek-v3",
    )
    call_id = await ledger.reserve(
        call,
        CallMaxima(per_stage=9, per_file=9, per_build=9),
        spending=settings.spending,
        estimate_usd=Decimal(0),
        seconds=9,
    )
    await ledger.settle(
        call_id, outcome="failed", error_class="ProviderFailedError", error="it broke"
    )
    await feed.tell([WELL], MODELS)
    assert await failures(ledger) == {"deepseek-v3": 2}


async def test_a_refused_key_counts_for_no_model(ledger: UsageLedger, feed: BreakerFeed) -> None:
    refused = ProviderCheck(provider="deepseek", well=False, reason="401")
    assert (await feed.tell([refused], MODELS))[0].breaker == "closed"
    assert await ledger.calls(BUILD) == []


async def test_probes_are_in_no_statistics_and_cost_nothing(
    feed: BreakerFeed, settings: Settings
) -> None:
    await feed.tell([DOWN], MODELS)
    database = LedgerDatabase(settings.ledger_database_url)
    now = datetime.now(UTC)
    period = Period(start=now - timedelta(hours=1), end=now + timedelta(hours=1))
    total = (await LedgerStatistics(database).period(period)).total
    database.close()
    assert (total.calls, total.cost_usd) == (0, 0)


async def test_a_ledger_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").mkdir()
    ledger = UsageLedger(f"sqlite:///{tmp_path}/ledger.db")
    with pytest.raises(StorageError):
        await BreakerFeed(ledger, Settings(home=tmp_path)).tell([DOWN], MODELS)
    ledger.close()
