"""One transaction on the ledger for any number of requests.

Everything they need is read under lock first, then decided in memory, then written at once. A
request that is refused has changed nothing, so it needs no savepoint of its own.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from core.errors import AppBuilderError, StorageError
from providers.storage.calls import PROVIDER_FAILURES, CallIdentity, CallOutcome
from providers.storage.ledger_accounts import (
    AccountTable,
    BuildAccount,
    BuildKey,
    ModelAccount,
    ModelKey,
    MonthAccount,
    MonthKey,
)
from providers.storage.ledger_limits import check_call, check_maxima, purses_of
from providers.storage.ledger_requests import (
    Extension,
    Request,
    Reservation,
    Result,
    Settlement,
    Waits,
)
from providers.storage.ledger_rows import (
    Owner,
    State,
    count_alike,
    month_of,
    read_overdue,
    read_owners,
    read_states,
    write_closed,
    write_expired,
    write_extended,
    write_opened,
)
from providers.storage.ledger_statements import Statements
from providers.storage.ledger_tables import builds, models, user_months

_BUILDS: AccountTable[BuildKey, BuildAccount] = AccountTable(builds, BuildAccount)
_MONTHS: AccountTable[MonthKey, MonthAccount] = AccountTable(user_months, MonthAccount)
_MODELS: AccountTable[ModelKey, ModelAccount] = AccountTable(models, ModelAccount)

_CLOSABLE = (CallOutcome.OPEN, CallOutcome.EXPIRED)


def account_keys(call: CallIdentity, now: datetime) -> tuple[BuildKey, MonthKey, ModelKey]:
    """The accounts that a call opened now is in."""
    return (call.build_id,), (call.user, month_of(now)), (call.provider, call.model)


def add_accounts(
    connection: Connection, keys: Sequence[tuple[BuildKey, MonthKey, ModelKey]]
) -> None:
    """Make empty accounts where there are none.

    In a transaction of its own: one that holds locks already could wait in a circle with another
    that makes the same account.
    """
    _BUILDS.add(connection, [build for build, _, _ in keys])
    _MONTHS.add(connection, [month for _, month, _ in keys])
    _MODELS.add(connection, [model for _, _, model in keys])


class Batch:
    """Requests that are decided together; use it once, in one transaction.

    Args:
        statements: of a transaction that may write.
        requests: settlements and extensions are taken first, because they make and need room;
            reservations in their order.
        now: the time it happens at, UTC.
        expire: whether to look for reservations whose time is over.
        name: what the ledger is called in errors.
    """

    def __init__(
        self,
        statements: Statements,
        requests: Sequence[Request],
        now: datetime,
        *,
        expire: bool,
        name: str,
    ) -> None:
        self._statements = statements
        self._requests = requests
        self._now = now
        self._name = name
        self._alike: dict[tuple[str, str, str | None], int] = {}
        self._blocked: set[tuple[str, ...]] = set()
        self._opened: list[tuple[int, dict[str, Any]]] = []
        self._closed: list[dict[str, Any]] = []
        self._extended: list[dict[str, Any]] = []
        known = [asked.call_id for asked in requests if not isinstance(asked, Reservation)]
        self._owners = read_owners(statements, known)
        self._overdue = read_overdue(statements, now) if expire else {}
        self._lock_accounts()
        self._states = read_states(statements, [*self._owners, *self._overdue])

    def run(self) -> list[Result]:
        """Decide every request and write what changes; the results are in the requests' order."""
        expired = [call_id for call_id in self._overdue if self._expire(call_id)]
        numbered = list(enumerate(self._requests))
        numbered.sort(key=lambda asked: isinstance(asked[1], Reservation))
        results = {number: self._decide(number, asked) for number, asked in numbered}
        # First those that expired: a call may be closed or go on late in this very batch.
        write_expired(self._statements, expired)
        write_extended(self._statements, self._extended)
        write_closed(self._statements, self._closed)
        ids = write_opened(self._statements, [row for _, row in self._opened])
        results |= {number: new for (number, _), new in zip(self._opened, ids, strict=True)}
        _BUILDS.store(self._statements, self._builds)
        _MONTHS.store(self._statements, self._months)
        _MODELS.store(self._statements, self._models)
        return [results[number] for number in range(len(numbered))]

    def _lock_accounts(self) -> None:
        owners = [*self._owners.values(), *self._overdue.values()]
        opening = [
            account_keys(asked.call, self._now)
            for asked in self._requests
            if isinstance(asked, Reservation)
        ]
        self._builds = _BUILDS.lock(
            self._statements, [owner.build for owner in owners] + [build for build, _, _ in opening]
        )
        self._months = _MONTHS.lock(
            self._statements, [owner.month for owner in owners] + [month for _, month, _ in opening]
        )
        self._models = _MODELS.lock(
            self._statements, [owner.answered_by for owner in self._owners.values()]
        )

    def _expire(self, call_id: int) -> bool:
        state = self._states[call_id]
        if state.outcome is not CallOutcome.OPEN:  # closed by another before the lock was ours
            return False
        self._release(self._overdue[call_id], state)
        self._states[call_id] = State(CallOutcome.EXPIRED, state.reserved)
        return True

    def _release(self, owner: Owner, state: State) -> None:
        self._builds[owner.build].reserved_nanodollars -= state.reserved
        self._months[owner.month].reserved_nanodollars -= state.reserved

    def _decide(self, number: int, asked: Request) -> Result:
        try:
            if isinstance(asked, Settlement):
                return self._settle(asked)
            if isinstance(asked, Extension):
                return self._extend(asked)
            return self._reserve(number, asked)
        except AppBuilderError as error:
            return error

    def _not_closed(self, call_id: int, purpose: str) -> State:
        state = self._states.get(call_id)
        if state is None or state.outcome not in _CLOSABLE:
            found = f"it is already {state.outcome.value!r}" if state else "there is no such call"
            raise StorageError(
                f"usage ledger {self._name}: cannot {purpose} call {call_id!r}: {found}"
            )
        return state

    def _extend(self, asked: Extension) -> int:
        state = self._not_closed(asked.call_id, "hold money for longer for")
        if state.outcome is CallOutcome.EXPIRED:  # it may be under way, so it counts again
            owner = self._owners[asked.call_id]
            self._builds[owner.build].reserved_nanodollars += state.reserved
            self._months[owner.month].reserved_nanodollars += state.reserved
            self._states[asked.call_id] = State(CallOutcome.OPEN, state.reserved)
        until = self._now + timedelta(seconds=asked.seconds)
        self._extended.append({"call_id": asked.call_id, "until": until})
        return asked.call_id

    def _settle(self, asked: Settlement) -> int:
        state = self._not_closed(asked.call_id, "close")
        owner = self._owners[asked.call_id]
        if state.outcome is CallOutcome.OPEN:
            self._release(owner, state)
        self._states[asked.call_id] = State(asked.outcome, state.reserved)
        build, month = self._builds[owner.build], self._months[owner.month]
        build.cost_nanodollars += asked.cost
        month.cost_nanodollars += asked.cost
        build.input_tokens += asked.input_tokens
        build.output_tokens += asked.output_tokens
        build.latency_microseconds += asked.latency
        _note_health(self._models[owner.answered_by], asked, self._now)
        self._closed.append(_closed_row(asked, self._now))
        return asked.call_id

    def _reserve(self, number: int, asked: Reservation) -> Result:
        call = asked.call
        build_key, month_key, _ = account_keys(call, self._now)
        build, month = self._builds[build_key], self._months[month_key]
        counted_by = (call.build_id, call.stage if call.file is None else "", call.file)
        if counted_by not in self._alike:
            self._alike[counted_by] = count_alike(self._statements, call)
        check_maxima(call, asked.maxima, alike=self._alike[counted_by], in_build=build.calls)
        if asked.estimate:  # what is free can break no limit, whatever was spent
            check_call(asked)
            purses = purses_of(asked, build, month_key[1], month)
            for purse in purses:
                purse.refuse_above(asked.estimate)
            # Whoever came first and waits for a purse is not overtaken by a smaller call.
            full = [
                purse.key
                for purse in purses
                if purse.key in self._blocked or not purse.has_room(asked.estimate)
            ]
            if full:
                self._blocked.update(full)
                return Waits()
        self._alike[counted_by] += 1
        build.calls += 1
        build.reserved_nanodollars += asked.estimate
        month.reserved_nanodollars += asked.estimate
        self._opened.append((number, _opened_row(asked, self._now)))
        return 0  # in place of the number that the database gives it


def _note_health(model: ModelAccount, asked: Settlement, now: datetime) -> None:
    if asked.outcome is CallOutcome.ANSWERED:
        model.last_success = now
        model.failures = 0
    elif asked.error_class in PROVIDER_FAILURES:
        model.last_failure = now
        model.failures += 1
        model.last_error = asked.error


def _closed_row(asked: Settlement, now: datetime) -> dict[str, Any]:
    return {
        "call_id": asked.call_id,
        "outcome": asked.outcome.value,
        "input_tokens": asked.input_tokens,
        "output_tokens": asked.output_tokens,
        "cost_nanodollars": asked.cost,
        "latency_microseconds": asked.latency,
        "error_class": asked.error_class,
        "error": asked.error,
        "finished_at": now,
    }


def _opened_row(asked: Reservation, now: datetime) -> dict[str, Any]:
    return {
        **asked.call.model_dump(),
        "outcome": CallOutcome.OPEN.value,
        "input_tokens": 0,
        "output_tokens": 0,
        "cost_nanodollars": 0,
        "reserved_nanodollars": asked.estimate,
        "latency_microseconds": 0,
        "error_class": "",
        "error": "",
        "started_at": now,
        "expires_at": now + timedelta(seconds=asked.seconds),
    }
