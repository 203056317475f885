"""Reading and writing the rows of calls, many at once."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, func, insert, select, update

from providers.storage.calls import CallIdentity, CallOutcome
from providers.storage.ledger_accounts import BuildKey, ModelKey, MonthKey
from providers.storage.ledger_statements import Statements
from providers.storage.ledger_tables import calls

_OWNER = select(
    calls.c.id, calls.c.build_id, calls.c.user, calls.c.started_at, calls.c.provider, calls.c.model
)
_OWNERS = _OWNER.where(calls.c.id.in_(bindparam("ids", expanding=True)))
_OVERDUE = _OWNER.where(
    calls.c.outcome == CallOutcome.OPEN.value, calls.c.expires_at <= bindparam("now")
)
_STATES = select(calls.c.id, calls.c.outcome, calls.c.reserved_nanodollars).where(
    calls.c.id.in_(bindparam("ids", expanding=True))
)
_NUMBER = select(func.count()).select_from(calls).where(calls.c.build_id == bindparam("build_id"))
_ABOUT_FILE = _NUMBER.where(calls.c.file == bindparam("file"))
_IN_STAGE = _NUMBER.where(calls.c.stage == bindparam("stage"), calls.c.file.is_(None))
_OPENED = insert(calls).returning(calls.c.id, sort_by_parameter_order=True)
_CLOSED_COLUMNS = (
    "outcome",
    "input_tokens",
    "output_tokens",
    "cost_nanodollars",
    "latency_microseconds",
    "error_class",
    "error",
    "finished_at",
)
_CLOSED = (
    update(calls)
    .where(calls.c.id == bindparam("call_id"))
    .values({name: bindparam(name) for name in _CLOSED_COLUMNS})
)
_EXPIRED = (
    update(calls)
    .where(calls.c.id == bindparam("call_id"))
    .values(outcome=CallOutcome.EXPIRED.value)
)

_EXTENDED = (
    update(calls)
    .where(calls.c.id == bindparam("call_id"))
    .values(outcome=CallOutcome.OPEN.value, expires_at=bindparam("until"))
)


class Owner(NamedTuple):
    """Whose accounts a call is in; this never changes."""

    call_id: int
    build_id: str
    user: str
    started_at: datetime
    provider: str
    model: str

    @property
    def build(self) -> BuildKey:
        """The build's account."""
        return (self.build_id,)

    @property
    def month(self) -> MonthKey:
        """The account of its user, in the month when it was opened."""
        return (self.user, month_of(self.started_at))

    @property
    def answered_by(self) -> ModelKey:
        """The model's account."""
        return (self.provider, self.model)


class State(NamedTuple):
    """Where a call stands; the lock of its build's account keeps it so."""

    outcome: CallOutcome
    reserved: int


def month_of(moment: datetime) -> str:
    """The calendar month of a moment in UTC, as accounts have it: `2026-11`."""
    return f"{moment.year:04}-{moment.month:02}"


def read_owners(statements: Statements, ids: Sequence[int]) -> dict[int, Owner]:
    """Whose calls these are; those that do not exist are left out."""
    if not ids:
        return {}
    rows = statements.rows(_OWNERS, {"ids": list(ids)})
    return {owner.call_id: owner for owner in map(Owner._make, rows)}


def read_overdue(statements: Statements, now: datetime) -> dict[int, Owner]:
    """Whose calls are open although their time is over."""
    rows = statements.rows(_OVERDUE, {"now": now})
    return {owner.call_id: owner for owner in map(Owner._make, rows)}


def read_states(statements: Statements, ids: Sequence[int]) -> dict[int, State]:
    """Where calls stand; read it under the lock of their builds' accounts."""
    if not ids:
        return {}
    rows = statements.rows(_STATES, {"ids": list(ids)})
    return {call_id: State(CallOutcome(outcome), held) for call_id, outcome, held in rows}


def count_alike(statements: Statements, call: CallIdentity) -> int:
    """Calls made about the same file, or in the same stage about no file."""
    if call.file is not None:
        found = statements.rows(_ABOUT_FILE, {"build_id": call.build_id, "file": call.file})
    else:
        found = statements.rows(_IN_STAGE, {"build_id": call.build_id, "stage": call.stage})
    return found[0][0]


def write_opened(statements: Statements, rows: list[dict[str, Any]]) -> list[int]:
    """Put down new calls; their numbers, in the same order."""
    return statements.insert(_OPENED, rows) if rows else []


def write_closed(statements: Statements, rows: list[dict[str, Any]]) -> None:
    """Put down what became of calls."""
    if rows:
        statements.change(_CLOSED, rows)


def write_expired(statements: Statements, ids: Sequence[int]) -> None:
    """Put down that reservations no longer count."""
    if ids:
        statements.change(_EXPIRED, [{"call_id": call_id} for call_id in ids])


def write_extended(statements: Statements, rows: list[dict[str, Any]]) -> None:
    """Put down until when reservations count."""
    if rows:
        statements.change(_EXTENDED, rows)
