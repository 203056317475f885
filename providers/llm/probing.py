"""Looks after every configured provider, and lets the breakers of its models know."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from core.artifacts.provider_health import ProviderCheck
from core.secrets import SecretSource
from core.settings import Settings, SpendingLimits
from providers.llm.breaker import Outcomes, state_of
from providers.llm.breakers import HISTORY_SECONDS
from providers.llm.catalogue import DEMO, Catalogue, ProviderRow
from providers.llm.pool import ProviderPool
from providers.llm.provider import Health
from providers.secrets.presence import Lack, lacking
from providers.storage.call_statistics import HEALTH_STAGE
from providers.storage.calls import CallIdentity, CallMaxima, ModelOutcomes
from providers.storage.ledger import UsageLedger
from providers.storage.money import dollars

BUILD = "provider-health"
"""What stands in the place of a build in the ledger; it makes no call that costs anything."""

_MARK = "health check: "
_ANY_NUMBER = 10**9
_NO_LIMIT = CallMaxima(per_stage=_ANY_NUMBER, per_file=_ANY_NUMBER, per_build=_ANY_NUMBER)
_RESERVED_SECONDS = 60.0
_MAX_REASON = 500


async def probe_providers(
    catalogue: Catalogue, secrets: SecretSource, pool: ProviderPool
) -> list[ProviderCheck]:
    """Look after every provider that is switched on and has what it needs, all at once.

    A provider whose key could not be looked up is not well; one without a key is left out.

    Args:
        catalogue: the providers.
        secrets: where their keys are; usable from many threads at once.
        pool: makes the requests.
    """
    rows = [row for row in catalogue if row.protocol != DEMO and row.enabled and not row.gone]
    rows = [row for row in rows if row.base_url]
    keys = [row.key_variable for row in rows if row.key_required and row.key_variable]
    lacks = await asyncio.to_thread(lacking, secrets, keys)
    wanted = [row for row in rows if _is_configured(row, lacks)]
    return list(await asyncio.gather(*(_probe(row, lacks, pool) for row in wanted)))


def _is_configured(row: ProviderRow, lacks: Mapping[str, Lack]) -> bool:
    lack = lacks.get(row.key_variable or "") if row.key_required else None
    return lack is None or lack.failed


async def _probe(row: ProviderRow, lacks: Mapping[str, Lack], pool: ProviderPool) -> ProviderCheck:
    lack = lacks.get(row.key_variable or "") if row.key_required else None
    if lack is not None:
        found = Health(well=False, reason=f"{row.key_variable}: {lack.reason}")
    else:
        found = await pool.provider(row.name).health_check()
    return ProviderCheck(
        provider=row.name,
        well=found.well,
        seconds=round(found.seconds, 3),
        reason=found.reason[:_MAX_REASON],
        providers_fault=found.providers_fault,
    )


class BreakerFeed:
    """Puts what probes found into the ledger, which the breakers of all processes read.

    A probe that failed by the provider's fault counts as one failure of each of its models. One
    that went well takes back only what earlier probes put there: that a provider lists its models
    does not say that a model which kept failing calls is well again.

    Args:
        ledger: kept open by the caller.
        settings: whose limits and user are put down; a probe costs nothing.
    """

    def __init__(self, ledger: UsageLedger, settings: Settings) -> None:
        self._ledger = ledger
        self._settings = settings

    async def tell(
        self, checks: Iterable[ProviderCheck], models: Mapping[str, Iterable[str]]
    ) -> list[ProviderCheck]:
        """Note the outcomes, and say of each provider how its breakers stand.

        Args:
            checks: what was found.
            models: names of the models that stages ask, by provider.

        Raises:
            StorageError: the ledger failed.
        """
        checks = list(checks)
        heard = await self._heard()
        for check in checks:
            known = heard.get(check.provider, {})
            if check.providers_fault:
                for model in sorted({*models.get(check.provider, ()), *known}):
                    await self._put(check, model)
            elif check.well:
                for model, outcomes in known.items():
                    if outcomes.failures and outcomes.last_error.startswith(_MARK):
                        await self._put(check, model)
        heard = await self._heard()
        return [
            check.model_copy(update={"breaker": self._told(heard.get(check.provider, {}))})
            for check in checks
        ]

    async def _heard(self) -> dict[str, dict[str, ModelOutcomes]]:
        now = datetime.now(UTC)
        seconds = max(HISTORY_SECONDS, 2 * self._settings.breaker.cooldown_seconds)
        found: dict[str, dict[str, ModelOutcomes]] = {}
        for row in await self._ledger.recent_outcomes(now - timedelta(seconds=seconds)):
            found.setdefault(row.provider, {})[row.model] = row
        return found

    async def _put(self, check: ProviderCheck, model: str) -> None:
        call = CallIdentity(
            build_id=BUILD,
            project_id=BUILD,
            user=self._settings.user,
            stage=HEALTH_STAGE,
            provider=check.provider,
            model=model,
        )
        call_id = await self._ledger.reserve(
            call,
            _NO_LIMIT,
            spending=SpendingLimits(),
            estimate_usd=dollars(0),
            seconds=_RESERVED_SECONDS,
        )
        await self._ledger.settle(
            call_id,
            outcome="answered" if check.well else "failed",
            latency_seconds=check.seconds,
            error_class="" if check.well else "ProviderFailedError",
            error="" if check.well else f"{_MARK}{check.reason}",
        )

    def _told(self, models: Mapping[str, ModelOutcomes]) -> str:
        now = datetime.now(UTC)
        states = {
            model: state_of(
                Outcomes.counted(
                    row.last_success, row.last_failure, row.failures, row.last_error, now
                ),
                self._settings.breaker,
                now,
            )
            for model, row in models.items()
        }
        told = [f"{model}: {state}" for model, state in states.items() if state != "closed"]
        return ", ".join(told) or "closed"
