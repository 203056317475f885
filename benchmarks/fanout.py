"""What the fan-out over files costs over a bare loop and beside others: `make bench-fanout`.

The shipped stage 7, an asyncio loop over aiohttp, BullMQ with p-queue, and LangGraph with its
SQLite checkpointer write the same files in the same run, one side after the other. Each file takes
two calls of a model whose latency is fixed. The exit code is 1 where a bound is missed.
"""

import argparse
import sys
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.chat_server import chat_server
from benchmarks.ground import rested_ground
from benchmarks.sides.answers import answer_to
from benchmarks.sides.bounds import Bound, bounds_of, name_of
from benchmarks.sides.cell import Cell
from benchmarks.sides.measuring import LOOP, SHIPPED, Sides
from benchmarks.sides.peers import INSTALLED
from benchmarks.sides.publishing import publish
from benchmarks.sides.results import Measured, Results, read_results, write_results

FILES = (50, 200, 1_000)
AT_ONCE = (2, 16, 64)
LATENCIES = (0.2, 2.0)
QUICK = (
    Cell(files=50, at_once=16, latency=0.2),
    Cell(files=200, at_once=16, latency=0.2),
    Cell(files=1_000, at_once=64, latency=0.2),
    Cell(files=50, at_once=16, latency=2.0),
    Cell(files=200, at_once=16, latency=2.0),
)

_say = Console().print


def main() -> None:
    """Measure what the command line asks for."""
    asked = _arguments().parse_args()
    results = read_results(asked.results) if asked.publish_only else _measured(asked)
    if asked.publish or asked.publish_only:
        publish(results)
    bounds = bounds_of(results.measured)
    _say(_bounds_table(bounds))
    sys.exit(0 if all(bound.met for bound in bounds) else 1)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=_integers, default=FILES, help="such as 50,200")
    parser.add_argument("--at-once", type=_integers, default=AT_ONCE, help="such as 2,16")
    parser.add_argument(
        "--latency", type=_numbers, default=LATENCIES, help="seconds, such as 0.2,2"
    )
    parser.add_argument("--quick", action="store_true", help="some telling cells, in ten minutes")
    parser.add_argument("--turns", type=int, default=1, help="of every side; their median counts")
    parser.add_argument(
        "--together",
        action="store_true",
        help="all sides of a cell at the same time, for 2 files at once, which is next to no work",
    )
    parser.add_argument("--no-peers", action="store_true", help="only stage 7 and the loop")
    parser.add_argument("--redis", type=Path, default=Path("/usr/bin/redis-server"))
    parser.add_argument(
        "--results",
        type=Path,
        default=INSTALLED / "fan-out.json",
        help="where cells are kept; those measured before count as well",
    )
    parser.add_argument("--publish", action="store_true", help="write them into the documentation")
    parser.add_argument("--publish-only", action="store_true", help="the same, and measure nothing")
    return parser


def _integers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(part) for part in text.split(","))


def _measured(asked: argparse.Namespace) -> Results:
    chosen = product(asked.latency, asked.at_once, asked.files)
    cells: Sequence[Cell] = [
        Cell(files=files, at_once=at_once, latency=latency) for latency, at_once, files in chosen
    ]
    results = read_results(asked.results)
    with rested_ground(INSTALLED / "homes", _say) as ground, chat_server(answer_to) as url:
        sides = Sides(url, ground, asked.redis, peers=not asked.no_peers)
        for cell in QUICK if asked.quick else cells:
            turns = tuple(sides.measure(cell, together=asked.together) for _ in range(asked.turns))
            one = Measured(cell=cell, turns=turns)
            # Read anew: other cells may be measured beside these.
            results = read_results(asked.results).with_cell(one)
            write_results(asked.results, results)
            _say(_cell_table(one))
    return results


def _cell_table(one: Measured) -> Table:
    table = Table(name_of(one), "seconds", "of the ideal", "stage 7 beside it", "CPU", "memory")
    for side in (SHIPPED, LOOP, *one.peers):
        last = one.turns[-1][side]
        table.add_row(
            side,
            f"{one.seconds(side):.2f}",
            f"{one.cell.ideal_seconds / one.seconds(side):.3f}",
            "" if side == SHIPPED else f"{one.over(side):.3f}",
            f"{last.cpu_seconds:.1f} s",
            f"{last.peak_mb:.0f} MiB",
        )
    table.caption = (
        f"all kept: {one.cached_seconds:.2f} s; {one.prompt_tokens:,.0f} prompt tokens a file, "
        f"at most {one.largest_prompt_tokens:,}"
    )
    return table


def _bounds_table(bounds: Sequence[Bound]) -> Table:
    table = Table("what", "measured", "bound", "")
    for bound in bounds:
        told = "[green]met[/green]" if bound.met else "[red]missed[/red]"
        table.add_row(bound.what, bound.found, bound.bound, told)
    return table


if __name__ == "__main__":
    main()
