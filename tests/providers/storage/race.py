"""A race of processes for one limit of money."""

import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from sqlalchemy import create_engine, select

from providers.storage.calls import CallOutcome
from providers.storage.ledger import UsageLedger
from providers.storage.ledger_tables import builds
from tests.providers.storage.ledgers import (
    check_totals,
    reserve,
    spending,
    spent,
)
from tests.providers.storage.race_worker import FIRST_CALL_SECONDS, PRICE

StartPython = Callable[..., "subprocess.Popen[str]"]

_WORKER = (Path(__file__).parent / "race_worker.py").read_text()
_NANO = 10**9
_LONGEST_SECONDS = 120

EXPIRY_SECONDS = 5
"""Longer than a living process can be kept from settling, on a machine that has much to do."""


@dataclass(frozen=True)
class Size:
    """How many processes try how many calls, all together, and how many of these are allowed."""

    processes: int
    tries: int
    allowed: int

    @property
    def limit(self) -> Decimal:
        """What the calls that are allowed cost, US dollars."""
        return PRICE * self.allowed


class Race:
    """The processes, and the most that counted against the limit while they ran."""

    def __init__(
        self,
        url: str,
        start: StartPython,
        size: Size,
        *,
        seconds: float,
        first_calls: Sequence[float] = (FIRST_CALL_SECONDS,),
    ) -> None:
        self.highest = 0
        self.size = size
        self.url = url
        self._engine = create_engine(url)
        arguments = (url, str(size.tries // size.processes), str(size.limit), str(seconds))
        self.processes = [
            start(_WORKER, *arguments, str(first_calls[number % len(first_calls)]))
            for number in range(size.processes)
        ]

    def start(self) -> None:
        """Let them go when each has begun its first call."""
        for word in ("ready", "reserved"):
            for process in self.processes:
                assert process.stdout is not None
                assert process.stdout.readline() == f"{word}\n"
            for process in self.processes:
                assert process.stdin is not None
                process.stdin.write("\n")
                process.stdin.flush()

    def spent(self) -> int:
        """Calls settled so far."""
        with self._engine.connect() as connection:
            row = connection.execute(select(builds)).first()
        if row is None:
            return 0
        self.highest = max(self.highest, row.cost_nanodollars + row.reserved_nanodollars)
        return row.cost_nanodollars // int(PRICE * _NANO)

    def watch(self, until: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _LONGEST_SECONDS
        while not until():
            assert time.monotonic() < deadline, "the race does not end"
            self.spent()
            time.sleep(0.005)

    async def ended_well(self) -> None:
        """The limit was spent exactly, never overrun, and nothing is held any more."""
        self._engine.dispose()
        assert self.highest <= self.size.limit * _NANO
        check_totals(self.url)
        ledger = UsageLedger(self.url)
        assert await spent(ledger, "b-1") == self.size.limit
        within = spending(per_build=str(self.size.limit + PRICE))
        await reserve(ledger, usd=str(PRICE), within=within)  # to the last nano-dollar
        ledger.close()


async def race_to_the_end(url: str, start: StartPython, size: Size) -> None:
    """All processes live: together they make exactly the calls that are allowed."""
    race = Race(url, start, size, seconds=60)
    race.start()
    race.watch(lambda: all(process.poll() is not None for process in race.processes))
    made = [int(process.communicate()[0].split()[-1]) for process in race.processes]
    assert sum(made) == size.allowed
    await race.ended_well()


async def race_with_deaths(url: str, start: StartPython, size: Size) -> None:
    """Half of the processes are killed in the middle: the others use what those had reserved."""
    # Those that are killed hold until then what their first call reserved.
    first_calls = (_LONGEST_SECONDS, FIRST_CALL_SECONDS)
    race = Race(url, start, size, seconds=EXPIRY_SECONDS, first_calls=first_calls)
    race.start()
    killed, others = race.processes[::2], race.processes[1::2]
    race.watch(lambda: race.spent() > size.allowed // 4)
    for process in killed:
        process.kill()
    race.watch(lambda: all(process.poll() is not None for process in others))
    assert all(process.wait() for process in killed)
    assert all(process.returncode == 0 for process in others)
    ledger = UsageLedger(url)
    try:
        outcomes = [call.outcome for call in await ledger.calls("b-1")]
    finally:
        ledger.close()
    assert outcomes.count(CallOutcome.ANSWERED) == size.allowed
    assert outcomes.count(CallOutcome.EXPIRED) > 0
    await race.ended_well()
