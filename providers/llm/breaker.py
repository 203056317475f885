"""Whether a model that keeps failing is left alone: a state machine over what became of its calls.

pybreaker, aiobreaker and purgatory keep their state in memory or Redis and change it with each
call, and none can be told what SQL knows of other processes' calls; so the state here is not kept
at all, but computed from outcomes, wherever they come from. The pattern is M. Nygard's circuit
breaker (Release It!, 2nd edition, chapter 5).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from core.errors import ProviderBusyError, ProviderFailedError
from core.settings import BreakerSettings

BreakerState = Literal["closed", "open", "half-open"]
"""closed: asked as usual; open: left alone; half-open: one call at a time tries it."""


@dataclass(frozen=True)
class Outcomes:
    """What is known of the calls to one model of one provider.

    Attributes:
        last_success, last_failure: when, UTC; `None` where there was none.
        failures: failures in a row, up to the last.
        last_error: what the last failure said.
    """

    last_success: datetime | None = None
    last_failure: datetime | None = None
    failures: int = 0
    last_error: str = ""

    def succeeded(self, at: datetime) -> "Outcomes":
        """The outcomes after one more success."""
        return Outcomes(at, self.last_failure, 0, self.last_error)

    def failed(self, at: datetime, error: str) -> "Outcomes":
        """The outcomes after one more failure."""
        return Outcomes(self.last_success, at, self.failures + 1, error)

    def merged(self, other: "Outcomes") -> "Outcomes":
        """What two sources know together; a call that both know counts once.

        Failures in a row are those of the source that knows more of them, not their sum, because
        the ledger knows the calls of this process too. So the ledger's next reading may find the
        breaker open a little late, and never too early.
        """
        latest = max((self, other), key=lambda each: _order(each.last_failure))
        return Outcomes(
            max(self.last_success, other.last_success, key=_order),
            latest.last_failure,
            max(self._failures_after(other.last_success), other._failures_after(self.last_success)),
            latest.last_error,
        )

    def not_after(self, now: datetime) -> "Outcomes":
        """The same with times of other machines' clocks that are ahead set to now."""
        success, failure = (
            None if time is None else min(time, now)
            for time in (self.last_success, self.last_failure)
        )
        return Outcomes(success, failure, self.failures, self.last_error)

    def _failures_after(self, success: datetime | None) -> int:
        return 0 if _order(success) > _order(self.last_failure) else self.failures


def reopens_at(outcomes: Outcomes, settings: BreakerSettings) -> datetime | None:
    """When a model that failed too often may be tried again; `None` where it did not."""
    if outcomes.last_failure is None or outcomes.failures < settings.failures:
        return None
    return outcomes.last_failure + timedelta(seconds=settings.cooldown_seconds)


def state_of(outcomes: Outcomes, settings: BreakerSettings, now: datetime) -> BreakerState:
    """The breaker's state at a time."""
    end = reopens_at(outcomes, settings)
    if end is None:
        return "closed"
    # An end further off than a whole cooldown means that the clock was set back.
    is_open = now < end <= now + timedelta(seconds=settings.cooldown_seconds)
    return "open" if is_open else "half-open"


def is_providers_failure(error: BaseException) -> bool:
    """Whether an error is the provider's: a refused request or a bad answer is not."""
    return isinstance(error, (ProviderFailedError, ProviderBusyError))


def _order(time: datetime | None) -> float:
    return float("-inf") if time is None else time.timestamp()
