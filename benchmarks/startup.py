"""How long a build takes from "run" to its stage 0, with a warm worker: `make bench-startup`.

A Prefect server, `make deploy` and `make worker` are started as operators start them, with a worker
that looks for runs every second. Then builds are started over the API, one after another, and the
moments of each are told, as Prefect and the kernel write them down. It ends with exit code 1 where
the median is above the bound. The moments do not overlap, so that their seconds add up:

- poll: until the worker took the run (its state is `Pending`);
- launch: until the process of the run is there;
- import: until Prefect's engine has loaded the flow and says `Running`; `--profile` tells of what;
- open: until stage 0 is told to have started: settings, store, ledger, limits, plan, record.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from datetime import datetime
from pathlib import Path
from statistics import median
from typing import Any

import httpx
from rich.console import Console
from rich.table import Table

from core.build_events import STAGE_STARTED
from tests.real_browser.prefect_stack import PrefectStack, prefect_stack

BOUND_SECONDS = 3.0
DEPLOYMENT = "build-app/build-app-local"
_FINAL = {"COMPLETED", "FAILED", "CANCELLED", "CRASHED"}
_WAIT_SECONDS = 300.0
_MOST_TOLD = 12
_COMPILED_ONCE = {
    "PYTHONDONTWRITEBYTECODE": "",
    "PYTHONPYCACHEPREFIX": str(Path(__file__).parents[1] / ".bench" / "byte-code"),
}
"""What was started before finds its byte code, whatever this machine thinks of writing it."""

_say = Console().print


@dataclass(frozen=True)
class Start:
    """Seconds of one start.

    Attributes:
        poll, launch, load, open: see the head of this file.
        whole: from the request to stage 0.
        processor: processor seconds of the run's process until stage 0 was seen.
    """

    poll: float
    launch: float
    load: float
    open: float
    whole: float
    processor: float


class Api:
    """Prefect's API, as whoever starts builds uses it."""

    def __init__(self, stack: PrefectStack) -> None:
        self._client = httpx.Client(base_url=stack.environment["PREFECT_API_URL"], timeout=60)

    def start(self, name: str) -> str:
        """Ask for a build; returns the run's id."""
        found = self._client.get(f"/deployments/name/{DEPLOYMENT}").raise_for_status().json()
        questionnaire = {"project_name": name, "summary": "Keeps short notes."}
        run = self._client.post(
            f"/deployments/{found['id']}/create_flow_run",
            json={"parameters": {"questionnaire": questionnaire}},
        )
        return run.raise_for_status().json()["id"]

    def run(self, run_id: str) -> dict[str, Any]:
        """A flow run as it stands."""
        return self._client.get(f"/flow_runs/{run_id}").raise_for_status().json()

    def states(self, run_id: str) -> dict[str, float]:
        """When each state was entered first, in seconds since 1970, by its type."""
        found = self._client.get("/flow_run_states/", params={"flow_run_id": run_id})
        moments: dict[str, float] = {}
        for state in sorted(found.raise_for_status().json(), key=lambda one: one["timestamp"]):
            moments.setdefault(state["type"], _moment(state["timestamp"]))
        return moments

    def stage_started(self, run_id: str) -> float | None:
        """When the first stage was told to have started; `None` as long as it was not."""
        wanted = {
            "event": {"name": [STAGE_STARTED]},
            "related": {"id": [f"prefect.flow-run.{run_id}"]},
            "order": "ASC",
        }
        found = self._client.post("/events/filter", json={"filter": wanted, "limit": 1})
        events = found.raise_for_status().json()["events"]
        return _moment(events[0]["occurred"]) if events else None

    def cancel(self, run_id: str) -> None:
        """Ask for the end of a run, and wait for it."""
        body = {"state": {"type": "CANCELLING"}}
        self._client.post(f"/flow_runs/{run_id}/set_state", json=body).raise_for_status()
        _until(lambda: self.run(run_id)["state_type"] in _FINAL)


