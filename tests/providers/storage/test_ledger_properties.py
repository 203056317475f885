"""Whatever is reserved, settled, cancelled or left to expire, in any order: no limit is overrun.

The model keeps rows and adds them up anew each time, as the ledger's running totals must not.
"""

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from core.errors import SpendingLimitError, StorageError
from core.settings import SpendingLimits
from providers.storage.ledger import UsageLedger
from tests.providers.storage.ledgers import (
    WIDE,
    call,
    check_totals,
    spent,
)

PER_CALL, PER_BUILD, PER_MONTH = 9, 20, 30
LIMITS = SpendingLimits(
    per_call_usd=Decimal(PER_CALL),
    per_build_usd=Decimal(PER_BUILD),
    per_user_month_usd=Decimal(PER_MONTH),
)
BUILDS = {"b-1": "ann", "b-2": "ann", "b-3": "bob"}


@dataclass
class Row:
    build: str
    user: str
    month: str
    estimate: int
    expires: datetime
    is_open: bool = True
    cost: int = 0


class LedgerMachine(RuleBasedStateMachine):
    """One ledger, restarted now and then, beside the model."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.url = f"sqlite:///{Path(self.folder.name) / 'ledger.db'}"
        self.now = datetime(2026, 11, 30, 23, 50, tzinfo=UTC)
        self.ledger = UsageLedger(self.url, clock=lambda: self.now)
        self.rows: dict[int, Row] = {}

    def taken(self, build: str | None = None, user: str = "", *, reserved: bool = True) -> int:
        """What counts against a build's limit, or else against a user's in this month."""
        return sum(
            row.cost + (row.estimate if reserved and row.is_open and row.expires > self.now else 0)
            for row in self.rows.values()
            if (row.build == build if build else (row.user, row.month) == (user, self.month))
        )

    @property
    def month(self) -> str:
        return f"{self.now:%Y-%m}"

    @rule(
        build=st.sampled_from(sorted(BUILDS)),
        estimate=st.integers(0, PER_CALL + 1),
        seconds=st.integers(1, 600),
    )
    def reserve(self, build: str, estimate: int, seconds: int) -> None:
        user = BUILDS[build]
        asked = self.loop.create_task(
            self.ledger.reserve(
                call(build_id=build, user=user),
                WIDE,
                spending=LIMITS,
                estimate_usd=Decimal(estimate),
                seconds=seconds,
            )
        )
        spent = (self.taken(build, reserved=False), self.taken(user=user, reserved=False))
        held = (self.taken(build), self.taken(user=user))
        if estimate and not self._fits(estimate, spent):
            self._is_refused(asked)
        elif estimate and not self._fits(estimate, held):
            self._waits_and_is_cancelled(asked)
        else:
            call_id = self._run(asked)
            expires = self.now + timedelta(seconds=seconds)
            self.rows[call_id] = Row(build, user, self.month, estimate, expires)

    def _fits(self, estimate: int, taken: tuple[int, int]) -> bool:
        build, month = taken
        return (
            estimate <= PER_CALL and build + estimate <= PER_BUILD and month + estimate <= PER_MONTH
        )

    def _run(self, asked: "asyncio.Task[int]") -> int:
        return self.loop.run_until_complete(asyncio.wait_for(asked, timeout=20))

    def _is_refused(self, asked: "asyncio.Task[int]") -> None:
        try:
            self._run(asked)
        except SpendingLimitError:
            return
        raise AssertionError("it was not refused")

    def _waits_and_is_cancelled(self, asked: "asyncio.Task[int]") -> None:
        done, _ = self.loop.run_until_complete(asyncio.wait({asked}, timeout=0.03))
        assert not done
        asked.cancel()
        self.loop.run_until_complete(asyncio.wait({asked}))

    @precondition(lambda self: self.rows)
    @rule(data=st.data(), share=st.integers(0, 3), answered=st.booleans())
    def settle(self, data: st.DataObject, share: int, answered: bool) -> None:
        call_id = data.draw(st.sampled_from(sorted(self.rows)))
        row = self.rows[call_id]
        cost = row.estimate * share // 3
        settled = self.ledger.settle(
            call_id, outcome="answered" if answered else "failed", cost_usd=Decimal(cost)
        )
        if row.is_open:
            self.loop.run_until_complete(settled)
            row.is_open, row.cost = False, cost
            return
        try:
            self.loop.run_until_complete(settled)
        except StorageError:
            return
        raise AssertionError("it was closed twice")

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def restart(self) -> None:
        self.ledger.close()
        self.ledger = UsageLedger(self.url, clock=lambda: self.now)

    @invariant()
    def totals_are_the_sums_of_the_rows(self) -> None:
        for build in BUILDS:
            paid = self.loop.run_until_complete(spent(self.ledger, build))
            assert paid == self.taken(build, reserved=False)
        check_totals(self.url)

    def teardown(self) -> None:
        self.ledger.close()
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()


LedgerMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
TestLedger = LedgerMachine.TestCase
