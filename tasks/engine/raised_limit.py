"""What people let a build cost beyond the operator's limit, kept for all its runs."""

from decimal import Decimal

from core.artifacts.decisions import Decisions
from core.errors import ArtifactNotFoundError
from core.layout import DECISIONS, build_prefix
from core.settings import SpendingLimits
from providers.storage.artifact_store import ArtifactStore

QUESTION = "budget"
"""How the names of the questions begin that ask for more."""

RAISE = "Raise the limit"
"""The answer that allows it."""


async def with_raised_limit(
    store: ArtifactStore, build_id: str, spending: SpendingLimits
) -> SpendingLimits:
    """The limits that hold for a build: what was allowed in an earlier run stays allowed.

    Args:
        store: keeps what people decided.
        build_id: of the build.
        spending: the operator's limits; no raise goes beyond them.

    Raises:
        StorageError: the store failed.
    """
    try:
        kept = await store.read_artifact(build_prefix(build_id) + DECISIONS, Decisions)
    except ArtifactNotFoundError:
        return spending
    allowed = [
        Decimal(str(made.answer.get("limit_usd", 0)))
        for name, made in kept.decisions.items()
        if name.startswith(f"{QUESTION}-") and made.answer.get("action") == RAISE
    ]
    raised = min(max(allowed, default=Decimal(0)), spending.raised_per_build_usd)
    limit = max(raised, spending.per_build_usd)
    return spending.model_copy(update={"per_build_usd": limit})
