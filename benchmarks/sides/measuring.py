"""Runs the sides of a cell in turn, each in a process of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from benchmarks.sides.assignment import assignment_of
from benchmarks.sides.cell import Cell, Outcome
from benchmarks.sides.peers import (
    INSTALLED,
    ROOT,
    bullmq_command,
    langgraph_command,
    loop_command,
    redis_server,
)
from benchmarks.sides.prompt_tokens import prompt_tokens
from benchmarks.sides.shipped import environment

SHIPPED = "stage 7"
LOOP = "loop"
BULLMQ = "BullMQ"
LANGGRAPH = "LangGraph"


class Sides:
    """Every side that takes part.

    Args:
        url: of the model's server.
        ground: an empty folder; what the sides write stays in it.
        redis: the program of the Redis server.
        peers: whether the other systems take part, beside the loop.
    """

    def __init__(self, url: str, ground: Path, redis: Path, *, peers: bool = True) -> None:
        self._url = url
        self._ground = ground
        self._redis = redis
        self._commands = {LOOP: loop_command()}
        if peers:
            self._commands |= {BULLMQ: bullmq_command(), LANGGRAPH: langgraph_command()}

    def measure(self, cell: Cell, *, together: bool = False) -> dict[str, Outcome]:
        """One turn of every side, the shipped one first.

        Args:
            cell: what is measured.
            together: whether all sides run at the same time, for a cell that would take hours and
                leaves the processor idle.
        """
        measuring: dict[str, Callable[[], Outcome]] = {
            SHIPPED: partial(self._shipped, cell),
            **{side: partial(self._called, side, cell) for side in self._commands},
        }
        with ThreadPoolExecutor(len(measuring) if together else 1) as pool:
            outcomes = {side: pool.submit(measure) for side, measure in measuring.items()}
            return {side: outcome.result() for side, outcome in outcomes.items()}

    def _shipped(self, cell: Cell) -> Outcome:
        home = self._folder()
        place = home / "outcome.json"
        command = [sys.executable, "-m", "benchmarks.sides.shipped"]
        variables = environment(cell, self._url, home)
        _run([*command, cell.model_dump_json(), str(place)], variables)
        outcome = Outcome.model_validate_json(place.read_bytes())
        tokens = prompt_tokens(home / "store")
        return outcome.model_copy(
            update={
                "prompt_tokens": sum(tokens) / len(tokens),
                "largest_prompt_tokens": max(tokens),
            }
        )

    def _called(self, side: str, cell: Cell) -> Outcome:
        folder = self._folder()
        if side != BULLMQ:
            return self._assigned(side, cell, folder, "")
        with redis_server(self._redis, folder) as redis:
            return self._assigned(side, cell, folder, redis)

    def _assigned(self, side: str, cell: Cell, folder: Path, redis: str) -> Outcome:
        given, place = folder / "assignment.json", folder / "outcome.json"
        assignment = assignment_of(cell, self._url, redis)
        given.write_text(assignment.model_dump_json(), encoding="utf-8")
        _run([*self._commands[side], str(given), str(place)], os.environ)
        return Outcome.model_validate_json(place.read_bytes())

    def _folder(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._ground))


def _run(command: list[str], variables: Mapping[str, str]) -> None:
    # With byte code kept, as on any machine where a program was started before.
    kept = {**variables, "PYTHONPYCACHEPREFIX": str(INSTALLED / "byte-code")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    subprocess.run(  # noqa: S603 -- commands of this package
        command, check=True, cwd=ROOT, env=kept, stdout=subprocess.DEVNULL
    )
