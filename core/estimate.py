"""Estimates with a range: of a number, a cost or a time that is not known yet."""

import math
from dataclasses import dataclass
from typing import Self

_Z = 1.2815515655446004
"""The standard normal distribution's 90th percentile."""

_LARGEST_RATIO = 1e6
"""Of deviation to mean; above it the figures would leave the range of floating point."""


@dataclass(frozen=True)
class Estimate:
    """An expected value and its uncertainty, in any unit; neither is ever negative.

    The range is that of a log-normal distribution of this mean and deviation, because what calls
    take is never below nothing and now and then far above the mean. Estimates that are added are
    taken to err independently of one another.

    Attributes:
        mean: expected value.
        deviation: standard deviation.
    """

    mean: float = 0.0
    deviation: float = 0.0

    @property
    def low(self) -> float:
        """The 10th percentile."""
        return self._quantile(-_Z)

    @property
    def high(self) -> float:
        """The 90th percentile; never below the mean, however far the distribution leans."""
        return max(self._quantile(_Z), self.mean)

    def __add__(self, other: Self) -> "Estimate":
        return Estimate(self.mean + other.mean, math.hypot(self.deviation, other.deviation))

    def times(self, factor: float) -> "Estimate":
        """So many times as much, erring in the same direction."""
        return Estimate(self.mean * factor, self.deviation * factor)

    def together(self, other: "Estimate") -> "Estimate":
        """The sum of two estimates that err in the same direction."""
        return Estimate(self.mean + other.mean, self.deviation + other.deviation)

    def summed_over(self, count: "Estimate", *, observed: int) -> "Estimate":
        """The sum over a number of things of which this is one.

        Args:
            count: how many there will be.
            observed: how many were seen to know this one; 0 where it is a guess, which may be
                wrong for all of them alike.
        """
        mean = self.mean * count.mean
        if observed:
            own = self.deviation**2 * (count.mean + count.mean**2 / observed)
        else:
            own = (self.deviation * count.mean) ** 2
        return Estimate(mean, math.sqrt(own + (self.mean * count.deviation) ** 2))

    def _quantile(self, z: float) -> float:
        if self.mean <= 0 or self.deviation <= 0:
            return self.mean
        variance = math.log1p(min(self.deviation / self.mean, _LARGEST_RATIO) ** 2)
        return math.exp(math.log(self.mean) - variance / 2 + z * math.sqrt(variance))
