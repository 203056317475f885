"""How a build reaches its models: through kept answers, limits, ledger and records."""

import gc
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from core.options import BuildOptions
from core.redaction import Redaction
from core.secrets import SecretSource
from core.settings import Settings
from providers.llm.asker import Asker
from providers.llm.breakers import Breakers
from providers.llm.call_records import CallRecords
from providers.llm.catalogue import Catalogue
from providers.llm.checkpoints import AnswerCheckpoints
from providers.llm.model_caller import CallLimits, ModelCaller
from providers.llm.pool import ProviderPool
from providers.llm.prices import PriceList
from providers.llm.rate_limits import RateLimiter
from providers.llm.shared_answers import SharedAnswers
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger

_COLLECTED_AFTER = (10_000, 20, 20)
"""New objects until the collector looks at them, and how often until it looks at older ones."""


@asynccontextmanager
async def model_access(
    settings: Settings,
    options: BuildOptions,
    *,
    catalogue: Catalogue,
    secrets: SecretSource,
    store: ArtifactStore,
    ledger: UsageLedger,
    breakers: Breakers,
) -> AsyncGenerator[Asker]:
    """Open connections and limits for one build; they are closed on the way out."""
    _leave_loaded_code_to_itself()
    redact = Redaction()
    async with (
        ProviderPool(catalogue, secrets, redaction=redact) as pool,
        RateLimiter(settings.rate_limits.url, settings.root / "limits.db") as limiter,
    ):
        caller = ModelCaller(
            pool,
            ledger,
            prices=PriceList(catalogue),
            breakers=breakers,
            limiter=limiter,
            limits=CallLimits.of(settings),
            records=CallRecords(store, redact=redact) if settings.record_calls else None,
        )
        yield Asker(pool, _checkpoints(settings, options, store), caller)


def _leave_loaded_code_to_itself() -> None:
    """Let the garbage collector pass over what is there already, and come less often.

    Else it looks again and again at hundreds of thousands of objects of loaded modules, while every
    call waits a tenth of a second; for many calls at once that doubles the cost of each. Nearly all
    that is made later is freed without it, and to parse one file makes thousands of objects: with
    Python's own thresholds it took a fifth of all CPU of stage 7.
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
        gc.set_threshold(*_COLLECTED_AFTER)


def _checkpoints(
    settings: Settings, options: BuildOptions, store: ArtifactStore
) -> AnswerCheckpoints:
    """Kept answers, and those of other builds if they may be used."""
    seconds = settings.response_cache_seconds if options.response_cache else 0
    return AnswerCheckpoints(store, SharedAnswers(store, seconds=seconds) if seconds else None)
