"""Reads the ledger's calls as they end, each of them once, and gets in nobody's way.

A reader of SQLite's log (WAL) and a snapshot of PostgreSQL keep no writer waiting. It reads in
chunks, a short transaction each, by the key of the table: however long the history is, no query
goes over it a second time.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Row, bindparam, select

from providers.storage.call_statistics import HEALTH_STAGE
from providers.storage.calls import CallOutcome
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_tables import calls

CHUNK = 10_000
"""Calls read in one transaction."""

OVERLAP = 1_000
"""Numbers that are looked at again: PostgreSQL gives them before it commits, so that a call can
become visible after one with a higher number."""

LOST_SECONDS = 3_600
"""So long after its reservation ended, a call that was never closed is taken for lost."""

LOST = "lost"
"""What stands in place of the outcome of such a call: its process died."""

_ENDED = (CallOutcome.ANSWERED, CallOutcome.FAILED, CallOutcome.REFUSED)
_COLUMNS = (
    "id",
    "build_id",
    "project_id",
    "user",
    "stage",
    "provider",
    "model",
    "outcome",
    "error_class",
    "input_tokens",
    "output_tokens",
    "cost_nanodollars",
    "latency_microseconds",
    "started_at",
    "expires_at",
)
_CALLS = select(*(calls.c[name] for name in _COLUMNS))
_NEW = _CALLS.where(calls.c.id > bindparam("after")).order_by(calls.c.id).limit(bindparam("most"))
_AGAIN = _CALLS.where(calls.c.id.in_(bindparam("ids", expanding=True))).order_by(calls.c.id)


class EndedCall(NamedTuple):
    """A call whose outcome is known.

    Attributes:
        build_id, project_id, user, stage, provider, model: which call.
        outcome: `answered`, `failed`, `refused` or `lost`.
        error_class: name of the error's class; empty when there was none.
        input_tokens, output_tokens: what it took.
        cost_usd: US dollars.
        seconds: from sending to the last byte.
        started_at: when it was opened, UTC.
    """

    build_id: str
    project_id: str
    user: str
    stage: str
    provider: str
    model: str
    outcome: str
    error_class: str
    input_tokens: int
    output_tokens: int
    cost_usd: float
    seconds: float
    started_at: datetime


def _now() -> datetime:
    return datetime.now(UTC)


class LedgerTail:
    """Follows a ledger from its first call on; its methods block, and are for one thread.

    Calls that only looked after a provider are left out. A call that is settled after it was taken
    for lost stays lost here.

    Args:
        database: the ledger's; not closed here. Its `StorageError` is raised on, and nothing that
            was given out is given out again.
        clock: tells the time, UTC.
    """

    def __init__(self, database: LedgerDatabase, *, clock: Callable[[], datetime] = _now) -> None:
        self._database = database
        self._clock = clock
        self._high = 0
        self._recent: set[int] = set()
        self._open: dict[int, tuple[str, str]] = {}

    @property
    def under_way(self) -> Counter[tuple[str, str]]:
        """Calls that were not closed at the last reading, by provider and model."""
        return Counter(self._open.values())

    def read(self) -> Iterator[list[EndedCall]]:
        """The calls that ended since the last reading, in parts; read all of them."""
        waiting = list(self._open)
        for start in range(0, len(waiting), OVERLAP):
            yield self._taken(self._rows(_AGAIN, ids=waiting[start : start + OVERLAP]))
        after = max(self._high - OVERLAP, 0)
        full = True
        while full:
            rows = self._rows(_NEW, after=after, most=CHUNK)
            full = len(rows) == CHUNK
            after = rows[-1].id if rows else after
            fresh = [row for row in rows if row.id not in self._recent]
            yield self._taken(fresh)

    def _rows(self, query: Any, **values: object) -> Sequence[Row[Any]]:
        with self._database.reading() as connection:
            return connection.execute(query, values).all()

    def _taken(self, rows: Sequence[Row[Any]]) -> list[EndedCall]:
        """Those of the rows that ended; the rest is looked at again."""
        lost_before = self._clock() - timedelta(seconds=LOST_SECONDS)
        ended: list[EndedCall] = []
        for row in rows:
            self._recent.add(row.id)
            self._high = max(self._high, row.id)
            if row.stage == HEALTH_STAGE:
                continue
            if row.outcome in _ENDED:
                ended.append(_ended(row, row.outcome))
            elif row.expires_at < lost_before:
                ended.append(_ended(row, LOST))
            else:
                self._open[row.id] = (row.provider, row.model)
                continue
            self._open.pop(row.id, None)
        self._recent = {number for number in self._recent if number > self._high - OVERLAP}
        return ended


def _ended(row: Row[Any], outcome: str) -> EndedCall:
    return EndedCall(
        row.build_id,
        row.project_id,
        row.user,
        row.stage,
        row.provider,
        row.model,
        str(outcome),
        row.error_class,
        row.input_tokens,
        row.output_tokens,
        row.cost_nanodollars / 1e9,
        row.latency_microseconds / 1e6,
        row.started_at,
    )
