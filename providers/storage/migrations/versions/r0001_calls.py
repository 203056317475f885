"""The tables of the first releases, which made them without migrations."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_DOUBLE: sa.Double[float] = sa.Double()


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "builds",
        sa.Column("build_id", sa.Text, primary_key=True),
        comment="One row a build; who holds its lock may count and add the build's calls.",
    )
    op.create_table(
        "calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("build_id", sa.Text, sa.ForeignKey("builds.build_id"), nullable=False),
        sa.Column("project_id", sa.Text, nullable=False),
        sa.Column("user", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("file", sa.Text, comment="Null: the call is about no single file."),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("input_tokens", sa.BigInteger, nullable=False),
        sa.Column("output_tokens", sa.BigInteger, nullable=False),
        sa.Column("cost_usd", _DOUBLE, nullable=False),
        sa.Column("latency_seconds", _DOUBLE, nullable=False),
        sa.Column("error_class", sa.Text, nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint(
            "outcome IN ('open', 'answered', 'failed', 'refused')", name="calls_outcome"
        ),
        sa.CheckConstraint("input_tokens >= 0 AND output_tokens >= 0", name="calls_tokens"),
        sa.CheckConstraint("cost_usd BETWEEN 0 AND 1e300", name="calls_cost"),
        sa.CheckConstraint("latency_seconds BETWEEN 0 AND 1e300", name="calls_latency"),
    )
    op.create_index("calls_by_stage", "calls", ["build_id", "stage"])
    op.create_index("calls_by_file", "calls", ["build_id", "file"])
