"""Who may go: one round over the calls that wait in this process, in the order they came."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from providers.llm.rate_places import Place


@dataclass(slots=True, eq=False)
class Waiter:
    """A call that waits.

    Attributes:
        permit: names what it takes; no other call's is the same.
        places: every limit it has to pass.
        came: when it came, by this process's clock, in seconds.
        since: the same by the store's clock, in milliseconds; None before the first turn.
        waits_at: keys of the places that had no room for it once.
    """

    permit: str
    places: tuple[Place, ...]
    came: float = field(default_factory=time.monotonic)
    since: int | None = None
    waits_at: set[str] = field(default_factory=set[str])

    @property
    def age(self) -> int:
        """How long it has waited, in milliseconds."""
        return round((time.monotonic() - self.came) * 1_000)

    def units_at(self, key: str) -> int:
        """What it needs of the place with this key."""
        return sum(place.units for place in self.places if place.key == key)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a call may not go yet.

    Attributes:
        keys: the places that have no room.
        seconds: after which it is worth another try.
    """

    keys: frozenset[str]
    seconds: float


class Turn(Protocol):
    """What is taken, and who waits in other processes; nobody else takes anything meanwhile.

    (A turn of Redis is one script; between two scripts of a round others may come.)
    """

    def take(self, waiter: Waiter, kept: Mapping[str, int]) -> Refusal | None:
        """Take all places of a call, or none of them.

        Args:
            waiter: the call.
            kept: units by key that calls of this process before it wait for.
        """
        ...

    def give_back(self, waiter: Waiter) -> None:
        """Forget what was taken for a call that will not be made."""
        ...

    def announce(self, first: Mapping[str, Waiter]) -> None:
        """Say to other processes which call is the first to wait at each key, and at no other."""
        ...


@dataclass(frozen=True, slots=True)
class Round:
    """What came of a round.

    Attributes:
        gone: the calls that may go.
        seconds: after which the others are worth another try; infinite without others.
        announced: whether other processes were told of any that wait.
    """

    gone: tuple[Waiter, ...]
    seconds: float
    announced: bool


def serve(waiting: Sequence[Waiter], turn: Turn) -> Round:
    """Let every call go that may, first come first served.

    Where a place had no room for a call, units are kept for it there until it goes: a later call
    passes it only if there is room for both. So calls for the same places go strictly in order,
    the largest call goes in its turn, and a call that waits at one limit holds up nobody at
    others.

    Args:
        waiting: the calls, in the order they came.
        turn: what they are taken from.
    """
    gone: list[Waiter] = []
    full: set[str] = set()
    kept: dict[str, int] = {}
    first: dict[str, Waiter] = {}
    seconds = float("inf")
    for waiter in waiting:
        behind = full.intersection(place.key for place in waiter.places)
        refusal = None if behind else turn.take(waiter, kept)
        if refusal is None and not behind:
            gone.append(waiter)
            continue
        if refusal is not None:
            full |= refusal.keys
            behind = refusal.keys
            seconds = min(seconds, refusal.seconds)
        waiter.waits_at |= behind
        for place in waiter.places:
            if place.key in waiter.waits_at:
                kept[place.key] = kept.get(place.key, 0) + place.units
                first.setdefault(place.key, waiter)
    turn.announce(first)
    return Round(tuple(gone), seconds, bool(first))
