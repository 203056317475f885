"""The limits of money, held against what a build is expected to cost and to hold on the way.

The ledger lets a call be made only where its worst case fits beside all that was spent: so a limit
has to leave more than the build will cost. What the other calls at work have reserved is no reason
to refuse one; it waits for them.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from core.estimate import Estimate
from core.settings import SpendingLimits
from tasks.engine.plan_estimates import UsePlan

_PREFIX = "APP_BUILDER_SPENDING__"


@dataclass(frozen=True)
class Need:
    """What calls take of a limit, in US dollars.

    Attributes:
        expected: what they will cost.
        refused_below: least that must be left for none of them to be refused: at some call, what
            those before it cost and what it costs in the worst case.
        waits_below: least that must be left for none to wait until others have cost less than was
            reserved for them.
    """

    expected: Estimate = field(default_factory=Estimate)
    refused_below: Estimate = field(default_factory=Estimate)
    waits_below: Estimate = field(default_factory=Estimate)


@dataclass(frozen=True)
class LimitPlan:
    """One limit of money, held against what is needed of it.

    Attributes:
        what: whom it is for, in words.
        variable: the setting.
        limit_usd, spent_usd: US dollars.
        need: of the build, or of one call of it.
        reserved_usd: held by open calls, US dollars; they give back what they do not cost, so it
            makes calls wait and refuses none.
    """

    what: str
    variable: str
    limit_usd: Decimal
    spent_usd: Decimal
    need: Need
    reserved_usd: Decimal = Decimal(0)

    @property
    def left_usd(self) -> float:
        """US dollars that may still be spent, when all that is reserved was given back."""
        return max(float(self.limit_usd - self.spent_usd), 0.0)

    @property
    def suffices(self) -> bool:
        """Whether what is expected to be needed is left."""
        return self.need.refused_below.mean <= self.left_usd

    @property
    def verdict(self) -> str:
        """What to expect of it, in words."""
        if not self.suffices:
            return f"too low: the build will halt; raise {self.variable}"
        if self.need.refused_below.high > self.left_usd:
            return f"may be too low: the build may halt, and go on once {self.variable} is raised"
        if self.need.waits_below.mean > self.left_usd - float(self.reserved_usd):
            return f"enough, but calls will wait for one another; {self.variable} is why"
        return "enough"


def limits_of(
    spending: SpendingLimits,
    stages: Iterable[tuple[tuple[UsePlan, ...], int]],
    *,
    spent_by_build: Decimal,
    spent_in_month: Decimal,
    reserved_by_build: Decimal = Decimal(0),
    reserved_in_month: Decimal = Decimal(0),
) -> tuple[LimitPlan, ...]:
    """Hold every limit against what is needed of it.

    Args:
        spending: the limits.
        stages: what each stage asks, in order, and how many of its calls are made at once.
        spent_by_build, spent_in_month: US dollars.
        reserved_by_build, reserved_in_month: held by open calls, US dollars.
    """
    planned = tuple(stages)
    whole = _need_of(planned)
    dearest = _dearest([use for uses, _ in planned for use in uses])
    return (
        LimitPlan(
            "the dearest call",
            f"{_PREFIX}PER_CALL_USD",
            spending.per_call_usd,
            Decimal(0),
            Need(dearest.call_usd, dearest.reserved_usd) if dearest else Need(),
        ),
        LimitPlan(
            "this build",
            f"{_PREFIX}PER_BUILD_USD",
            spending.per_build_usd,
            spent_by_build,
            whole,
            reserved_by_build,
        ),
        LimitPlan(
            "the user's month",
            f"{_PREFIX}PER_USER_MONTH_USD",
            spending.per_user_month_usd,
            spent_in_month,
            whole,
            reserved_in_month,
        ),
    )


def _need_of(stages: Iterable[tuple[tuple[UsePlan, ...], int]]) -> Need:
    cost, refused, waits = Estimate(), Estimate(), Estimate()
    for uses, at_once in stages:
        dearest = _dearest(uses)
        if dearest is None:
            continue
        cost = sum((use.cost_usd for use in uses), cost)
        # The last call, when all others have been paid for; and the last that are made together.
        refused = max(refused, _beside(cost, dearest, 1), key=_mean)
        waits = max(waits, _beside(cost, dearest, at_once), key=_mean)
    return Need(cost, refused, waits)


def _beside(cost: Estimate, use: UsePlan, calls: int) -> Estimate:
    """The cost in which the last calls count by their worst case, and not by what they cost."""
    calls = min(calls, math.ceil(use.calls.mean))
    more = max(use.reserved_usd.mean - use.call_usd.mean, 0.0) * calls
    return cost + Estimate(more, use.reserved_usd.deviation * calls)


def _dearest(uses: Iterable[UsePlan]) -> UsePlan | None:
    asked = [use for use in uses if use.calls.mean > 0]
    return max(asked, key=lambda use: use.reserved_usd.mean, default=None)


def _mean(estimate: Estimate) -> float:
    return estimate.mean
