"""Model callers for tests: the real thing, with breakers that stay closed unless given others."""

from pathlib import Path

from core.settings import BreakerSettings
from providers.llm.breakers import Breakers
from providers.llm.call_records import CallRecords
from providers.llm.catalogue import Catalogue
from providers.llm.metering import Ledger
from providers.llm.model_caller import CallLimits, ModelCaller, Providers
from providers.llm.prices import PriceList
from providers.llm.rate_limits import RateLimiter
from providers.llm.retrying import Patience

PATIENT = BreakerSettings(failures=1_000_000)
"""Breakers that never open."""

NOWHERE = Path("/nonexistent/limits.db")
"""File of rate limits that nobody may need."""


def model_caller(
    providers: Providers,
    ledger: Ledger,
    catalogue: Catalogue,
    *,
    breakers: Breakers | None = None,
    limiter: RateLimiter | None = None,
    limits: CallLimits | None = None,
    records: CallRecords | None = None,
    patience: Patience | None = None,
) -> ModelCaller:
    """A caller as a build has it; without a limiter, no model may have rates."""
    return ModelCaller(
        providers,
        ledger,
        prices=PriceList(catalogue),
        breakers=breakers or Breakers(PATIENT),
        limiter=limiter or RateLimiter("", NOWHERE),
        limits=limits,
        records=records,
        patience=patience,
    )
