"""What the usage ledger says, for the metrics: calls, spending, breakers."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from prometheus_client.core import GaugeMetricFamily

from core.settings import Settings
from providers.llm.breakers import Breakers
from providers.llm.stage_router import ModelChoice
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_rows import month_of
from providers.storage.ledger_spending import BuildSpending, LedgerSpending, UserMonth
from providers.storage.ledger_tail import EndedCall, LedgerTail
from tasks.metrics.call_metrics import MOST_MODELS, CallMetrics
from tasks.metrics.gauges import gauge
from tasks.metrics.recent_builds import RecentBuilds

MOST_USERS = 50
"""So many users have series of their own, those who spent most; the others are added up."""

OTHERS = "(others)"
"""What all other users are called."""

_STATES = ("closed", "half-open", "open")


def _now() -> datetime:
    return datetime.now(UTC)


class LedgerSource:
    """Reads the ledger; one that is not there, or that another release made, is left so.

    Args:
        settings: where the ledger is, limits and breakers.
        calls: counts the calls.
        builds: the builds that have series of their own.
        clock: tells the time, UTC.
    """

    name = "ledger"

    def __init__(
        self,
        settings: Settings,
        calls: CallMetrics,
        builds: RecentBuilds,
        *,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self.registry = calls.registry
        self._settings = settings
        self._calls = calls
        self._builds = builds
        self._clock = clock
        self._database = LedgerDatabase(settings.ledger_database_url)
        self._ledger = UsageLedger(settings.ledger_database_url)
        self._tail = LedgerTail(self._database, clock=clock)
        self._spending = LedgerSpending(self._database)
        self._breakers = Breakers(settings.breaker, self._ledger)
        self._is_readable = self._knows_history = False

    async def read(self) -> list[GaugeMetricFamily]:
        """Count the calls that ended since the last time, and tell how things stand.

        Raises:
            StorageError: the ledger failed.
        """
        limits = gauge(
            "budget_usd",
            [
                (("call",), float(self._settings.spending.per_call_usd)),
                (("build",), float(self._settings.spending.per_build_usd)),
                (("user_month",), float(self._settings.spending.per_user_month_usd)),
            ],
        )
        if not await asyncio.to_thread(self._may_be_read):
            return [limits]
        gauges = await asyncio.to_thread(self._read)
        return [limits, *gauges, await self._breaker_states()]

    def close(self) -> None:
        """Close the connections."""
        self._ledger.close()
        self._database.close()

    def _may_be_read(self) -> bool:
        self._is_readable = self._is_readable or self._database.is_readable()
        return self._is_readable

    def _read(self) -> list[GaugeMetricFamily]:
        """In a thread: the first time, the whole history takes seconds."""
        self._calls.count_held()
        for part in self._tail.read():
            for call in part:
                self._count(call)
        if not self._knows_history:
            self._calls.count_held()
            self._knows_history = True
        under_way = gauge("model_calls_open", self._tail.under_way.most_common(MOST_MODELS))
        now = self._clock()
        builds = self._spending.of_builds(self._builds.ids(now))
        return [
            under_way,
            *self._of_builds(builds),
            *_of_users(self._spending.of_users(month_of(now))),
        ]

    def _count(self, call: EndedCall) -> None:
        self._calls.count(call)
        self._builds.heard(call)

    def _of_builds(self, builds: list[BuildSpending]) -> list[GaugeMetricFamily]:
        names = [(each, self._builds.labels(each.build_id)) for each in builds]
        tokens = [
            ((*of, direction), float(number))
            for each, of in names
            for direction, number in (("input", each.input_tokens), ("output", each.output_tokens))
        ]
        return [
            gauge("build_cost_usd", [(of, each.cost_usd) for each, of in names]),
            gauge("build_model_calls", [(of, float(each.calls)) for each, of in names]),
            gauge("build_tokens", tokens),
        ]

    async def _breaker_states(self) -> GaugeMetricFamily:
        heard = await self._ledger.recent_outcomes(self._clock() - timedelta(days=1))
        await self._breakers.refresh()
        samples: list[tuple[tuple[str, str, str], float]] = []
        for row in heard[:MOST_MODELS]:
            found = self._breakers.state(ModelChoice(row.provider, row.model))
            samples += [
                ((row.provider, row.model, state), float(state == found)) for state in _STATES
            ]
        return gauge("breaker_state", samples)


def _of_users(months: list[UserMonth]) -> list[GaugeMetricFamily]:
    rest = months[MOST_USERS:]
    if rest:
        together = UserMonth(
            user=OTHERS,
            cost_usd=sum(each.cost_usd for each in rest),
            reserved_usd=sum(each.reserved_usd for each in rest),
        )
        months = [*months[:MOST_USERS], together]
    return [
        gauge("user_month_cost_usd", [((each.user,), each.cost_usd) for each in months]),
        gauge("user_month_reserved_usd", [((each.user,), each.reserved_usd) for each in months]),
    ]
