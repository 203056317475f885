"""What must hold, and whether it does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks.sides.measuring import LOOP, SHIPPED
from benchmarks.sides.results import Measured

SLOW_SECONDS = 1.0
"""From this latency on, a model is as slow as real ones are."""
LEAST_OF_LOOP_SLOW = 0.97
LEAST_OF_LOOP_FAST = 0.90
AS_FAST_AS_PEERS = 0.99
"""What all of them wait for is the model: less than a hundredth apart, none is behind."""
MOST_MB = 200.0
MANY_FILES = 1_000
CACHED_MS_A_FILE = 10.0
CACHED_SECONDS_MANY = 3.0
FEW_FILES = 200
MOST_GROWTH = 1.05
MOST_PROMPT_GROWTH = 1.02


@dataclass(frozen=True)
class Bound:
    """One thing that must hold.

    Attributes:
        what: in words.
        found: what was measured, with its unit.
        bound: what it must be.
        met: whether it is.
    """

    what: str
    found: str
    bound: str
    met: bool


def bounds_of(measured: Sequence[Measured]) -> list[Bound]:
    """Every bound that these cells tell something about."""
    return [bound for one in measured for bound in _of_cell(one)] + list(_of_growth(measured))


def _of_cell(one: Measured) -> Iterator[Bound]:
    cell, name = one.cell, name_of(one)
    slow = cell.latency >= SLOW_SECONDS
    least = LEAST_OF_LOOP_SLOW if slow else LEAST_OF_LOOP_FAST
    ratio = one.over(LOOP)
    yield Bound(f"{name}: of the loop", f"{ratio:.3f}", f"at least {least:.2f}", ratio >= least)
    for peer in one.peers if slow else ():
        ratio = one.over(peer)
        yield Bound(
            f"{name}: beside {peer}",
            f"{ratio:.3f}",
            f"at least {AS_FAST_AS_PEERS:.2f}",
            ratio >= AS_FAST_AS_PEERS,
        )
    if cell.files >= MANY_FILES:
        peak, cached = one.peak_mb, one.cached_seconds
        yield Bound(f"{name}: memory", f"{peak:.0f} MiB", f"under {MOST_MB:.0f}", peak < MOST_MB)
        yield Bound(
            f"{name}: all kept",
            f"{cached:.2f} s",
            f"under {CACHED_SECONDS_MANY:g} s",
            cached < CACHED_SECONDS_MANY,
        )
    elif cell.files <= FEW_FILES:
        each = one.cached_seconds * 1_000 / cell.files
        yield Bound(
            f"{name}: all kept",
            f"{each:.1f} ms a file",
            f"at most {CACHED_MS_A_FILE:g}",
            each <= CACHED_MS_A_FILE,
        )


def _of_growth(measured: Sequence[Measured]) -> Iterator[Bound]:
    """From the fewest files to the most, with all else alike."""
    for at_once, latency in dict.fromkeys((one.cell.at_once, one.cell.latency) for one in measured):
        alike = [
            one for one in measured if (one.cell.at_once, one.cell.latency) == (at_once, latency)
        ]
        few = min(alike, key=lambda one: one.cell.files)
        many = max(alike, key=lambda one: one.cell.files)
        if few is many:
            continue
        name = f"{few.cell.files} to {many.cell.files} files, {at_once} at once, {latency:g} s"
        growth = _over_ideal(many) / _over_ideal(few)
        yield Bound(
            f"{name}: time of a file",
            f"{growth:.3f} times",
            f"at most {MOST_GROWTH:g}",
            growth <= MOST_GROWTH,
        )
        growth = many.largest_prompt_tokens / few.largest_prompt_tokens
        yield Bound(
            f"{name}: largest prompts",
            f"{growth:.3f} times",
            f"at most {MOST_PROMPT_GROWTH:g}",
            growth <= MOST_PROMPT_GROWTH,
        )


def _over_ideal(one: Measured) -> float:
    return one.seconds(SHIPPED) / one.cell.ideal_seconds


def name_of(one: Measured) -> str:
    """A cell in words."""
    cell = one.cell
    return f"{cell.files} files, {cell.at_once} at once, {cell.latency:g} s"
