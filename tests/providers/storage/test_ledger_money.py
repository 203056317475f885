import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from core.errors import SpendingLimitError, StorageError
from core.settings import SpendingLimits
from providers.storage.calls import CallIdentity, CallOutcome
from providers.storage.ledger import UsageLedger
from tests.providers.storage.ledgers import (
    call,
    check_totals,
    count,
    maxima,
    reserve,
    spending,
    spent,
    spent_by_user,
)

START = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def ledger(url: str, clock: Clock) -> AsyncIterator[UsageLedger]:
    ledger = UsageLedger(url, clock=clock)
    yield ledger
    await count(ledger, "b-1")  # makes the tables, where nothing else did
    await asyncio.to_thread(ledger.close)
    check_totals(url)


async def spend(ledger: UsageLedger, usd: str, made: CallIdentity | None = None) -> None:
    call_id = await reserve(ledger, made, usd=usd)
    await ledger.settle(call_id, outcome="answered", cost_usd=Decimal(usd))


async def waits(task: "asyncio.Task[int]") -> bool:
    done, _ = await asyncio.wait({task}, timeout=0.1)
    return not done


@pytest.mark.parametrize(
    ("within", "expected"),
    [
        (
            spending(per_call="0.5"),
            "a call of stage '3' of build 'b-1' to demo/demo-1 could cost $0.50000001, and the "
            "limit of one call is $0.5; to allow it, raise APP_BUILDER_SPENDING__PER_CALL_USD",
        ),
        (
            spending(per_build="1.5"),
            "build 'b-1' has spent $1.00, this call could cost $0.50000001, and the limit is "
            "$1.5; to allow it, raise APP_BUILDER_SPENDING__PER_BUILD_USD",
        ),
        (
            spending(per_user_month="1.5"),
            "user 'ann' in 2026-11 (UTC) has spent $1.00, this call could cost $0.50000001, and "
            "the limit is $1.5; to allow it, raise APP_BUILDER_SPENDING__PER_USER_MONTH_USD",
        ),
    ],
)
async def test_a_call_that_could_break_a_limit_is_not_made(
    ledger: UsageLedger, within: SpendingLimits, expected: str
) -> None:
    await spend(ledger, "1")
    with pytest.raises(SpendingLimitError) as refusal:
        await reserve(ledger, usd="0.50000001", within=within)
    assert str(refusal.value) == f"{expected}, then start the build again"
    assert await count(ledger, "b-1") == 1
    await reserve(ledger, usd="0.5", within=within)
    await reserve(ledger, usd="0.50000001")


async def test_a_part_of_a_nanodollar_counts_as_a_whole_one(ledger: UsageLedger) -> None:
    for _ in range(3):
        await spend(ledger, "0.0000000001")
    assert await spent(ledger, "b-1") == Decimal("0.000000003")
    with pytest.raises(SpendingLimitError):
        await reserve(ledger, usd="0.0000000001", within=spending(per_build="0.0000000039"))


async def test_what_is_free_is_made_whatever_was_spent(ledger: UsageLedger) -> None:
    await spend(ledger, "1")
    assert await reserve(ledger, usd="0", within=spending(per_build="0.5", per_call="0.1"))


@pytest.mark.parametrize("usd", ["-0.1", "NaN", "Infinity", "1000000.1"])
async def test_an_estimate_that_is_no_money_is_refused(ledger: UsageLedger, usd: str) -> None:
    with pytest.raises(StorageError, match="is not what a call can cost"):
        await reserve(ledger, usd=usd)
    assert await count(ledger, "b-1") == 0


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf")])
async def test_a_reservation_lasts_a_while_and_not_for_ever(
    ledger: UsageLedger, seconds: float
) -> None:
    with pytest.raises(StorageError, match="cannot count for"):
        await reserve(ledger, seconds=seconds)


async def test_months_and_users_have_limits_of_their_own(
    ledger: UsageLedger, clock: Clock, url: str
) -> None:
    await spend(ledger, "1")
    within = spending(per_user_month="1")
    await reserve(ledger, call(user="bob"), usd="1", within=within)
    with pytest.raises(SpendingLimitError, match="2026-11"):
        await reserve(ledger, usd="1", within=within)
    clock.pass_seconds(60)
    late = await reserve(ledger, usd="1", within=within)
    clock.pass_seconds(31 * 86_400)
    await ledger.settle(late, outcome="answered", cost_usd=Decimal("0.75"))
    assert spent_by_user(url, "ann", "2026-11") == 1
    assert spent_by_user(url, "ann", "2026-12") == Decimal("0.75")
    assert spent_by_user(url, "eve", "2026-11") == 0


async def test_a_call_blocked_by_open_reservations_waits_until_they_settle(
    ledger: UsageLedger,
) -> None:
    within = spending(per_build="1")
    first = await reserve(ledger, usd="1", within=within)
    second = asyncio.create_task(reserve(ledger, usd="0.6", within=within))
    third = asyncio.create_task(reserve(ledger, usd="0.3", within=within))
    assert await waits(second)
    await ledger.settle(first, outcome="answered", cost_usd=Decimal("0.2"))
    assert first < await second
    assert await waits(third)  # it came later, and there is no room beside the second
    await ledger.settle(await second, outcome="failed", error_class="ProviderFailedError")
    assert await third


