"""Brings a ledger's tables to what this release works with, whatever made them.

A ledger has its revision in the table `ledger_version`, under a name of its own because the
database may be shared. Revisions are in `versions/`; the last one is `HEAD`.
"""

from pathlib import Path

from sqlalchemy import Column, Connection, MetaData, Table, Text, inspect, select, text

from core.errors import ConfigurationError

HEAD = "0002"
"""The revision that this release works with."""

VERSION_TABLE = "ledger_version"
CONNECTION = "connection"
"""Where alembic's environment finds the connection among the configuration's attributes."""

_FIRST = "0001"
_TABLE_OF_THE_FIRST = "calls"
_LOCK = 0x6C6564676572  # any number that nothing else in the database locks: "ledger" in ASCII
_VERSION = Table(VERSION_TABLE, MetaData(), Column("version_num", Text))


def is_current(connection: Connection) -> bool:
    """Whether the tables are those of `HEAD`; only reads."""
    return _revision(connection) == HEAD


def upgrade(connection: Connection, name: str) -> None:
    """Make or change the tables, within the connection's transaction; alone in the database.

    Args:
        connection: in a transaction that may write.
        name: what the ledger is called in errors.

    Raises:
        ConfigurationError: a newer release made the tables.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    if connection.dialect.name == "postgresql":  # on SQLite the transaction is the only writer
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    found = _revision(connection)
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes[CONNECTION] = connection
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise ConfigurationError(
            f"usage ledger {name}: its tables have revision {found!r}, and this release knows "
            f"none after {HEAD!r}: a newer release made them; use that release, or another "
            "ledger by APP_BUILDER_LEDGER_URL"
        )
    if found is None and inspect(connection).has_table(_TABLE_OF_THE_FIRST):
        command.stamp(config, _FIRST)  # made before there were migrations
    command.upgrade(config, HEAD)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    return connection.scalar(select(_VERSION.c.version_num))
