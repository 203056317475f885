"""The rule of the rate limits: pyrate-limiter's sliding window over an exact log.

pyrate-limiter's own buckets keep a row per unit (60,000 for a minute of 60,000 tokens), check and
take in two steps that other processes can come between (SQLite), and know one limit each, while a
call has to pass several or none. So the rule is the library's, and the logs are ours: a row per
call and limit, with its weight.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pyrate_limiter import Rate, SlidingWindowLog

MARGIN = 0.025
"""How much longer than a minute a window is, as a share: 1.5 s.

A call reaches the provider some time after it took its place (a round over those that wait comes
first, then connecting), and that time differs from call to
call. With the margin the provider sees no more than the limit in any minute either, as long as the
times differ by less. It costs 2.4 % of what the limit would allow.
"""

_RULE = SlidingWindowLog()
"""It has no state of its own."""

_TURNS_PER_MINUTE = 60
_LOOKS_PER_MINUTE = 1_200
_LEASE_TURNS = 3
_SHORTEST_LEASE = 500  # milliseconds; a slow store takes its time between two turns


@dataclass(frozen=True, slots=True)
class Window:
    """How long what was taken counts, and the pauses that follow from it.

    Attributes:
        minute: what limits are counted over, in seconds; other than 60 in tests only.
        margin: how much longer than that a window is, as a share.
    """

    minute: float = 60.0
    margin: float = MARGIN

    @property
    def milliseconds(self) -> int:
        """Length of the window."""
        return round(self.minute * 1_000 * (1 + self.margin))

    @property
    def turn_seconds(self) -> float:
        """Longest pause between two tries of a call that waits."""
        return self.minute / _TURNS_PER_MINUTE

    @property
    def look_seconds(self) -> float:
        """Pause where nobody can say when there will be room."""
        return self.minute / _LOOKS_PER_MINUTE

    @property
    def lease_milliseconds(self) -> int:
        """How long a process that waits keeps its turn without trying again."""
        return max(_SHORTEST_LEASE, round(self.turn_seconds * 1_000 * _LEASE_TURNS))

    def wait(
        self, limit: int, used: int, need: int, now: int, taken_at: Callable[[int], int | None]
    ) -> float | None:
        """Seconds until there may be room; None where there is room.

        Args:
            limit: units that may pass in the window.
            used: units taken in it.
            need: units needed, together with those kept for whoever is before.
            now: time in milliseconds, of the clock that the log is written with.
            taken_at: when a unit was taken, by how many units were taken after it.
        """
        verdict = _RULE.decide(
            [_rate(limit, self.milliseconds)], [used], min(need, limit), now, taken_at
        )
        if not verdict.allowed:
            return self._seconds(verdict.retry_after_ms)
        return None if need <= limit else self.look_seconds

    def until_gone(self, limit: int, taken_at: int | None, now: int) -> float:
        """Seconds until a unit has left the window; `look_seconds` where none is named.

        Args:
            limit: units that may pass in the window.
            taken_at: when the unit was taken, in milliseconds.
            now: time in milliseconds, of the same clock.
        """
        if taken_at is None:
            return self.look_seconds
        return self._seconds(_RULE.retry_after(_rate(limit, self.milliseconds), now, taken_at))

    def _seconds(self, milliseconds: int | None) -> float:
        return max(1, milliseconds or 0) / 1_000


@lru_cache
def _rate(limit: int, milliseconds: int) -> Rate:
    return Rate(limit, milliseconds)
