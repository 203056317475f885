"""The breakers of a process: one probe at a time, waiting, and what the ledger tells."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from core.errors import AnswerError, ProviderBusyError, ProviderFailedError, RequestRefusedError
from core.settings import BreakerSettings
from providers.llm.breakers import PROBE_SECONDS, REFRESH_SECONDS, Breakers
from providers.llm.stage_router import ModelChoice
from providers.storage.calls import ModelOutcomes

FIRST, SECOND = ModelChoice("deepseek", "deepseek-v3"), ModelChoice("openai", "gpt-4o")
SETTINGS = BreakerSettings(failures=2, cooldown_seconds=30)
DOWN = ProviderFailedError("it answered 500")


class Clock:
    """A time that passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = datetime(2026, 1, 1, tzinfo=UTC)
        self.slept = 0.0

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept += seconds
        self.advance(seconds)
        await asyncio.sleep(0)


def row(
    last_success: datetime | None, last_failure: datetime, failures: int, last_error: str
) -> ModelOutcomes:
    """What the ledger tells of the first model."""
    return ModelOutcomes(
        provider=FIRST.provider,
        model=FIRST.model,
        last_success=last_success,
        last_failure=last_failure,
        failures=failures,
        last_error=last_error,
    )


@dataclass
class History:
    """What the ledger would tell, and when it was asked."""

    rows: list[ModelOutcomes] = field(default_factory=list[ModelOutcomes])
    asked: list[datetime] = field(default_factory=list[datetime])

    async def recent_outcomes(self, since: datetime) -> Sequence[ModelOutcomes]:
        self.asked.append(since)
        await asyncio.sleep(0)
        return self.rows


def breakers(clock: Clock, history: History | None = None) -> Breakers:
    return Breakers(SETTINGS, history, clock, sleep=clock.sleep)


def bring_down(them: Breakers, *choices: ModelChoice) -> None:
    for choice in choices:
        for _ in range(SETTINGS.failures):
            them.failed(choice, DOWN)


async def call(them: Breakers, *choices: ModelChoice, error: BaseException | None = None) -> str:
    with await them.admit(*choices) as admission:
        if error is not None:
            raise error
    return str(admission.choice)


async def test_each_model_has_a_breaker_of_its_own() -> None:
    them = breakers(Clock())
    bring_down(them, FIRST)
    assert (them.state(FIRST), them.state(SECOND)) == ("open", "closed")
    assert await them.first_available((FIRST, SECOND)) == SECOND
    assert await call(them, FIRST, SECOND) == str(SECOND)


async def test_calls_that_fail_open_it_and_one_that_succeeds_closes_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    clock = Clock()
    them = breakers(clock)
    for error in (DOWN, ProviderBusyError("busy to the end")):
        assert them.reopens_at(FIRST) is None
        with pytest.raises(type(error)):
            await call(them, FIRST, error=error)
    assert them.state(FIRST) == "open"
    assert them.reopens_at(FIRST) == clock.now + timedelta(seconds=30)
    assert them.last_errors((FIRST, SECOND)) == {FIRST: "busy to the end"}
    clock.advance(30)
    assert them.state(FIRST) == "half-open"
    await call(them, FIRST)
    assert them.state(FIRST) == "closed"
    assert "deepseek/deepseek-v3 is left alone for 30 s, after: busy to the end" in caplog.text
    assert "deepseek/deepseek-v3 answers again" in caplog.text


@pytest.mark.parametrize("error", [RequestRefusedError("401"), AnswerError("no JSON")])
async def test_what_is_not_the_providers_failure_neither_opens_nor_closes(
    error: Exception,
) -> None:
    clock = Clock()
    them = breakers(clock)
    for _ in range(5):
        with pytest.raises(type(error)):
            await call(them, FIRST, error=error)
    assert them.state(FIRST) == "closed"
    bring_down(them, FIRST)
    clock.advance(31)
    with pytest.raises(type(error)):
        await call(them, FIRST, error=error)
    assert them.state(FIRST) == "half-open"
    assert await call(them, FIRST) == str(FIRST)  # the probe was given back


