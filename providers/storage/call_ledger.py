"""The call ledger: every model call ever opened, and hard maxima that hold whatever goes wrong."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from sqlalchemy import URL, ColumnElement, Connection, func, insert, select, text, update

from core.artifacts.build_record import Usage
from core.errors import CallLimitError, StorageError
from providers.storage.calls import (
    CallIdentity,
    CallMaxima,
    CallOutcome,
    CallRow,
    ClosedOutcome,
)
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import builds, calls

# SQLite and PostgreSQL both know this form; SQLAlchemy has it only per dialect.
_ADD_BUILD = text("INSERT INTO builds (build_id) VALUES (:build_id) ON CONFLICT DO NOTHING")


class CallLedger:
    """Counts model calls and refuses those above a maximum, over restarts and many processes.

    Each method is one transaction, and reports a failing database as `StorageError`.

    Args:
        url: SQLAlchemy URL, for example `sqlite:////var/lib/app-builder/ledger.db`; the file and
            its folder are created at the first use.

    Raises:
        ConfigurationError: the URL cannot be used.
    """

    def __init__(self, url: str) -> None:
        self._database = LedgerDatabase(url)

    @classmethod
    def in_file(cls, path: Path) -> Self:
        """A ledger in an SQLite file, whatever characters its path has."""
        return cls(URL.create("sqlite", database=str(path)).render_as_string())

    async def open_call(self, call: CallIdentity, limits: CallMaxima) -> int:
        """Put down a call that is about to be made, if there may be one more.

        Every call ever opened counts, whatever became of it. A call about a file is held to the
        file's maximum and the build's, any other call to the stage's and the build's. A
        caller cancelled while waiting may have put it down; it then stays open and counts.

        Returns:
            The call's id, for `close_call`.

        Raises:
            CallLimitError: a maximum is reached; nothing was put down.
        """
        return await asyncio.to_thread(self._open, call, limits)

    async def close_call(
        self,
        call_id: int,
        *,
        outcome: ClosedOutcome,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cost_usd: float = 0.0,
        latency_seconds: float = 0.0,
        error_class: str = "",
    ) -> None:
        """Put down what became of an open call.

        Args:
            call_id: from `open_call`.
            outcome: what became of it.
            input_tokens: tokens of the prompt.
            output_tokens: tokens of the answer.
            cost_usd: US dollars.
            latency_seconds: from sending to the last byte.
            error_class: name of the error's class, when there was one.

        Raises:
            StorageError: there is no such call, it is closed already, or a value is negative.
        """
        values = {
            "outcome": outcome,
            "input_tokens": input_tokens,
            "output_tokens": output_tokens,
            "cost_usd": cost_usd,
            "latency_seconds": latency_seconds,
            "error_class": error_class,
        }
        await asyncio.to_thread(self._close, call_id, values)

    async def totals(self, build_id: str) -> Usage:
        """What all calls of a build took; `calls` counts every call ever opened."""
        return await asyncio.to_thread(self._totals, build_id)

    async def count(self, build_id: str, stage: str | None = None, file: str | None = None) -> int:
        """How many calls of a build were ever opened; of one stage or about one file if given."""
        return await asyncio.to_thread(self._count, build_id, stage, file)

    async def calls(self, build_id: str) -> list[CallRow]:
        """Every call of a build, in the order of opening."""
        return await asyncio.to_thread(self._calls, build_id)

    def close(self) -> None:
        """Close the database's connections."""
        self._database.close()

    def _open(self, call: CallIdentity, limits: CallMaxima) -> int:
        with self._database.writing() as connection:
            _lock_build(connection, call.build_id)
            _check_maxima(connection, call, limits)
            new_row = insert(calls).values(
                **call.model_dump(), outcome=CallOutcome.OPEN, started_at=datetime.now(UTC)
            )
            return connection.execute(new_row.returning(calls.c.id)).scalar_one()

    def _close(self, call_id: int, values: dict[str, str | int | float]) -> None:
        with self._database.writing() as connection:
            updated = connection.execute(
                update(calls)
                .where(calls.c.id == call_id, calls.c.outcome == CallOutcome.OPEN)
                .values(**values, finished_at=datetime.now(UTC))
            )
            if updated.rowcount == 1:
                return
            outcome = connection.scalar(select(calls.c.outcome).where(calls.c.id == call_id))
        found = "there is no such call" if outcome is None else f"it is already {outcome!r}"
        raise StorageError(
            f"call ledger {self._database.name}: cannot close call {call_id!r}: {found}"
        )

    def _totals(self, build_id: str) -> Usage:
        sums = [
            func.coalesce(func.sum(calls.c[column]), 0).label(name)
            for name, column in (
                ("input_tokens", "input_tokens"),
                ("output_tokens", "output_tokens"),
                ("cost_usd", "cost_usd"),
                ("seconds", "latency_seconds"),
            )
        ]
        query = select(func.count().label("calls"), *sums).where(calls.c.build_id == build_id)
        with self._database.reading() as connection:
            return Usage.model_validate(dict(connection.execute(query).mappings().one()))

    def _count(self, build_id: str, stage: str | None, file: str | None) -> int:
        wanted = [calls.c.build_id == build_id]
        if stage is not None:
            wanted.append(calls.c.stage == stage)
        if file is not None:
            wanted.append(calls.c.file == file)
        with self._database.reading() as connection:
            return _number_of_calls(connection, *wanted)

    def _calls(self, build_id: str) -> list[CallRow]:
        query = select(calls).where(calls.c.build_id == build_id).order_by(calls.c.id)
        with self._database.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [CallRow.model_validate(dict(row)) for row in rows]


def _lock_build(connection: Connection, build_id: str) -> None:
    """Hold off everyone else who opens a call of this build, until the transaction ends.

    On PostgreSQL the row's lock does it; on SQLite the transaction alone is the only writer.
    """
    connection.execute(_ADD_BUILD, {"build_id": build_id})
    connection.execute(
        select(builds.c.build_id).where(builds.c.build_id == build_id).with_for_update()
    )


def _check_maxima(connection: Connection, call: CallIdentity, limits: CallMaxima) -> None:
    build = f"build {call.build_id!r}"
    in_build = calls.c.build_id == call.build_id
    if call.file is None:
        alike = (in_build, calls.c.stage == call.stage, calls.c.file.is_(None))
        whose, maximum = f"stage {call.stage!r} of {build}", limits.per_stage
        setting = f"max_calls of stage {call.stage} in the stage table"
    else:
        alike = (in_build, calls.c.file == call.file)
        whose, maximum = f"file {call.file!r} of {build}", limits.per_file
        setting = "APP_BUILDER_CALLS__PER_FILE"
    _refuse_above(maximum, _number_of_calls(connection, *alike), whose, setting)
    made = _number_of_calls(connection, in_build)
    _refuse_above(limits.per_build, made, build, "APP_BUILDER_CALLS__PER_BUILD")


def _refuse_above(maximum: int, made: int, whose: str, setting: str) -> None:
    if made >= maximum:
        raise CallLimitError(
            f"{whose} has made {made} model calls, and its maximum over the build's life is "
            f"{maximum}; to allow more, raise {setting}, then start the build again"
        )


def _number_of_calls(connection: Connection, *wanted: ColumnElement[bool]) -> int:
    query = select(func.count()).select_from(calls).where(*wanted)
    return connection.execute(query).scalar_one()
