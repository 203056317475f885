from datetime import UTC, datetime
from decimal import Decimal

from core.settings import CallLimits, FixingLimits, Settings, SpendingLimits
from core.stages import Stage
from providers.storage.calls import CallMaxima, CallOutcome, CallRow
from tasks.fixing.budget import limits_of

START = datetime(2026, 1, 1, tzinfo=UTC)
STAGE = Stage(number="7.5", name="fix", task="a:b", reads=(), writes=("report/tests.json",))
MAXIMA = CallMaxima(per_stage=24, per_file=40, per_build=100)


def row(number: int, stage: str, cost: str) -> CallRow:
    return CallRow(
        build_id="b",
        project_id="p",
        user="u",
        stage=stage,
        provider="local",
        model="m",
        id=number,
        outcome=CallOutcome.ANSWERED,
        input_tokens=1,
        output_tokens=1,
        cost_usd=Decimal(cost),
        reserved_usd=Decimal(0),
        latency_seconds=1,
        error_class="",
        error="",
        started_at=START,
        finished_at=START,
        expires_at=START,
    )


def limits(
    *rows: CallRow, share: str = "0.25", per_build: str = "20", rounds: int = 1
) -> tuple[CallMaxima, SpendingLimits]:
    settings = Settings(
        calls=CallLimits(per_build=100),
        spending=SpendingLimits(per_build_usd=Decimal(per_build)),
        fixing=FixingLimits(share=Decimal(share)),
    )
    return limits_of(settings, MAXIMA, STAGE, list(rows), rounds)


def test_the_share_comes_on_top_of_what_the_other_stages_used() -> None:
    calls, money = limits(row(1, "7", "4"), row(2, "3", "1"))
    assert calls.per_build == 2 + 25
    assert money.per_build_usd == 5 + 5
    assert calls.per_stage == 24
    assert money.per_call_usd == SpendingLimits().per_call_usd


def test_what_it_used_itself_is_part_of_its_share_and_not_added() -> None:
    assert limits(row(1, "7", "4"), row(2, "7.5", "3")) == limits(row(1, "7", "4"))


def test_the_limits_of_the_build_hold_all_the_same() -> None:
    calls, money = limits(*(row(number, "7", "0.2") for number in range(90)))
    assert (calls.per_build, money.per_build_usd) == (100, 20)


def test_a_share_of_all_is_the_limit_of_the_build() -> None:
    calls, money = limits(share="1")
    assert (calls.per_build, money.per_build_usd) == (100, 20)


def test_every_round_has_a_share_within_the_limits_of_the_build() -> None:
    calls, money = limits(row(1, "7", "4"), row(2, "7.5", "5"), rounds=2)
    assert (calls.per_build, money.per_build_usd) == (1 + 50, 4 + 10)
    calls, money = limits(row(1, "7", "4"), rounds=9)
    assert (calls.per_build, money.per_build_usd) == (100, 20)