async def test_a_call_that_waits_is_refused_once_it_could_never_fit(ledger: UsageLedger) -> None:
    within = spending(per_build="1")
    first = await reserve(ledger, usd="1", within=within)
    second = asyncio.create_task(reserve(ledger, usd="0.6", within=within))
    assert await waits(second)
    await ledger.settle(first, outcome="answered", cost_usd=Decimal("0.5"))
    with pytest.raises(SpendingLimitError, match=r"has spent \$0\.50"):
        await second


async def test_a_small_call_does_not_overtake_one_that_waits(ledger: UsageLedger) -> None:
    within = spending(per_build="1")
    first = await reserve(ledger, usd="0.5", within=within)
    large = asyncio.create_task(reserve(ledger, usd="0.9", within=within))
    assert await waits(large)
    small = asyncio.create_task(reserve(ledger, usd="0.1", within=within))
    other = await reserve(ledger, call(build_id="b-2", user="bob"), usd="0.1", within=within)
    assert await waits(small)
    await ledger.settle(first, outcome="answered")
    assert other < await large < await small


async def test_two_ledgers_wait_for_each_other(ledger: UsageLedger, url: str, clock: Clock) -> None:
    within = spending(per_user_month="1")
    first = await reserve(ledger, usd="1", within=within)
    other = UsageLedger(url, clock=clock)
    second = asyncio.create_task(reserve(other, call(build_id="b-2"), usd="1", within=within))
    assert await waits(second)
    await ledger.settle(first, outcome="failed", error_class="CancelledError")
    assert await asyncio.wait_for(second, timeout=5)
    await asyncio.to_thread(other.close)


async def test_the_reservation_of_a_dead_process_expires(ledger: UsageLedger, clock: Clock) -> None:
    within = spending(per_build="1")
    dead = await reserve(ledger, usd="1", within=within, seconds=30)
    second = asyncio.create_task(reserve(ledger, usd="1", within=within))
    assert await waits(second)
    clock.pass_seconds(30)
    await asyncio.wait_for(second, timeout=5)
    (row, _) = await ledger.calls("b-1")
    assert (row.id, row.outcome, row.cost_usd) == (dead, CallOutcome.EXPIRED, 0)
    # Its process was only slow: what it cost is spent, and the limit knows.
    await ledger.settle(dead, outcome="answered", cost_usd=Decimal("0.4"))
    assert await spent(ledger, "b-1") == Decimal("0.4")
    await ledger.settle(await second, outcome="failed")
    with pytest.raises(SpendingLimitError):
        await reserve(ledger, usd="0.7", within=within)


async def test_a_reservation_that_is_extended_does_not_expire(
    ledger: UsageLedger, clock: Clock
) -> None:
    within = spending(per_build="1")
    long = await reserve(ledger, usd="1", within=within, seconds=30)
    second = asyncio.create_task(reserve(ledger, usd="1", within=within))
    for _ in range(3):
        clock.pass_seconds(20)
        await ledger.extend(long, seconds=30)
    assert await waits(second)
    clock.pass_seconds(30)
    await asyncio.wait_for(second, timeout=5)


async def test_a_reservation_that_had_expired_counts_again_when_its_call_goes_on(
    ledger: UsageLedger, clock: Clock
) -> None:
    within = spending(per_build="2")
    slept = await reserve(ledger, usd="1", within=within, seconds=30)
    clock.pass_seconds(30)
    other = await reserve(ledger, usd="1", within=within)
    waiting = asyncio.create_task(reserve(ledger, usd="1", within=within))
    first = await waiting  # in the place of the one that expired
    await ledger.extend(slept, seconds=30)
    third = asyncio.create_task(reserve(ledger, usd="1", within=within))
    await ledger.settle(other, outcome="failed")
    assert await waits(third)
    await ledger.settle(slept, outcome="failed")
    assert first < await third


@pytest.mark.parametrize("seconds", [0, float("nan"), float("inf")])
async def test_nothing_is_extended_for_ever(ledger: UsageLedger, seconds: float) -> None:
    call_id = await reserve(ledger)
    with pytest.raises(StorageError, match="cannot count for"):
        await ledger.extend(call_id, seconds=seconds)


async def test_only_open_calls_are_extended(ledger: UsageLedger) -> None:
    call_id = await reserve(ledger)
    await ledger.settle(call_id, outcome="answered")
    for number, found in ((call_id, "already 'answered'"), (call_id + 1, "no such call")):
        with pytest.raises(StorageError, match=f"cannot hold money for longer .*{found}"):
            await ledger.extend(number, seconds=30)


async def test_a_call_is_settled_late_in_the_batch_in_which_it_expires(
    ledger: UsageLedger, clock: Clock
) -> None:
    within = spending(per_build="1")
    slow = await reserve(ledger, usd="1", within=within, seconds=30)
    second = asyncio.create_task(reserve(ledger, usd="1", within=within))
    assert await waits(second)
    clock.pass_seconds(30)
    await ledger.settle(slow, outcome="answered")
    await second
    (row, _) = await ledger.calls("b-1")
    assert row.outcome is CallOutcome.ANSWERED


async def test_calls_that_wait_use_up_no_maximum(ledger: UsageLedger) -> None:
    within = spending(per_build="1")
    first = await reserve(ledger, usd="1", within=within)
    waiting = [
        asyncio.create_task(reserve(ledger, call(), maxima(per_stage=2), usd="1", within=within))
        for _ in range(2)
    ]
    assert await waits(waiting[0])
    assert await waits(waiting[1])
    assert await count(ledger, "b-1") == 1
    await ledger.settle(first, outcome="failed")
    second = await waiting[0]
    await ledger.settle(second, outcome="failed")
    with pytest.raises(Exception, match="has made 2 model calls"):
        await waiting[1]
