"""The usage ledger: every model call ever made, and limits that hold whatever goes wrong."""

import asyncio
import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from sqlalchemy.exc import DataError, IntegrityError

from core.artifacts.build_record import Usage
from core.errors import StorageError
from core.settings import SpendingLimits
from providers.storage import ledger_queries
from providers.storage.calls import (
    CallIdentity,
    CallMaxima,
    CallOutcome,
    CallRow,
    ClosedOutcome,
    ModelOutcomes,
)
from providers.storage.ledger_batch import Batch, account_keys, add_accounts
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_requests import (
    Extension,
    Request,
    Reservation,
    Result,
    Settlement,
)
from providers.storage.ledger_rows import month_of
from providers.storage.ledger_statements import CoreStatements
from providers.storage.ledger_writer import LedgerWriter
from providers.storage.money import nanodollars

ERROR_CHARACTERS = 2_000
"""How much of an error's text is kept."""

_MOST_TOKENS = 10**12
_MOST_SECONDS = 10**9
_BAD_VALUES = (DataError, IntegrityError, OverflowError)


def _now() -> datetime:
    return datetime.now(UTC)


class UsageLedger:
    """Holds money and numbers of calls, over restarts, many processes and machines.

    Money is reserved before a call and settled after it; what is settled and what is reserved
    counts. Every method reports a failing database as `StorageError`. What coroutines ask at the
    same time is committed together: in an SQLite file that nobody else writes to, by the event loop
    in a fraction of a millisecond; else by a thread.

    Args:
        url: SQLAlchemy URL, `sqlite:////var/lib/app-builder/ledger.db` or
            `postgresql+psycopg://user@host/name`; a file, its folder and the tables are made at
            the first use, and tables of older releases are migrated.
        clock: tells the time, UTC.

    Raises:
        ConfigurationError: the URL cannot be used; later, from any method: a newer release made
            the tables.
    """

    def __init__(self, url: str, *, clock: Callable[[], datetime] = _now) -> None:
        self._database = LedgerDatabase(url)
        self._clock = clock
        self._writer = LedgerWriter(
            self._commit,
            self._commit_at_once if self._database.commits_at_once else None,
            self._database.checkpoint,
        )
        self._known: set[tuple[object, ...]] = set()

    async def reserve(
        self,
        call: CallIdentity,
        maxima: CallMaxima,
        *,
        spending: SpendingLimits,
        estimate_usd: Decimal,
        seconds: float,
    ) -> int:
        """Put down a call that is about to be made, and hold the most it can cost.

        Every call ever put down counts against the maxima of calls, whatever became of it: a call
        about a file against the file's and the build's, any other against the stage's and the
        build's. Against the limits of money counts what calls cost, and what open calls reserve
        until they expire. Where only the reservations of others are in the way, it waits for
        them, first come, first served within this process. A call that costs nothing needs no
        money. A caller that is cancelled has nothing reserved, or it is released at once.

        Args:
            call: which call it is.
            maxima: of calls.
            spending: limits of money.
            estimate_usd: the most it can cost, US dollars.
            seconds: after these the reservation no longer counts, unless it is settled or
                extended before; so the reservation of a process that died ends by itself.

        Returns:
            The call's number, for `settle`.

        Raises:
            CallLimitError: a maximum of calls is reached.
            SpendingLimitError: it costs more than one call may, or more than the build or the
                user has left, even if all open reservations were released.
            StorageError: the estimate or the time is out of bounds; or the ledger was closed.
        """
        _check_seconds(seconds)
        reservation = Reservation(call, maxima, spending, nanodollars(estimate_usd), seconds)
        return await self._writer.ask(reservation)

    async def extend(self, call_id: int, *, seconds: float) -> None:
        """Let the reservation of an open call count for longer.

        One that has expired meanwhile counts again, whatever the limits of money say by now: its
        call may be under way.

        Args:
            call_id: from `reserve`.
            seconds: how long, from now on.

        Raises:
            StorageError: there is no such call, it is closed already, or the time is out of
                bounds.
        """
        _check_seconds(seconds)
        await self._writer.ask(Extension(call_id, seconds))

    async def settle(
        self,
        call_id: int,
        *,
        outcome: ClosedOutcome,
        input_tokens: int = 0,
        output_tokens: int = 0,
        cost_usd: Decimal = Decimal(0),
        latency_seconds: float = 0.0,
        error_class: str = "",
        error: str = "",
    ) -> None:
        """Put down what became of an open call; its reservation is released.

        A call whose reservation has expired can still be settled: its cost was spent.

        Args:
            call_id: from `reserve`.
            outcome: what became of it.
            input_tokens: tokens of the prompt.
            output_tokens: tokens of the answer.
            cost_usd: what it cost, US dollars.
            latency_seconds: from sending to the last byte.
            error_class: name of the error's class, when there was one.
            error: the error's text without secrets; its first `ERROR_CHARACTERS` are kept.

        Raises:
            StorageError: there is no such call, it is closed already, or a value is out of bounds.
        """
        for what, value, most in (
            ("input_tokens", input_tokens, _MOST_TOKENS),
            ("output_tokens", output_tokens, _MOST_TOKENS),
            ("latency_seconds", latency_seconds, _MOST_SECONDS),
        ):
            if not 0 <= value <= most:
                raise StorageError(
                    f"usage ledger: cannot close call {call_id!r}: {what} is {value!r}; "
                    f"it must be from 0 to {most}"
                )
        settlement = Settlement(
            call_id,
            _closed(call_id, outcome),
            input_tokens=input_tokens,
            output_tokens=output_tokens,
            cost=nanodollars(cost_usd),
            latency=math.ceil(latency_seconds * 1e6),
            error_class=_storable(error_class),
            error=_storable(error),
        )
        await self._writer.ask(settlement)

    async def totals(self, build_id: str) -> Usage:
        """What all calls of a build took; `calls` counts every call ever put down."""
        return await asyncio.to_thread(ledger_queries.totals, self._database, build_id)

    async def spent(self, build_id: str, user: str) -> tuple[Decimal, Decimal]:
        """US dollars that a build cost over its life, and its user in this month (UTC)."""
        month = month_of(self._clock())
        return await asyncio.to_thread(ledger_queries.spent, self._database, build_id, user, month)

    async def calls(self, build_id: str) -> list[CallRow]:
        """Every call of a build, in the order of opening."""
        return await asyncio.to_thread(ledger_queries.calls_of, self._database, build_id)

    async def recent_outcomes(self, since: datetime) -> list[ModelOutcomes]:
        """How each model that was heard of since a moment has answered; costs little.

        Failures in a row are all since the last answer, also those before `since`.
        """
        return await asyncio.to_thread(ledger_queries.recent_outcomes, self._database, since)

    def close(self) -> None:
        """Commit what was asked and close the database's connections; a later use opens new."""
        self._writer.close()
        self._database.close()

    def _commit(self, requests: Sequence[Request], expire: bool) -> list[Result]:
        """In the writer's thread."""
        try:
            return self._commit_together(requests, expire=expire)
        except StorageError as error:
            values_are_bad = isinstance(error.__cause__, _BAD_VALUES)
            if len(requests) == 1 or not values_are_bad:
                raise
        # One of them has values that the database refuses; the others shall not suffer.
        return [self._commit_alone(request, expire=expire) for request in requests]

    def _commit_at_once(self, requests: Sequence[Request]) -> list[Result] | None:
        """In the event loop: only where neither the disk nor another process is waited for."""
        now = self._clock()
        wanted = {
            account_keys(asked.call, now) for asked in requests if isinstance(asked, Reservation)
        }
        if not wanted <= self._known:
            return None
        try:
            with self._database.writing_at_once() as statements:
                if statements is None:
                    return None
                return Batch(
                    statements, requests, now, expire=False, name=self._database.name
                ).run()
        except StorageError:
            return None  # nothing was changed; the thread tries again, and tells what is wrong

    def _commit_alone(self, request: Request, *, expire: bool) -> Result:
        try:
            return self._commit_together([request], expire=expire)[0]
        except StorageError as error:
            return error

    def _commit_together(self, requests: Sequence[Request], *, expire: bool) -> list[Result]:
        now = self._clock()
        wanted = {
            account_keys(asked.call, now) for asked in requests if isinstance(asked, Reservation)
        }
        if unknown := sorted(wanted - self._known):
            with self._database.writing() as connection:
                add_accounts(connection, unknown)
            self._known.update(unknown)
        with self._database.writing() as connection:
            statements = CoreStatements(connection)
            return Batch(statements, requests, now, expire=expire, name=self._database.name).run()


def _check_seconds(seconds: float) -> None:
    if not 0 < seconds <= _MOST_SECONDS:
        raise StorageError(
            f"usage ledger: a reservation cannot count for {seconds!r} seconds; "
            f"it must be from 0 to {_MOST_SECONDS}"
        )


def _closed(call_id: int, outcome: str) -> CallOutcome:
    if outcome not in ("answered", "failed", "refused"):
        raise StorageError(
            f"usage ledger: cannot close call {call_id!r} as {outcome!r}; "
            "it must be answered, failed or refused"
        )
    return CallOutcome(outcome)


def _storable(text: str) -> str:
    """A text that both databases can keep: bounded, without NUL and half characters."""
    return text[:ERROR_CHARACTERS].replace("\0", "�").encode(errors="replace").decode()
