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
        failed_at: when the failures since the last success were, UTC.
        last_error: what the last failure said.
    """

    last_success: datetime | None = None
    last_failure: datetime | None = None
    failed_at: tuple[datetime, ...] = ()
    last_error: str = ""

    @classmethod
    def counted(
        cls,
        last_success: datetime | None,
        last_failure: datetime | None,
        failures: int,
        last_error: str,
        now: datetime,
    ) -> "Outcomes":
        """The outcomes of which only the number is known, as in the ledger.

        Times of other machines' clocks that are ahead of `now` count as now.
        """
        success, failure = (
            None if time is None else min(time, now) for time in (last_success, last_failure)
        )
        failed_at = () if failure is None else (failure,) * failures
        return cls(success, failure, failed_at, last_error)

    @property
    def failures(self) -> int:
        """Failures in a row, up to the last."""
        return len(self.failed_at)

    def succeeded(self, at: datetime) -> "Outcomes":
        """The outcomes after one more success."""
        return Outcomes(at, self.last_failure, (), self.last_error)

    def failed(self, at: datetime, error: str) -> "Outcomes":
        """The outcomes after one more failure."""
        return Outcomes(self.last_success, at, (*self.failed_at, at), error)

    def merged(self, other: "Outcomes") -> "Outcomes":
        """What two sources know together; a call that both know counts once.

        Failures in a row are those of the source that knows more of them, not their sum, because
        the ledger knows the calls of this process too. So the breaker may open as late as the
        ledger's next reading, and never too early.
        """
        latest = max((self, other), key=lambda each: _order(each.last_failure))
        return Outcomes(
            max(self.last_success, other.last_success, key=_order),
            latest.last_failure,
            max(
                self._failed_since(other.last_success),
                other._failed_since(self.last_success),
                key=lambda times: (len(times), times),
            ),
            latest.last_error,
        )

    def _failed_since(self, success: datetime | None) -> tuple[datetime, ...]:
        return tuple(time for time in self.failed_at if _order(time) >= _order(success))


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
