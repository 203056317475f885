"""Limits of money in a plan, held against what the ledger then does with the same calls."""

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import SpendingLimitError
from core.estimate import Estimate
from core.settings import SpendingLimits
from providers.llm.stage_router import ModelChoice
from providers.storage.calls import CallIdentity, CallMaxima
from tasks.engine.plan_estimates import UsePlan
from tasks.engine.plan_limits import LimitPlan, Need, limits_of
from tests.providers.storage.ledgers import ledger_in

NOTHING = Estimate()
CALL = CallIdentity(
    build_id="b",
    project_id="p",
    user="ada",
    stage="3",
    template="coder",
    provider="x",
    model="y",
)
MAXIMA = CallMaxima(per_stage=1_000, per_file=1_000, per_build=1_000)


def use(calls: int, cost: float, reserved: float, deviation: float = 0.0) -> UsePlan:
    """Calls of which each costs so much, and may cost so much in the worst case."""
    return UsePlan(
        template="coder",
        models=(ModelChoice("x", "y"),),
        calls=Estimate(calls),
        input_tokens=NOTHING,
        output_tokens=NOTHING,
        seconds=NOTHING,
        cost_usd=Estimate(calls * cost, deviation),
        call_usd=Estimate(cost),
        reserved_usd=Estimate(reserved),
        observed=0,
    )


def limits(
    *stages: tuple[tuple[UsePlan, ...], int],
    per_call: float = 1_000,
    per_build: float = 1_000,
    spent: float = 0,
) -> tuple[LimitPlan, ...]:
    return limits_of(
        SpendingLimits(per_call_usd=Decimal(str(per_call)), per_build_usd=Decimal(str(per_build))),
        stages,
        spent_by_build=Decimal(str(spent)),
        spent_in_month=Decimal(0),
    )


@pytest.mark.parametrize(
    ("limit", "spent", "suffices", "verdict"),
    [
        (10, 0, True, "enough"),
        (10, 8, True, "may be too low"),
        (10, 9.5, False, "too low"),
        (10, 20, False, "too low"),
    ],
)
def test_a_limit_is_held_against_what_is_left_of_it(
    limit: float, spent: float, suffices: bool, verdict: str
) -> None:
    expected = Estimate(1.5, 1.0)
    need = Need(expected, expected, expected)
    found = LimitPlan("this build", "X", Decimal(limit), Decimal(spent), need)
    assert found.suffices is suffices
    assert found.verdict.startswith(verdict)
    assert found.left_usd >= 0


def test_a_call_whose_worst_case_is_above_its_limit_is_told_though_it_will_cost_less() -> None:
    calls = ((use(1, cost=0.01, reserved=0.2),), 1)
    assert limits(calls, per_call=0.1)[0].verdict.startswith("too low: the build will halt")
    assert limits(calls, per_call=0.2)[0].verdict == "enough"


def test_the_last_call_needs_its_worst_case_beside_all_that_was_spent() -> None:
    calls = ((use(10, cost=0.1, reserved=0.5),), 1)
    assert limits(calls, per_build=1.39)[1].verdict.startswith("too low")
    assert limits(calls, per_build=1.41)[1].verdict == "enough"
    assert limits(calls, per_build=1.41, spent=0.1)[1].verdict.startswith("too low")


def test_a_dear_call_at_the_beginning_needs_no_more_than_was_spent_till_then() -> None:
    early = ((use(1, cost=0.1, reserved=2),), 1)
    late = ((use(100, cost=0.1, reserved=0.2),), 1)
    assert limits(early, late)[1].need.refused_below.mean == pytest.approx(10.2)
    assert limits(late, early)[1].need.refused_below.mean == pytest.approx(12)


def test_files_at_work_at_once_wait_where_their_worst_cases_do_not_fit_together() -> None:
    files = ((use(10, cost=0.1, reserved=0.5),), 4)
    assert limits(files, per_build=2)[1].verdict == (
        "enough, but calls will wait for one another; APP_BUILDER_SPENDING__PER_BUILD_USD is why"
    )
    assert limits(files, per_build=2.7)[1].verdict == "enough"


def test_a_build_that_may_cost_more_than_expected_may_halt() -> None:
    found = limits(((use(10, 0.1, 0.5, deviation=1),), 1), per_build=1.5)[1]
    assert found.suffices
    assert found.verdict.startswith("may be too low")


def test_what_is_answered_already_needs_nothing() -> None:
    done = ((use(0, cost=0.1, reserved=50),), 4)
    assert limits(done, per_call=1)[0].verdict == "enough"
    assert limits(done, per_build=1)[1].verdict == "enough"


def test_a_build_that_asks_nothing_needs_nothing() -> None:
    assert [limit.verdict for limit in limits(((), 1), per_build=0.01)] == ["enough"] * 3


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 9), st.integers(0, 20)), max_size=4),
    st.integers(1, 100),
)
async def test_a_plan_that_says_enough_is_kept_by_the_ledger(
    tmp_path_factory: pytest.TempPathFactory, stages: list[tuple[int, int, int]], limit: int
) -> None:
    """Calls that cost what is expected are made one after another until one is refused."""
    planned = [((use(calls, cost, cost + more),), 1) for calls, cost, more in stages]
    enough = limits(*planned, per_build=limit)[1].suffices
    assert enough is await all_are_made(
        tmp_path_factory.mktemp("ledger"),
        [(cost, cost + more) for calls, cost, more in stages for _ in range(calls)],
        Decimal(limit),
    )


async def all_are_made(folder: Path, calls: list[tuple[int, int]], per_build: Decimal) -> bool:
    spending = SpendingLimits(
        per_call_usd=Decimal(1_000), per_build_usd=per_build, per_user_month_usd=Decimal(1_000)
    )
    ledger = ledger_in(folder / "ledger.db")
    try:
        for cost, most in calls:
            call_id = await ledger.reserve(
                CALL,
                MAXIMA,
                spending=spending,
                estimate_usd=Decimal(most),
                seconds=60,
            )
            await ledger.settle(call_id, outcome="answered", cost_usd=Decimal(cost))
    except SpendingLimitError:
        return False
    finally:
        ledger.close()
    return True
