"""Run by alembic: migrates the ledger over the connection it is given, in that transaction."""

from alembic import context

from providers.storage.ledger_tables import metadata
from providers.storage.migrations.upgrade import CONNECTION, VERSION_TABLE

context.configure(
    connection=context.config.attributes[CONNECTION],
    target_metadata=metadata,
    version_table=VERSION_TABLE,
)
context.run_migrations()
