"""How the statements of a transaction are run: by SQLAlchemy, or by SQLite's driver itself.

Of what a commit in the event loop took, six parts in seven were SQLAlchemy's work around each
statement, and only one was SQLite's. So there SQLAlchemy writes each statement once, and the driver
runs it.
"""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol, cast

from sqlalchemy import Connection, Dialect, Insert, Select, Update
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_Query = Select[Any]
_Parameters = Mapping[str, Any]
_Sizes = tuple[int, ...]
_Processor = Callable[[Any], Any]

_MOST_FORMS = 1_000
"""Forms that are kept: a query has one for each number of keys that it is asked about."""


class Statements(Protocol):
    """Runs statements within one transaction."""

    def rows(self, query: _Query, parameters: _Parameters) -> Sequence[Sequence[Any]]:
        """What a query finds; a parameter that is a list stands for its values."""
        ...

    def change(self, update: Update, each: Sequence[_Parameters]) -> None:
        """Change rows, one after the other."""
        ...

    def insert(self, insert: Insert, each: Sequence[_Parameters]) -> list[int]:
        """Put down rows, all with the same columns; the numbers they get, in their order."""
        ...


class CoreStatements:
    """Runs statements with SQLAlchemy, on any database.

    Args:
        connection: in a transaction.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def rows(self, query: _Query, parameters: _Parameters) -> Sequence[Sequence[Any]]:
        """What a query finds; a parameter that is a list stands for its values."""
        return self._connection.execute(query, parameters).all()

    def change(self, update: Update, each: Sequence[_Parameters]) -> None:
        """Change rows, one after the other."""
        self._connection.execute(update, each)

    def insert(self, insert: Insert, each: Sequence[_Parameters]) -> list[int]:
        """Put down rows, all with the same columns; the numbers they get, in their order."""
        return list(self._connection.execute(insert, each).scalars())


class DriverStatements:
    """Runs statements with SQLite's driver; what goes wrong is raised as `sqlite3.Error`.

    Args:
        connection: in a transaction.
        forms: the statements in SQLite's words.
    """

    def __init__(self, connection: sqlite3.Connection, forms: "StatementForms") -> None:
        self._run = connection.execute
        self._forms = forms

    def rows(self, query: _Query, parameters: _Parameters) -> Sequence[Sequence[Any]]:
        """What a query finds; a parameter that is a list stands for its values."""
        form = self._forms.of_query(query, parameters)
        return form.read(self._run(form.text, form.values(parameters)))

    def change(self, update: Update, each: Sequence[_Parameters]) -> None:
        """Change rows, one after the other."""
        form = self._forms.of_change(update, each[0])
        for parameters in each:
            self._run(form.text, form.values(parameters)).close()

    def insert(self, insert: Insert, each: Sequence[_Parameters]) -> list[int]:
        """Put down rows, all with the same columns; the numbers they get, in their order."""
        form = self._forms.of_change(insert, each[0])
        return [self._run(form.text, form.values(row)).fetchone()[0] for row in each]


class StatementForms:
    """Statements in one dialect's words, each written when it is first used.

    Args:
        dialect: of SQLite.
    """

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._forms: dict[tuple[_Query | Insert | Update, _Sizes], _Form] = {}

    def of_query(self, query: _Query, parameters: _Parameters) -> "_Form":
        """The form for parameters with as many values as these."""
        sizes = tuple(
            len(cast("list[Any]", value)) if isinstance(value, list) else -1
            for value in parameters.values()
        )
        form = self._forms.get((query, sizes))
        if form is None:
            compiled = _compiled(query, self._dialect, None)
            text = compiled.construct_expanded_state(parameters).statement
            columns = [column.type for column in query.exported_columns]
            form = self._kept(query, sizes, _Form(text, compiled, self._dialect, columns))
        return form

    def of_change(self, change: Insert | Update, parameters: _Parameters) -> "_Form":
        """The form for parameters of these names, which are the same at every use."""
        form = self._forms.get((change, ()))
        if form is None:
            names = list(parameters) if isinstance(change, Insert) else None
            compiled = _compiled(change, self._dialect, names)
            form = self._kept(change, (), _Form(str(compiled), compiled, self._dialect))
        return form

    def _kept(self, statement: _Query | Insert | Update, sizes: _Sizes, form: "_Form") -> "_Form":
        if len(self._forms) >= _MOST_FORMS:
            self._forms.clear()
        self._forms[statement, sizes] = form
        return form


class _Form:
    """A statement as the driver takes it.

    Args:
        text: with `?` for each value.
        compiled: what the text was made of.
        dialect: what it was made in.
        columns: the types of the columns that are read.
    """

    def __init__(
        self,
        text: str,
        compiled: SQLCompiler,
        dialect: Dialect,
        columns: Sequence[TypeEngine[Any]] = (),
    ) -> None:
        self.text = text
        self._constants = {
            name: value for name, value in compiled.params.items() if value is not None
        }
        self._values = [
            (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect))
            for name in compiled.positiontup or ()
        ]
        readers = (each.dialect_impl(dialect).result_processor(dialect, None) for each in columns)
        self._readers = [
            (place, reader) for place, reader in enumerate(readers) if reader is not None
        ]

    def values(self, parameters: _Parameters) -> list[Any]:
        """The values in the order of the text, as they are stored."""
        values: list[Any] = []
        for name, stored in self._values:
            value = parameters[name] if name in parameters else self._constants[name]
            if isinstance(value, list):
                values += _flat(cast("list[Any]", value))
            else:
                values.append(value if stored is None else stored(value))
        return values

    def read(self, found: Iterable[tuple[Any, ...]]) -> Sequence[Sequence[Any]]:
        """Rows as they are read."""
        if not self._readers:
            return list(found)
        return [self._read(list(row)) for row in found]

    def _read(self, row: list[Any]) -> list[Any]:
        for place, reader in self._readers:
            row[place] = reader(row[place])
        return row


def _compiled(
    statement: _Query | Insert | Update, dialect: Dialect, columns: list[str] | None
) -> SQLCompiler:
    return statement.compile(dialect=dialect, column_keys=columns)


def _flat(values: list[Any]) -> list[Any]:
    """The values of a list, and those of its keys that have several parts."""
    if values and isinstance(values[0], tuple):
        return [part for key in cast("list[tuple[Any, ...]]", values) for part in key]
    return values
