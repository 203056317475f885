"""What the mending of a repository may cost: a share of its build's limits."""

import math
from decimal import Decimal

from core.settings import Settings, SpendingLimits
from core.stages import Stage
from providers.storage.calls import CallMaxima, CallRow
from tasks.engine.build_session import BuildSession


async def own_limits(
    session: BuildSession, stage: Stage, rounds: int
) -> tuple[CallMaxima, SpendingLimits]:
    """Limits of the build as they hold for one stage, which may use up its share and no more.

    No other stage of the build is at work meanwhile. So its share is held by a limit of the build:
    what the others have used, and the share, as often as there are rounds of attempts so far.

    Args:
        session: the build.
        stage: the stage that has a share.
        rounds: how many rounds there are with the one that begins; a person's guidance begins one.

    Raises:
        StorageError: the ledger failed.
    """
    rows = await session.recorder.calls()
    settings = session.settings.model_copy(update={"spending": session.spending})
    return limits_of(settings, session.call_maxima(stage), stage, rows, rounds)


def limits_of(
    settings: Settings, maxima: CallMaxima, stage: Stage, rows: list[CallRow], rounds: int
) -> tuple[CallMaxima, SpendingLimits]:
    """The same, of known limits and calls.

    Args:
        settings: the operator's.
        maxima: of calls, as they hold for any stage.
        stage: the stage that has a share.
        rows: every call of the build.
        rounds: as of `own_limits`.
    """
    others = [row for row in rows if row.stage != stage.number]
    share = settings.fixing.share * rounds
    calls = len(others) + math.ceil(share * maxima.per_build)
    spending = settings.spending
    spent = sum((row.cost_usd for row in others), Decimal(0))
    money = spent + share * spending.per_build_usd
    return (
        maxima.model_copy(update={"per_build": min(maxima.per_build, calls)}),
        spending.model_copy(update={"per_build_usd": min(spending.per_build_usd, money)}),
    )
