"""Tables of the usage ledger, in SQL that SQLite and PostgreSQL share.

A change here needs a migration (`providers/storage/migrations`). Money is in nano-dollars, time
in microseconds: integers, which add up exactly. `builds`, `user_months` and `models` keep running
totals of `calls`, changed in the same transaction, so that no call costs a scan of all others.
"""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)

from providers.storage.calls import CallOutcome


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC; SQLite keeps no time zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; `value` must have a time zone."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Back as UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_OUTCOMES = ", ".join(f"'{outcome}'" for outcome in CallOutcome)
_IS_OPEN = text(f"outcome = '{CallOutcome.OPEN}'")

metadata = MetaData()


def _amount(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, default=0, server_default="0")


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="", server_default="")


builds = Table(
    "builds",
    metadata,
    Column("build_id", Text, primary_key=True),
    _amount("calls"),
    _amount("input_tokens"),
    _amount("output_tokens"),
    _amount("cost_nanodollars"),
    _amount("reserved_nanodollars"),
    _amount("latency_microseconds"),
    comment="One row a build; who holds its lock may change the build's calls.",
)

user_months = Table(
    "user_months",
    metadata,
    Column("user", Text, primary_key=True),
    Column("month", Text, primary_key=True, comment="As 2026-11, UTC."),
    _amount("cost_nanodollars"),
    _amount("reserved_nanodollars"),
)

models = Table(
    "models",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("model", Text, primary_key=True),
    Column("last_success", UtcDateTime),
    Column("last_failure", UtcDateTime),
    Column("failures", BigInteger, nullable=False, default=0, server_default="0"),
    _text("last_error"),
    comment="How each model answered last; failures are those in a row.",
)

calls = Table(
    "calls",
    metadata,
    # SQLite numbers rows by itself only where the key's type is exactly INTEGER.
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("build_id", Text, ForeignKey(builds.c.build_id), nullable=False),
    Column("project_id", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("stage", Text, nullable=False),
    _text("template"),
    Column("file", Text, comment="Null: the call is about no single file."),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    _text("prompt_digest"),
    Column("outcome", Text, nullable=False),
    _amount("input_tokens"),
    _amount("output_tokens"),
    _amount("cost_nanodollars"),
    _amount("reserved_nanodollars"),
    _amount("latency_microseconds"),
    _text("error_class"),
    _text("error"),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("expires_at", UtcDateTime, nullable=False),
    CheckConstraint(f"outcome IN ({_OUTCOMES})", name="calls_outcome"),
    CheckConstraint("input_tokens >= 0 AND output_tokens >= 0", name="calls_tokens"),
    CheckConstraint("cost_nanodollars >= 0 AND reserved_nanodollars >= 0", name="calls_money"),
    CheckConstraint("latency_microseconds >= 0", name="calls_latency"),
    Index("calls_by_stage", "build_id", "stage", "file"),
    Index("calls_by_file", "build_id", "file"),
    Index("calls_by_time", "started_at"),
    Index("calls_open", "expires_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
)