async def test_one_call_at_a_time_tries_it_and_the_others_take_another_model() -> None:
    clock = Clock()
    them = breakers(clock)
    bring_down(them, FIRST)
    clock.advance(31)
    probe = await them.admit(FIRST, SECOND)
    assert probe.probe
    assert probe.choice == FIRST
    other = await them.admit(FIRST, SECOND)
    assert not other.probe
    assert other.choice == SECOND
    with other, probe:
        pass
    assert them.state(FIRST) == "closed"


async def test_a_cancelled_probe_is_given_back() -> None:
    clock = Clock()
    them = breakers(clock)
    bring_down(them, FIRST)
    clock.advance(31)

    async def hang() -> None:
        with await them.admit(FIRST):
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert them.state(FIRST) == "half-open"
    assert (await them.admit(FIRST)).probe


async def test_where_nothing_else_is_left_it_waits_for_the_earliest_cooldown() -> None:
    clock = Clock()
    them = breakers(clock)
    bring_down(them, FIRST)
    clock.advance(10)
    bring_down(them, SECOND)
    assert await call(them, SECOND, FIRST) == str(FIRST)
    assert clock.slept == pytest.approx(20)


async def test_those_that_wait_go_on_when_the_probe_succeeds() -> None:
    clock = Clock()
    them = breakers(clock)
    bring_down(them, FIRST)
    at_once, most_at_once = 0, 0

    async def slow_call() -> None:
        nonlocal at_once, most_at_once
        with await them.admit(FIRST) as admission:
            if admission.probe:
                at_once += 1
                most_at_once = max(most_at_once, at_once)
                await asyncio.sleep(0.01)
                at_once -= 1

    await asyncio.gather(*(slow_call() for _ in range(20)))
    assert most_at_once == 1
    assert them.state(FIRST) == "closed"


async def test_those_that_wait_are_told_what_each_model_said_when_probes_fail() -> None:
    clock = Clock()
    them = breakers(clock)
    bring_down(them, FIRST, SECOND)
    probes = 0

    async def failing_call() -> None:
        nonlocal probes
        with await them.admit(FIRST, SECOND) as admission:
            probes += admission.probe
            await asyncio.sleep(0)
            raise ProviderFailedError(f"{admission.choice.provider} is down still")

    done = await asyncio.gather(*(failing_call() for _ in range(10)), return_exceptions=True)
    assert probes == 2
    waited = [str(error) for error in done if "no model that may be asked here" in str(error)]
    assert len(waited) == 8
    assert all(
        "deepseek/deepseek-v3: deepseek is down still; openai/gpt-4o: openai is down still" in text
        for text in waited
    )


async def test_the_wait_is_bounded_while_a_probe_hangs() -> None:
    clock = Clock()
    them = breakers(clock)
    bring_down(them, FIRST)
    clock.advance(30)
    await them.admit(FIRST)
    with pytest.raises(ProviderFailedError, match=r"it answered 500 \(a call is trying it\)"):
        await them.admit(FIRST)
    assert clock.slept == pytest.approx(PROBE_SECONDS, abs=1)


async def test_needs_a_model_to_choose_from() -> None:
    with pytest.raises(ValueError, match="no model"):
        await breakers(Clock()).first_available(())


async def test_the_ledger_tells_of_other_processes_and_is_read_seldom() -> None:
    clock = Clock()
    history = History([row(None, clock.now, 2, "they saw 500")])
    them = breakers(clock, history)
    assert await them.first_available((FIRST, SECOND)) == SECOND
    assert them.last_errors((FIRST,)) == {FIRST: "they saw 500"}
    await asyncio.gather(*(them.first_available((FIRST, SECOND)) for _ in range(50)))
    assert history.asked == [clock.now - timedelta(seconds=600)]
    history.rows = [row(clock.now, clock.now, 0, "they saw 500")]
    clock.advance(REFRESH_SECONDS)
    assert await them.first_available((FIRST, SECOND)) == FIRST
    assert len(history.asked) == 2


async def test_own_success_outweighs_older_failures_in_the_ledger() -> None:
    clock = Clock()
    history = History([row(None, clock.now, 9, "old")])
    them = breakers(clock, history)
    await them.refresh()
    clock.advance(1)
    them.succeeded(FIRST)
    assert them.state(FIRST) == "closed"


async def test_own_failure_without_a_text_is_told_by_its_class() -> None:
    them = breakers(Clock())
    them.failed(FIRST, ProviderFailedError(""))
    assert them.last_errors((FIRST,)) == {FIRST: "ProviderFailedError"}
