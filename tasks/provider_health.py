"""The steps of the flow `provider-health`: look after the providers, tell what changed."""

from datetime import UTC, datetime

from prefect import task
from prefect.artifacts import acreate_table_artifact
from prefect.cache_policies import NO_CACHE
from prefect.events import emit_event

from core.artifacts.provider_health import TABLE_KEY, ProviderCheck, ProviderHealth
from core.build_events import PROVIDER_DOWN, PROVIDER_UP, ProviderChanged
from core.errors import ArtifactNotFoundError
from core.layout import PROVIDER_HEALTH
from core.settings import load_settings
from core.stages import StageTable
from providers.llm.catalogue import open_catalogue
from providers.llm.pool import ProviderPool
from providers.llm.probing import BreakerFeed, probe_providers
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tasks.engine.preparation import load_table
from tasks.engine.secret_sources import environment_secrets, secret_chain


@task(name="look after the providers", cache_policy=NO_CACHE)
async def look_after_providers() -> ProviderHealth:
    """Probe every configured provider at the same time, and let the breakers know.

    Raises:
        ConfigurationError: a setting, the catalogue or the stage table is wrong.
        StorageError: the ledger failed.
    """
    settings = load_settings()
    environment = environment_secrets()
    catalogue = open_catalogue(settings.catalogue, environment.get)
    secrets = secret_chain(settings, catalogue, environment)
    async with ProviderPool(catalogue, secrets) as pool:
        checks = await probe_providers(catalogue, secrets, pool)
    ledger = UsageLedger(settings.ledger_database_url)
    try:
        models = _models_asked(load_table(environment, settings.catalogue))
        checks = await BreakerFeed(ledger, settings).tell(checks, models)
    finally:
        ledger.close()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return ProviderHealth(checked_at=now, providers=tuple(checks))


@task(name="tell what changed", cache_policy=NO_CACHE)
async def tell_changes(found: ProviderHealth) -> ProviderHealth:
    """Show the table, emit an event for each provider that changed, and keep what was found.

    Events come before what was found is kept: killed in between, they are emitted once more, and
    none is lost.

    Raises:
        StorageError: the store failed.
    """
    store = ArtifactStore(load_settings().store_url)
    before = await _kept(store)
    found = found.model_copy(
        update={"providers": tuple(_dated(check, before, found) for check in found.providers)}
    )
    await acreate_table_artifact(
        key=TABLE_KEY, table=health_rows(found), description=f"Checked at {found.checked_at}"
    )
    for check in found.providers:
        if _changed(check, before):
            _emit(check)
    await store.write_artifact(PROVIDER_HEALTH, found)
    return found


def health_rows(found: ProviderHealth) -> list[dict[str, str]]:
    """A row of text for each provider; one that says so where none is configured."""
    rows = [
        {
            "provider": check.provider,
            "state": "well" if check.well else "not well",
            "seconds": f"{check.seconds:.2f}",
            "breaker": check.breaker,
            "since": check.since,
            "why": check.reason or "–",
        }
        for check in found.providers
    ]
    return rows or [{"provider": "none has what it needs: no key, no URL of a server of one's own"}]


def _models_asked(table: StageTable) -> dict[str, set[str]]:
    models: dict[str, set[str]] = {}
    for use in (use for stage in table.stages for use in stage.models):
        models.setdefault(use.provider, set()).add(use.model)
        if use.fallback_provider is not None and use.fallback_model is not None:
            models.setdefault(use.fallback_provider, set()).add(use.fallback_model)
    return models


async def _kept(store: ArtifactStore) -> ProviderHealth:
    try:
        return await store.read_artifact(PROVIDER_HEALTH, ProviderHealth)
    except ArtifactNotFoundError:
        return ProviderHealth(checked_at="")


def _dated(check: ProviderCheck, before: ProviderHealth, now: ProviderHealth) -> ProviderCheck:
    earlier = before.of(check.provider)
    same = earlier is not None and earlier.well == check.well and earlier.since
    return check.model_copy(update={"since": same or now.checked_at})


def _changed(check: ProviderCheck, before: ProviderHealth) -> bool:
    """Whether it is no longer as it was; a provider that was never looked after was well."""
    earlier = before.of(check.provider)
    return check.well != (True if earlier is None else earlier.well)


def _emit(check: ProviderCheck) -> None:
    emit_event(
        PROVIDER_UP if check.well else PROVIDER_DOWN,
        resource={
            "prefect.resource.id": f"app-build.provider.{check.provider}",
            "prefect.resource.name": check.provider,
        },
        payload=ProviderChanged.model_validate(check.model_dump()).model_dump(mode="json"),
    )
