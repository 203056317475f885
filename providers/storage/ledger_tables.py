"""Tables of the call ledger, in SQL that SQLite and PostgreSQL share."""

from datetime import UTC, datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    Double,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
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

metadata = MetaData()

builds = Table(
    "builds",
    metadata,
    Column("build_id", Text, primary_key=True),
    comment="One row a build; who holds its lock may count and add the build's calls.",
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
    Column("file", Text, comment="Null: the call is about no single file."),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("input_tokens", BigInteger, nullable=False, default=0),
    Column("output_tokens", BigInteger, nullable=False, default=0),
    Column("cost_usd", Double, nullable=False, default=0.0),
    Column("latency_seconds", Double, nullable=False, default=0.0),
    Column("error_class", Text, nullable=False, default=""),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    CheckConstraint(f"outcome IN ({_OUTCOMES})", name="calls_outcome"),
    CheckConstraint("input_tokens >= 0 AND output_tokens >= 0", name="calls_tokens"),
    # The upper bounds keep out infinity, and not-a-number, which PostgreSQL sorts above it.
    CheckConstraint("cost_usd BETWEEN 0 AND 1e300", name="calls_cost"),
    CheckConstraint("latency_seconds BETWEEN 0 AND 1e300", name="calls_latency"),
    Index("calls_by_stage", "build_id", "stage"),
    Index("calls_by_file", "build_id", "file"),
)
