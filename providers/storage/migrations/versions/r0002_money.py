"""Money in whole nano-dollars, reservations, running totals, and how each model answered.

`calls` is made anew and filled from the old one, because SQLite cannot change a column's type or
a constraint. The running totals are added up from the calls. Calls that were open have no
reservation: their money was never held, so they expire as they began.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_COPY = """
INSERT INTO calls (
    id, build_id, project_id, "user", stage, file, provider, model, outcome, input_tokens,
    output_tokens, cost_nanodollars, latency_microseconds, error_class, started_at, finished_at,
    expires_at
)
SELECT
    id, build_id, project_id, "user", stage, file, provider, model, outcome, input_tokens,
    output_tokens, CAST(round(cost_usd * 1e9) AS BIGINT),
    CAST(round(latency_seconds * 1e6) AS BIGINT), error_class, started_at, finished_at, started_at
FROM calls_before
"""

_TOTAL_BUILDS = """
UPDATE builds SET
    calls = (SELECT count(*) FROM calls WHERE calls.build_id = builds.build_id),
    input_tokens = (
        SELECT coalesce(sum(calls.input_tokens), 0) FROM calls
        WHERE calls.build_id = builds.build_id),
    output_tokens = (
        SELECT coalesce(sum(calls.output_tokens), 0) FROM calls
        WHERE calls.build_id = builds.build_id),
    cost_nanodollars = (
        SELECT coalesce(sum(calls.cost_nanodollars), 0) FROM calls
        WHERE calls.build_id = builds.build_id),
    latency_microseconds = (
        SELECT coalesce(sum(calls.latency_microseconds), 0) FROM calls
        WHERE calls.build_id = builds.build_id)
"""

_TOTAL_MONTHS = """
INSERT INTO user_months ("user", month, cost_nanodollars, reserved_nanodollars)
SELECT "user", {month}, sum(cost_nanodollars), 0 FROM calls GROUP BY "user", {month}
"""

_MODELS = """
INSERT INTO models (provider, model, last_success)
SELECT provider, model, max(CASE WHEN outcome = 'answered' THEN finished_at END)
FROM calls GROUP BY provider, model
"""


def upgrade() -> None:
    """Make the new tables and fill them from the old."""
    op.execute("CREATE TEMPORARY TABLE calls_before AS SELECT * FROM calls")
    op.drop_table("calls")
    for name in (
        "calls",
        "input_tokens",
        "output_tokens",
        "cost_nanodollars",
        "reserved_nanodollars",
        "latency_microseconds",
    ):
        op.add_column("builds", _amount(name))
    _create_totals()
    _create_calls()
    op.execute(_COPY)
    op.execute("DROP TABLE calls_before")
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    if not is_sqlite:  # which has no comments, and numbers rows after the last one by itself
        op.create_table_comment(
            "builds", "One row a build; who holds its lock may change the build's calls."
        )
        op.execute(
            "SELECT setval(pg_get_serial_sequence('calls', 'id'), "
            "coalesce(max(id), 1), max(id) IS NOT NULL) FROM calls"
        )
    op.execute(_TOTAL_BUILDS)
    in_utc = "to_char(started_at AT TIME ZONE 'UTC', 'YYYY-MM')"
    month = "substr(started_at, 1, 7)" if is_sqlite else in_utc
    op.execute(_TOTAL_MONTHS.format(month=month))
    op.execute(_MODELS)


def _create_totals() -> None:
    op.create_table(
        "user_months",
        sa.Column("user", sa.Text, primary_key=True),
        sa.Column("month", sa.Text, primary_key=True, comment="As 2026-11, UTC."),
        _amount("cost_nanodollars"),
        _amount("reserved_nanodollars"),
    )
    op.create_table(
        "models",
        sa.Column("provider", sa.Text, primary_key=True),
        sa.Column("model", sa.Text, primary_key=True),
        sa.Column("last_success", sa.DateTime(timezone=True)),
        sa.Column("last_failure", sa.DateTime(timezone=True)),
        _amount("failures"),
        _text("last_error"),
        comment="How each model answered last; failures are those in a row.",
    )


def _create_calls() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("build_id", sa.Text, sa.ForeignKey("builds.build_id"), nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        _text("template"),
        sa.Column("file", sa.Text, comment="Null: the call is about no single file."),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        _text("prompt_digest"),
        sa.Column("outcome", sa.Text, nullable=False),
        _amount("input_tokens"),
        _amount("output_tokens"),
        _amount("cost_nanodollars"),
        _amount("reserved_nanodollars"),
        _amount("latency_microseconds"),
        _text("error_class"),
        _text("error"),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('open', 'answered', 'failed', 'refused', 'expired')",
            name="calls_outcome",
        ),
        sa.CheckConstraint("input_tokens >= 0 AND output_tokens >= 0", name="calls_tokens"),
        sa.CheckConstraint(
            "cost_nanodollars >= 0 AND reserved_nanodollars >= 0", name="calls_money"
        ),
        sa.CheckConstraint("latency_microseconds >= 0", name="calls_latency"),
    )
    op.create_index("calls_by_stage", "calls", ["build_id", "stage", "file"])
    op.create_index("calls_by_file", "calls", ["build_id", "file"])
    op.create_index("calls_by_time", "calls", ["started_at"])
    is_open = sa.text("outcome = 'open'")
    op.create_index(
        "calls_open", "calls", ["expires_at"], sqlite_where=is_open, postgresql_where=is_open
    )


def _amount(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=False, server_default="0")


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")
