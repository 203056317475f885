"""Calls put straight into a ledger's tables, as if they had been made."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from sqlalchemy import insert, text

from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import calls
from providers.storage.money import nanodollars

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def add_call(
    database: LedgerDatabase,
    *,
    build_id: str = "b-1",
    user: str = "ada",
    stage: str = "3",
    template: str = "schema-generator",
    file: str | None = None,
    provider: str = "p",
    model: str = "m",
    outcome: str = "answered",
    cost: Decimal = Decimal(0),
    input_tokens: int = 0,
    output_tokens: int = 0,
    seconds: float = 1.0,
    error_class: str = "",
    at: datetime = NOON,
) -> None:
    """Put one call into a ledger."""
    with database.writing() as connection:
        connection.execute(
            text("INSERT INTO builds (build_id) VALUES (:id) ON CONFLICT DO NOTHING"),
            {"id": build_id},
        )
        connection.execute(
            insert(calls).values(
                build_id=build_id,
                project_id="p",
                user=user,
                stage=stage,
                template=template,
                file=file,
                provider=provider,
                model=model,
                outcome=outcome,
                input_tokens=input_tokens,
                output_tokens=output_tokens,
                cost_nanodollars=nanodollars(cost),
                latency_microseconds=round(seconds * 1e6),
                error_class=error_class,
                started_at=at,
                finished_at=None if outcome == "open" else at + timedelta(seconds=seconds),
                expires_at=at + timedelta(hours=1),
            )
        )
