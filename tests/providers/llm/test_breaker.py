"""The breaker as a state machine, held against the plainest model of it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from core.errors import (
    AnswerError,
    CallLimitError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from core.settings import BreakerSettings
from providers.llm.breaker import Outcomes, is_providers_failure, reopens_at, state_of

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SETTINGS = BreakerSettings(failures=3, cooldown_seconds=30)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


class BreakerMachine(RuleBasedStateMachine):
    """One breaker beside a model that keeps its state in two fields."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOON
        self.outcomes = Outcomes()
        self.failures = 0
        self.closed_until: datetime | None = None

    @rule(seconds=st.integers(0, 45))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule()
    def success(self) -> None:
        self.outcomes = self.outcomes.succeeded(self.now)
        self.failures, self.closed_until = 0, None

    @rule()
    def failure(self) -> None:
        self.outcomes = self.outcomes.failed(self.now, "down")
        self.failures += 1
        if self.failures >= 3:
            self.closed_until = self.now + timedelta(seconds=30)

    @invariant()
    def has_the_state_of_the_model(self) -> None:
        if self.closed_until is None:
            expected = "closed"
        else:
            expected = "open" if self.now < self.closed_until else "half-open"
        assert state_of(self.outcomes, SETTINGS, self.now) == expected
        assert reopens_at(self.outcomes, SETTINGS) == self.closed_until


TestBreakerMachine = BreakerMachine.TestCase


def test_opens_at_the_last_of_the_failures_and_half_opens_with_the_cooldown() -> None:
    outcomes = Outcomes()
    for second in range(3):
        assert state_of(outcomes, SETTINGS, at(second)) == "closed"
        outcomes = outcomes.failed(at(second), f"failure {second}")
    assert state_of(outcomes, SETTINGS, at(2)) == "open"
    assert state_of(outcomes, SETTINGS, at(31.9)) == "open"
    assert state_of(outcomes, SETTINGS, at(32)) == "half-open"
    assert outcomes.last_error == "failure 2"
    again = outcomes.failed(at(33), "still")
    assert state_of(again, SETTINGS, at(62.9)) == "open"
    assert state_of(again.succeeded(at(34)), SETTINGS, at(34)) == "closed"


def test_a_clock_that_is_set_back_does_not_keep_it_open() -> None:
    outcomes = Outcomes.counted(None, at(3600), 3, "down", now=at(3600))
    assert state_of(outcomes, SETTINGS, at(0)) == "half-open"


def test_times_ahead_of_ours_count_as_now() -> None:
    ahead = Outcomes.counted(at(50), at(100), 3, "down", now=at(10))
    assert ahead == Outcomes(at(10), at(10), (at(10),) * 3, "down")
    assert Outcomes.counted(None, None, 0, "", now=at(10)) == Outcomes()


def test_a_later_success_of_another_source_ends_the_failures() -> None:
    failing = Outcomes.counted(None, at(10), 3, "down", now=at(20))
    well = Outcomes(at(11))
    assert failing.merged(well) == well.merged(failing) == Outcomes(at(11), at(10), (), "down")
    assert failing.merged(Outcomes(at(9))).failures == 3


def test_what_two_sources_know_of_the_same_calls_counts_once() -> None:
    own = Outcomes().failed(at(9), "first").failed(at(10), "second")
    ledger = Outcomes.counted(None, at(9), 2, "ledger", now=at(20))
    assert own.merged(ledger) == own


_EVENTS = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=12)


@given(_EVENTS)
def test_two_halves_never_know_more_failures_than_the_whole(
    events: list[tuple[bool, bool]],
) -> None:
    """Each call is seen by one of two processes: together they may open late, never early."""
    whole, halves = Outcomes(), [Outcomes(), Outcomes()]
    for second, (success, which) in enumerate(events):
        if success:
            whole = whole.succeeded(at(second))
            halves[which] = halves[which].succeeded(at(second))
        else:
            whole = whole.failed(at(second), str(second))
            halves[which] = halves[which].failed(at(second), str(second))
    merged = halves[0].merged(halves[1])
    assert merged == halves[1].merged(halves[0])
    assert merged.failures <= whole.failures
    assert (merged.last_success, merged.last_failure) == (whole.last_success, whole.last_failure)
    assert merged.last_error == whole.last_error
    assert whole.merged(halves[0]) == whole  # the ledger knows our calls too


@pytest.mark.parametrize(
    ("error", "counts"),
    [
        (ProviderFailedError("broken"), True),
        (ProviderBusyError("busy"), True),
        (RequestRefusedError("no"), False),
        (AnswerError("nonsense"), False),
        (CallLimitError("enough"), False),
        (KeyboardInterrupt(), False),
    ],
)
def test_only_the_providers_failures_count(error: BaseException, counts: bool) -> None:
    assert is_providers_failure(error) is counts