def _moment(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _until(reached: Any) -> Any:
    give_up = time.monotonic() + _WAIT_SECONDS
    while not (found := reached()):
        if time.monotonic() > give_up:
            raise TimeoutError("a run did not get there within five minutes")
        time.sleep(0.02)
    return found


def measure(api: Api, name: str) -> Start:
    """Start one build, watch it until its stage 0, and end it."""
    asked = time.time()
    run_id = api.start(name)
    process = _until(lambda: _process_of(run_id))
    began = _begin_of(process)
    started = _until(lambda: api.stage_started(run_id))
    processor = _processor_seconds(process)
    states = api.states(run_id)
    api.cancel(run_id)
    return Start(
        poll=states["PENDING"] - asked,
        launch=began - states["PENDING"],
        load=states["RUNNING"] - began,
        open=started - states["RUNNING"],
        whole=started - asked,
        processor=processor,
    )


def _process_of(run_id: str) -> int | None:
    """Number of the process that runs a flow run."""
    mark = f"PREFECT__FLOW_RUN_ID={run_id}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes():
                return int(folder.name)
        except OSError:  # it ended just now, or is somebody else's
            continue
    return None


def _stat(process: int) -> list[str]:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()


def _begin_of(process: int) -> float:
    """When it began, in seconds since 1970; the kernel counts hundredths from its own begin."""
    ticks = int(_stat(process)[19]) / os.sysconf("SC_CLK_TCK")
    (booted,) = re.findall(r"^btime (\d+)", Path("/proc/stat").read_text(), re.MULTILINE)
    up = float(Path("/proc/uptime").read_text().split()[0])
    # `btime` is in whole seconds, so the present tells when the machine began.
    return ticks + max(float(booted), time.time() - up)


def _processor_seconds(process: int) -> float:
    user, system = _stat(process)[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def profile() -> Iterator[tuple[str, float]]:
    """Packages that the flow's module imports, with the seconds that their own modules take."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", "import prefect.engine, flows.build_app"],
        capture_output=True,
        text=True,
        check=True,
    )
    own: Counter[str] = Counter()
    for microseconds, module in re.findall(
        r"^import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)", done.stderr, re.MULTILINE
    ):
        own[module.partition(".")[0]] += int(microseconds)
    for package, microseconds in own.most_common(_MOST_TOLD):
        yield package, microseconds / 1e6
    yield "all", own.total() / 1e6


def _told(starts: list[Start]) -> Table:
    load = " ".join(f"{each:.1f}" for each in os.getloadavg())
    table = Table("", *(field.name for field in fields(Start)))
    table.caption = f"seconds; load of the machine: {load} on {os.cpu_count()} processors"
    for number, start in enumerate(starts, 1):
        table.add_row(str(number), *(f"{value:.2f}" for value in astuple(start)))
    rows: list[tuple[float, ...]] = [astuple(start) for start in starts]
    table.add_row("median", *(f"{median(column):.2f}" for column in zip(*rows, strict=True)))
    return table


def main() -> int:
    """Measure; the exit code says whether the bound is met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--builds", type=int, default=5, help="builds that are measured")
    parser.add_argument("--profile", action="store_true", help="tell what the import takes")
    asked = parser.parse_args()
    if asked.profile:
        for package, seconds in profile():
            _say(f"{seconds:6.3f} s  {package}")
    with (
        tempfile.TemporaryDirectory() as folder,
        prefect_stack(
            Path(folder), PREFECT_SERVER_DATABASE_TIMEOUT="60", **_COMPILED_ONCE
        ) as stack,
    ):
        api = Api(stack)
        measure(api, "Warm")  # what is read from the disk for the first time is no one's habit
        starts = [measure(api, f"Start {number}") for number in range(asked.builds)]
    _say(_told(starts))
    whole = median(start.whole for start in starts)
    _say(f"run to stage 0: {whole:.2f} s, and at most {BOUND_SECONDS:g} s are wanted")
    return 0 if whole <= BOUND_SECONDS else 1


if __name__ == "__main__":
    sys.exit(main())
