"""The flow `usage-report`: what model calls cost, how they went and how long they took."""

from datetime import UTC, date, datetime
from typing import Annotated

from prefect import flow
from pydantic import Field

from tasks.usage.report import LONGEST_DAYS, first_of
from tasks.usage.steps import ask_ledger, keep_report


@flow(name="usage-report")
async def usage_report(
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 30,
    first_day: date | None = None,
    last_day: date | None = None,
) -> tuple[str, ...]:
    """Report what the usage ledger says: cost, success, latency and errors of model calls.

    Args:
        days: How many days to report, where no first day is given.
        first_day: First day of the report (UTC).
        last_day: Last day of the report (UTC). Left empty, today.

    Returns:
        The keys of the report's files in the artifact store.
    """
    last = last_day or datetime.now(UTC).date()
    return await keep_report(await ask_ledger(first_day or first_of(days, last), last))
