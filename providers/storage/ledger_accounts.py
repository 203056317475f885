"""The running totals that a batch changes: read under lock, changed in memory, written back once.

Locks are taken in one order, builds before months before models and each by its key, so that
batches of several processes cannot wait for one another in a circle.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, bindparam, select, text, tuple_, update

from core.errors import StorageError
from providers.storage.ledger_statements import Statements

BuildKey = tuple[str]
"""`(build_id,)`."""

MonthKey = tuple[str, str]
"""`(user, month)`, with the month as `2026-11`, UTC."""

ModelKey = tuple[str, str]
"""`(provider, model)`."""


@dataclass(slots=True)
class BuildAccount:
    """Totals of a build; money in nano-dollars, latency in microseconds."""

    calls: int
    input_tokens: int
    output_tokens: int
    cost_nanodollars: int
    reserved_nanodollars: int
    latency_microseconds: int


@dataclass(slots=True)
class MonthAccount:
    """What a user's builds cost in a month, in nano-dollars."""

    cost_nanodollars: int
    reserved_nanodollars: int


@dataclass(slots=True)
class ModelAccount:
    """How a model answered last; failures are those in a row."""

    last_success: datetime | None
    last_failure: datetime | None
    failures: int
    last_error: str


A = TypeVar("A", BuildAccount, MonthAccount, ModelAccount)
K = TypeVar("K", bound=tuple[str, ...])


class AccountTable(Generic[K, A]):
    """Reads, locks and writes the accounts of one table; its statements are made once.

    Args:
        table: with one or more text columns as its key.
        account_type: has the table's other columns as its fields.
    """

    def __init__(self, table: Table, account_type: type[A]) -> None:
        columns = list(table.primary_key.columns)
        key: ColumnElement[Any] = columns[0] if len(columns) == 1 else tuple_(*columns)
        self._name = table.name
        self._keys = len(columns)
        self._account_type = account_type
        # SQLite and PostgreSQL both know this form; SQLAlchemy has it only per dialect.
        quoted = ", ".join(f'"{column.name}"' for column in columns)
        values = ", ".join(f":key_{number}" for number in range(len(columns)))
        self._add = text(
            f"INSERT INTO {table.name} ({quoted}) VALUES ({values}) "  # noqa: S608 -- our own names
            "ON CONFLICT DO NOTHING"
        )
        names = [field.name for field in fields(account_type)]
        self._names = names
        self._values = attrgetter(*names)
        self._lock = (
            select(*columns, *(table.c[name] for name in names))
            .where(key.in_(bindparam("keys", expanding=True)))
            .order_by(*columns)
            .with_for_update()
        )
        self._change = (
            update(table)
            .where(*(column == bindparam(f"key_{i}") for i, column in enumerate(columns)))
            .values({name: bindparam(name) for name in names})
        )

    def add(self, connection: Connection, keys: Iterable[K]) -> None:
        """Make empty accounts where there are none."""
        rows = [_key_values(key) for key in sorted(set(keys))]
        if rows:
            connection.execute(self._add, rows)

    def lock(self, statements: Statements, keys: Iterable[K]) -> "Accounts[K, A]":
        """Read accounts, and keep everyone else from changing them until the transaction ends.

        On PostgreSQL the rows' locks do it; on SQLite the transaction is the only writer.

        Raises:
            StorageError: one is not there.
        """
        wanted = sorted(set(keys))
        if not wanted:
            return Accounts({}, self._values)
        values = [key[0] for key in wanted] if self._keys == 1 else wanted
        found: dict[tuple[str, ...], A] = {}
        for row in statements.rows(self._lock, {"keys": values}):
            values_read = tuple(row)
            account = self._account_type(*values_read[self._keys :])
            found[values_read[: self._keys]] = account
        for key in wanted:
            if key not in found:
                raise StorageError(
                    f"usage ledger: table {self._name} has lost the row of {key!r}; "
                    "was the database replaced while it was in use?"
                )
        return Accounts({key: found[key] for key in wanted}, self._values)

    def store(self, statements: Statements, accounts: "Accounts[K, A]") -> None:
        """Write back the accounts that were changed."""
        changed = [
            dict(zip(self._names, values, strict=True)) | _key_values(key)
            for key, values in accounts.changed()
        ]
        if changed:
            statements.change(self._change, changed)


class Accounts(Generic[K, A]):
    """Locked accounts by key; change them in place.

    Args:
        read: the accounts as they were read.
        values: of the fields of one, in their order.
    """

    def __init__(self, read: dict[K, A], values: Callable[[A], tuple[Any, ...]]) -> None:
        self._before = {key: values(account) for key, account in read.items()}
        self._now = read
        self._values = values

    def __getitem__(self, key: K) -> A:
        return self._now[key]

    def changed(self) -> list[tuple[K, tuple[Any, ...]]]:
        """The accounts that are no longer as they were read, with the values of their fields."""
        values = ((key, self._values(account)) for key, account in self._now.items())
        return [(key, now) for key, now in values if now != self._before[key]]


def _key_values(key: tuple[str, ...]) -> dict[str, str]:
    return {f"key_{number}": part for number, part in enumerate(key)}
