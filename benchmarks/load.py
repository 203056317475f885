"""50 builds queued at once on two workers: `make bench-load`.

Real builds of the demo model, through a Prefect server on PostgreSQL, with artifacts on S3, limits
in Redis and the ledger on PostgreSQL, all started here; generated tests run in the sandbox. It ends
with exit code 1 if a bound is missed.
"""

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any, NoReturn

from rich.console import Console
from rich.table import Table

from benchmarks.queue_watch import MemoryWatch
from tests.real_browser.prefect_stack import running
from tests.real_hosts.builds import Builds, most_in_a_minute
from tests.real_hosts.services import Services, services

BUILDS = 50
AT_ONCE = 2
"""Of one worker."""

CALLS_PER_MINUTE = 150
"""Limit of the user of all builds: less than they would take, so that it is reached."""

WORKERS = ("load-a", "load-b")
WORKER_MIB = 400
GROWTH = 1.10
_SECONDS = 7_200
_MIB = 1024 * 1024

_say = Console().print


@dataclass(frozen=True)
class Measured:
    """What became of the builds.

    Attributes:
        runs: what Prefect knows of each.
        memory: of workers and builds.
        seconds: from the first that was queued to the end of the last.
        calls_in_a_minute: the most that came in within 60 seconds.
        booked: calls in the ledger, and calls that came in.
        repositories: names of those that were published.
    """

    runs: list[dict[str, Any]]
    memory: MemoryWatch
    seconds: float
    calls_in_a_minute: int
    booked: tuple[int, int]
    repositories: list[str]


@contextmanager
def workers(folder: Path, environment: Mapping[str, str], home: Path) -> Generator[None]:
    """The workers, as operators start them on one machine."""
    with ExitStack() as started:
        for name in WORKERS:
            started.enter_context(
                running(
                    [
                        *(sys.executable, "-m", "prefect", "worker", "start"),
                        *("--pool", "app-builder-local", "--work-queue", "default"),
                        *("--name", name, "--limit", str(AT_ONCE)),
                    ],
                    {
                        **environment,
                        "APP_BUILDER_HOME": str(home),
                        "PREFECT_HOME": str(folder / name),
                    },
                    folder / f"{name}.log",
                    ready=lambda said: "started!" in said,
                )
            )
        yield


def measure(folder: Path, shared: Services, number: int) -> Measured:
    """Queue the builds while no worker runs, then let two of them work."""
    home = folder / "home"
    with Builds(shared) as builds:
        begun = time.monotonic()
        runs = [builds.start(f"Load {each:02}", key=f"load-{each}") for each in range(number)]
        again = [
            builds.start(f"Load {each:02}", key=f"load-{each}") for each in range(0, number, 5)
        ]
        if not set(again) <= set(runs):
            raise RuntimeError("a key that was given twice started another build")
        with workers(folder, shared.environment, home), MemoryWatch(WORKERS) as memory:
            builds.wait(runs, _SECONDS)
            seconds = time.monotonic() - begun
        calls = builds.calls()
        booked = shared.postgres.ask("ledger", "SELECT count(*) FROM calls")
        return Measured(
            runs=[builds.run(run) for run in runs],
            memory=memory,
            seconds=seconds,
            calls_in_a_minute=most_in_a_minute(calls),
            booked=(int(booked), len(calls)),
            repositories=sorted(each.name for each in (home / "repositories").glob("[!.]*.git")),
        )


def together(runs: list[dict[str, Any]]) -> int:
    """The most runs that were under way at once."""
    changes = sorted(
        [(_time(run["start_time"]), 1) for run in runs]
        + [(_time(run["end_time"]), -1) for run in runs]
    )
    most = now = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most


def start_latencies(runs: list[dict[str, Any]]) -> list[float]:
    """Seconds from the end of a worker's build to the start of the next in its place."""
    latencies: list[float] = []
    for name in WORKERS:
        own = [run for run in runs if run["labels"]["prefect.worker.name"] == name]
        starts = sorted(_time(run["start_time"]) for run in own)[AT_ONCE:]
        ends = sorted(_time(run["end_time"]) for run in own)
        latencies += [start - end for start, end in zip(starts, ends, strict=False)]
    return latencies


