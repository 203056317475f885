"""Tells when a limit of money is nearly used up, before it halts a build."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from decimal import Decimal

from prefect.logging import get_run_logger

from core.artifacts.build_record import BuildRecord
from core.build_events import BUDGET_NEARLY_USED, BudgetNearlyUsed
from core.layout import BUDGETS, build_prefix
from core.settings import SpendingLimits
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_rows import month_of
from tasks.engine.build_events import emit_of_build

NEARLY = 0.8
"""The share of a limit from which on it is nearly used up."""

LOOK_SECONDS = 20.0
"""How often to look: two reads by key each time."""


class BudgetWatch:
    """Emits `app-build.budget.nearly-used` once for each limit and its amount.

    What was told is kept in the store, so that neither the next build nor the next run tells it
    again. The event comes first: killed in between, it is told once more.

    Args:
        store: keeps what was told.
        ledger: knows what was spent.
        spending: the limits as they are now; a person may raise them while the build runs.
        record: which build, and for whom.
    """

    def __init__(
        self,
        store: ArtifactStore,
        ledger: UsageLedger,
        spending: Callable[[], SpendingLimits],
        record: BuildRecord,
    ) -> None:
        self._store = store
        self._ledger = ledger
        self._spending = spending
        self._record = record
        self._told: set[str] = set()

    async def look(self) -> None:
        """Look once.

        Raises:
            StorageError: the ledger or the store failed.
        """
        spent = await self._ledger.spent(self._record.build_id, self._record.user)
        for key, found in self._limits(*spent):
            if key in self._told or found.spent_usd < NEARLY * found.limit_usd:
                continue
            if not await self._store.exists(key):
                emit_of_build(
                    BUDGET_NEARLY_USED,
                    found,
                    build_id=self._record.build_id,
                    project_id=self._record.project_id,
                    project_name=self._record.project_name,
                )
                await self._store.create_text(key, f"{found.spent_usd} of {found.limit_usd}\n")
            self._told.add(key)

    async def keep_looking(self) -> None:
        """Look again and again; a look that fails is logged, and the build goes on."""
        while True:
            await self.try_to_look()
            await asyncio.sleep(LOOK_SECONDS)

    async def try_to_look(self) -> None:
        """Look once; a failure is logged, since the build does not need this."""
        try:
            await self.look()
        except Exception:
            get_run_logger().exception("Whether a limit of money is nearly used up is not known")

    def _limits(
        self, of_build: Decimal, of_user: Decimal
    ) -> Iterator[tuple[str, BudgetNearlyUsed]]:
        """Each limit as it stands, by the key of the store that says that it was told of."""
        build_id, user = self._record.build_id, self._record.user
        spending = self._spending()
        limit = spending.per_build_usd
        yield (
            f"{build_prefix(build_id)}budget-{limit}.txt",
            BudgetNearlyUsed(
                build_id=build_id,
                scope="build",
                user=user,
                spent_usd=float(of_build),
                limit_usd=float(limit),
            ),
        )
        limit = spending.per_user_month_usd
        month = month_of(datetime.now(UTC))
        # A user's name may hold characters that no key may.
        name = hashlib.sha256(user.encode()).hexdigest()[:16]
        yield (
            f"{BUDGETS}{month}/{name}-{limit}.txt",
            BudgetNearlyUsed(
                build_id=build_id,
                scope="user-month",
                user=user,
                month=month,
                spent_usd=float(of_user),
                limit_usd=float(limit),
            ),
        )


@asynccontextmanager
async def budgets_watched(watch: BudgetWatch) -> AsyncGenerator[None]:
    """Watch the limits while a build runs, and look a last time when it is over."""
    looking = asyncio.create_task(watch.keep_looking())
    try:
        yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        await watch.try_to_look()
