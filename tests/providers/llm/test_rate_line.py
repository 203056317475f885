"""Who may go, for any calls of any processes: over a real file, with a clock the test moves."""

import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from providers.llm.rate_line import Waiter, serve
from providers.llm.rate_places import Place
from providers.llm.rate_sqlite import SqliteStore
from providers.llm.rate_window import Window

WINDOW = Window()
LIMITS = {"user": 6, "requests": 4, "tokens": 30}


@dataclass(frozen=True)
class Arrival:
    """A call of a process, some milliseconds after the call before it."""

    process: int
    after: int
    weights: dict[str, int]

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(Place(key, LIMITS[key], weight) for key, weight in self.weights.items())


@dataclass
class Gone:
    """A call that went."""

    number: int
    at: int
    arrival: Arrival


@dataclass
class Simulation:
    """Processes that share a file and a clock, each trying again when it was told to."""

    folder: Path
    now: int = 10_000_000
    gone: list[Gone] = field(default_factory=list[Gone])

    def __post_init__(self) -> None:
        file = self.folder / "limits.db"
        self.stores = [
            SqliteStore(file, WINDOW, f"holder {n}", clock=lambda: self.now) for n in range(3)
        ]
        self.waiting: list[dict[Waiter, tuple[int, Arrival]]] = [{} for _ in self.stores]
        self.tries_at: list[int | None] = [None for _ in self.stores]

    def run(self, arrivals: Sequence[Arrival]) -> None:
        for number, arrival in enumerate(arrivals):
            self.pass_time(self.now + arrival.after)
            waiter = Waiter(f"permit {number}", arrival.places, since=self.now)
            self.waiting[arrival.process][waiter] = (number, arrival)
            self.round(arrival.process)
        self.pass_time(self.now + 100 * WINDOW.milliseconds * (1 + len(arrivals)))
        for store in self.stores:
            store.close()

    def pass_time(self, until: int) -> None:
        while (due := self.next_try(until)) is not None:
            moment, process = due
            self.now = max(self.now, moment)
            self.round(process)
        self.now = until

    def next_try(self, until: int) -> tuple[int, int] | None:
        tries = [(at, n) for n, at in enumerate(self.tries_at) if at is not None and at <= until]
        return min(tries, default=None)

    def round(self, process: int) -> None:
        waiting = self.waiting[process]
        with self.stores[process].turn() as turn:
            done = serve(tuple(waiting), turn)
        for waiter in done.gone:
            number, arrival = waiting.pop(waiter)
            self.gone.append(Gone(number, self.now, arrival))
        pause = min(done.seconds, WINDOW.turn_seconds)
        assert pause > 0
        self.tries_at[process] = self.now + max(1, round(pause * 1_000)) if waiting else None


weights = st.fixed_dictionaries(
    {}, optional={"user": st.just(1), "requests": st.just(1), "tokens": st.integers(1, 40)}
).filter(bool)
arrivals = st.builds(
    Arrival, st.integers(0, 2), st.sampled_from([0, 0, 0, 1, 500, 20_000, 61_500, 61_501]), weights
)


def simulated(calls: Sequence[Arrival]) -> list[Gone]:
    folder = Path(tempfile.mkdtemp())
    try:
        simulation = Simulation(folder)
        simulation.run(calls)
    finally:
        shutil.rmtree(folder)
    return simulation.gone


@settings(max_examples=60, deadline=None)
@given(calls=st.lists(arrivals, max_size=20))
def test_every_call_goes_and_no_window_has_more_than_a_limit(calls: list[Arrival]) -> None:
    gone = simulated(calls)

    assert sorted(call.number for call in gone) == list(range(len(calls)))
    for key, limit in LIMITS.items():
        taken = [(call.at, min(call.arrival.weights.get(key, 0), limit)) for call in gone]
        for end, _ in taken:
            window = [units for at, units in taken if end - WINDOW.milliseconds <= at <= end]
            assert sum(window) <= limit


@settings(max_examples=60, deadline=None)
@given(calls=st.lists(arrivals, max_size=20))
def test_calls_of_a_process_for_the_same_places_go_in_order(calls: list[Arrival]) -> None:
    gone = simulated(calls)

    for process in range(3):
        mine = [call for call in gone if call.arrival.process == process]
        for keys in {frozenset(call.arrival.weights) for call in mine}:
            numbers = [call.number for call in mine if call.arrival.weights.keys() == keys]
            assert numbers == sorted(numbers)


def test_a_call_waits_no_longer_than_it_must() -> None:
    tokens = [Arrival(0, 0, {"tokens": 10}) for _ in range(7)]

    gone = simulated(tokens)

    start = gone[0].at
    after = WINDOW.milliseconds + 1
    assert [call.at - start for call in gone] == [0, 0, 0, after, after, after, 2 * after]


def test_the_first_of_another_process_keeps_its_room() -> None:
    large = Arrival(0, 1, {"tokens": 30})
    small = [Arrival(1, 1, {"tokens": 1}) for _ in range(5)]

    gone = simulated([Arrival(1, 0, {"tokens": 1}), large, *small])

    assert [call.number for call in gone] == [0, 1, 2, 3, 4, 5, 6]


def test_a_call_that_waits_at_one_limit_holds_up_nobody_at_others() -> None:
    slow = [Arrival(0, 0, {"requests": 1, "user": 1}) for _ in range(5)]
    other = Arrival(0, 10, {"user": 1})

    gone = simulated([*slow, other])

    assert [call.number for call in gone] == [0, 1, 2, 3, 5, 4]
    assert gone[4].at - gone[0].at == 10