def bounds(found: Measured, number: int) -> list[tuple[str, str, str, bool]]:
    """What was measured, what must hold, and whether it does."""
    for_worker = [
        together([run for run in found.runs if run["labels"]["prefect.worker.name"] == name])
        for name in WORKERS
    ]
    largest = max(max(samples) for samples in found.memory.workers.values()) / _MIB
    growth = max(found.memory.growth(name) for name in WORKERS)
    expected = [f"load-{each:02}" for each in range(number)]
    # A repository has the name of its build: that of the project, and a digest.
    names = [name.rpartition("-")[0] for name in found.repositories]
    completed = sum(run["state_name"] == "Completed" for run in found.runs)
    first = sum(run["run_count"] == 1 for run in found.runs)
    return [
        ("builds that ended well", str(completed), f"all {number}", completed == number),
        ("at the first attempt", str(first), f"all {number}", first == number),
        ("repositories", str(len(names)), "one each", names == expected),
        (
            *("builds at once, by worker", ", ".join(map(str, for_worker)), f"at most {AT_ONCE}"),
            max(for_worker) <= AT_ONCE,
        ),
        (
            *("calls within a minute", str(found.calls_in_a_minute)),
            f"the limit, {CALLS_PER_MINUTE}, and at least half of it",
            CALLS_PER_MINUTE / 2 <= found.calls_in_a_minute <= CALLS_PER_MINUTE,
        ),
        (
            *("calls in the ledger", str(found.booked[0]), f"the {found.booked[1]} that came in"),
            found.booked[0] == found.booked[1],
        ),
        (
            *("memory of a worker", f"{largest:.0f} MiB", f"at most {WORKER_MIB} MiB"),
            largest <= WORKER_MIB,
        ),
        (
            *(
                "growth of its own, last to second quarter",
                f"{growth:.2f}",
                f"at most {GROWTH:.2f}",
            ),
            growth <= GROWTH,
        ),
    ]


def tell(found: Measured, number: int) -> bool:
    """Print what was measured; whether all bounds are met."""
    rows = bounds(found, number)
    table = Table(f"{number} builds on {len(WORKERS)} workers", "measured", "must hold", "")
    for what, measured, bound, met in rows:
        table.add_row(what, measured, bound, "met" if met else "missed")
    _say(table)
    latencies = start_latencies(found.runs)
    took = [_time(run["end_time"]) - _time(run["start_time"]) for run in found.runs]
    _say(
        f"all ended after {found.seconds:.0f} s: {60 * number / found.seconds:.1f} builds a minute"
    )
    _say(f"a build took {median(took):.1f} s in the median, {max(took):.1f} s at most")
    if latencies:
        _say(
            f"from the end of a build to the start of the next: {median(latencies):.1f} s in the "
            f"median, {max(latencies):.1f} s at most"
        )
    _say(f"largest process of a build: {found.memory.build / _MIB:.0f} MiB")
    return all(met for *_, met in rows)


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _end(number: int, _: object) -> NoReturn:
    sys.exit(128 + number)


def main() -> int:
    """Measure; the exit code says whether all bounds are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--builds", type=int, default=BUILDS, help="number that is queued")
    asked = parser.parse_args()
    # Told to end, it also stops what it has started.
    signal.signal(signal.SIGTERM, _end)
    limit = str(CALLS_PER_MINUTE)
    with tempfile.TemporaryDirectory(prefix="app-builder-load-") as name:
        folder = Path(name)
        with services(
            folder, "127.0.0.1", APP_BUILDER_RATE_LIMITS__USER_CALLS_PER_MINUTE=limit
        ) as shared:
            return 0 if tell(measure(folder, shared, asked.builds), asked.builds) else 1


if __name__ == "__main__":
    sys.exit(main())
