"""What builds and users have spent, read from the running totals by their keys."""

from collections.abc import Collection

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import builds, user_months

_NANO = 1e9


class BuildSpending(BaseModel):
    """What a build took over its life; money in US dollars."""

    model_config = ConfigDict(frozen=True)

    build_id: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float


class UserMonth(BaseModel):
    """What a user's builds cost in a month, and what open calls reserve; US dollars."""

    model_config = ConfigDict(frozen=True)

    user: str
    cost_usd: float
    reserved_usd: float


class LedgerSpending:
    """Reads the totals; its methods block.

    Args:
        database: the ledger's; not closed here. Its `StorageError` is raised on.
    """

    def __init__(self, database: LedgerDatabase) -> None:
        self._database = database

    def of_builds(self, build_ids: Collection[str]) -> list[BuildSpending]:
        """Totals of the builds that are there, by id."""
        query = select(builds).where(builds.c.build_id.in_(build_ids)).order_by(builds.c.build_id)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            BuildSpending(
                build_id=row.build_id,
                calls=row.calls,
                input_tokens=row.input_tokens,
                output_tokens=row.output_tokens,
                cost_usd=row.cost_nanodollars / _NANO,
            )
            for row in rows
        ]

    def of_users(self, month: str) -> list[UserMonth]:
        """Every user's account of a month (`2026-11`, UTC), the dearest first."""
        query = (
            select(user_months)
            .where(user_months.c.month == month)
            .order_by(user_months.c.cost_nanodollars.desc(), user_months.c.user)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return [
            UserMonth(
                user=row.user,
                cost_usd=row.cost_nanodollars / _NANO,
                reserved_usd=row.reserved_nanodollars / _NANO,
            )
            for row in rows
        ]
