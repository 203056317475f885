"""What can be asked of the ledger without changing it."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import or_, select

from core.artifacts.build_record import Usage
from providers.storage.calls import CallRow, ModelOutcomes
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import builds, calls, models, user_months
from providers.storage.money import dollars

_MICRO = 1_000_000


def totals(database: LedgerDatabase, build_id: str) -> Usage:
    """What all calls of a build took."""
    with database.reading() as connection:
        row = connection.execute(select(builds).where(builds.c.build_id == build_id)).first()
    if row is None:
        return Usage()
    return Usage(
        calls=row.calls,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cost_usd=float(dollars(row.cost_nanodollars)),
        seconds=row.latency_microseconds / _MICRO,
    )


def spent(
    database: LedgerDatabase, build_id: str, user: str, month: str
) -> tuple[Decimal, Decimal]:
    """US dollars that a build cost over its life, and a user in a month."""
    of_build = select(builds.c.cost_nanodollars).where(builds.c.build_id == build_id)
    of_user = select(user_months.c.cost_nanodollars).where(
        user_months.c.user == user, user_months.c.month == month
    )
    with database.reading() as connection:
        found = [connection.scalar(query) or 0 for query in (of_build, of_user)]
    return dollars(found[0]), dollars(found[1])


def calls_of(database: LedgerDatabase, build_id: str) -> list[CallRow]:
    """Every call of a build, in the order of opening."""
    query = select(calls).where(calls.c.build_id == build_id).order_by(calls.c.id)
    with database.reading() as connection:
        rows = connection.execute(query).mappings().all()
    found: list[CallRow] = []
    for row in rows:
        fields = dict(row)
        latency = fields.pop("latency_microseconds") / _MICRO
        money = {
            f"{name}_usd": dollars(fields.pop(f"{name}_nanodollars"))
            for name in ("cost", "reserved")
        }
        found.append(CallRow.model_validate({**fields, **money, "latency_seconds": latency}))
    return found


def recent_outcomes(database: LedgerDatabase, since: datetime) -> list[ModelOutcomes]:
    """How each model that was heard of since a moment has answered."""
    query = (
        select(models)
        .where(or_(models.c.last_success >= since, models.c.last_failure >= since))
        .order_by(models.c.provider, models.c.model)
    )
    with database.reading() as connection:
        rows = connection.execute(query).mappings().all()
    return [ModelOutcomes.model_validate(dict(row)) for row in rows]
