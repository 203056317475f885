"""A stage that was killed, or ran out of its budget, and what it costs to go on."""

import asyncio
from decimal import Decimal

import pytest

from core.artifacts.fixes import FixOutcome
from core.settings import FixingLimits
from tests.tasks.fixing.quick_verification import QuickVerification
from tests.tasks.fixing.repositories import RIGHT, Repairs, edit

OTHER = edit("    return sum(prices) + 1", "    return 1 + sum(prices)", cause="The order.")


class _Killed(BaseException):
    """As `SIGKILL` would end it: nothing below catches it."""


async def killed_in_run(repairs: Repairs, quick: QuickVerification, number: int) -> None:
    def kill() -> None:
        if len(quick.runs) == number:
            raise _Killed

    quick.before_run = kill
    with pytest.raises(_Killed):
        await repairs.run(OTHER, RIGHT)
    quick.before_run = lambda: None


@pytest.mark.parametrize("number", [1, 2, 3, 4])
async def test_killed_while_it_tests_it_asks_and_tests_nothing_again(
    repairs: Repairs, quick: QuickVerification, number: int
) -> None:
    await killed_in_run(repairs, quick, number)
    asked = len(repairs.model.asked)
    fixes = await repairs.run(*[OTHER, RIGHT][asked:], run_id="run-2")
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.UNCHANGED, FixOutcome.MENDED]
    assert asked + len(repairs.model.asked) == 2
    assert len(quick.runs) == 4 + 1, "only the run that was killed is made again"


async def test_a_finished_loop_is_tested_anew_by_another_run_of_the_flow(
    repairs: Repairs, quick: QuickVerification
) -> None:
    first = await repairs.run(OTHER, RIGHT)
    again = await repairs.run(run_id="run-1")
    assert again == first
    assert len(quick.runs) == 4
    anew = await repairs.run(run_id="run-2")
    assert anew == first
    assert len(quick.runs) == 8


async def test_an_unusable_answer_is_not_paid_for_twice(
    repairs: Repairs, quick: QuickVerification
) -> None:
    quick.before_run = lambda: None
    answers = ["nonsense", "nonsense", "nonsense"]

    def kill() -> None:
        if len(quick.runs) == 2:
            raise _Killed

    quick.before_run = kill
    with pytest.raises(_Killed):
        await repairs.run(*answers, RIGHT)
    quick.before_run = lambda: None
    fixes = await repairs.run(run_id="run-2")
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.UNUSABLE, FixOutcome.MENDED]


async def test_a_build_that_is_stopped_goes_on_as_well(
    repairs: Repairs, quick: QuickVerification
) -> None:
    def stop() -> None:
        if len(quick.runs) == 2:
            raise asyncio.CancelledError

    quick.before_run = stop
    with pytest.raises(asyncio.CancelledError):
        await repairs.run(RIGHT)
    quick.before_run = lambda: None
    assert (await repairs.run(run_id="run-2")).status == "mended"


@pytest.mark.usefixtures("quick")
async def test_a_used_up_share_of_calls_ends_the_loop_and_not_the_build(repairs: Repairs) -> None:
    limits = FixingLimits(share=Decimal("0.0001"))  # of 10,000 calls, one
    fixes = await repairs.run(OTHER, limits=limits)
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.UNCHANGED]
    assert fixes.stopped.startswith("The share of the build's limits that attempts may use")
    assert fixes.status == "given-up"


@pytest.mark.usefixtures("quick")
async def test_guidance_has_a_share_of_its_own(repairs: Repairs) -> None:
    limits = FixingLimits(share=Decimal("0.0001"))
    await repairs.run(OTHER, limits=limits)
    fixes = await repairs.run(RIGHT, limits=limits, guidance=("An empty list costs nothing.",))
    assert [(fix.round, fix.outcome) for fix in fixes.attempts] == [
        (0, FixOutcome.UNCHANGED),
        (1, FixOutcome.MENDED),
    ]
