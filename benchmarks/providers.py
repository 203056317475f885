"""What the way of a model call costs over a bare HTTP call: `make bench-providers`.

Both sides are measured in turns within one run, so that a noisy machine harms both alike, and the
medians of the turns' ratios and differences are told:

- CPU of one call after another, all threads of this process, over a bare httpx call.
- Throughput of 64 calls at once, at 0.2 s and 2 s a call, over a bare aiohttp loop.

Connections are opened and tables made before anything is timed. It ends with exit code 1 if a bound
is missed.
"""

import argparse
import asyncio
import cProfile
import pstats
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from statistics import median

from rich.console import Console
from rich.table import Table

from benchmarks.chat_server import chat_server
from benchmarks.ground import rested_ground
from benchmarks.provider_path import Call, bare_aiohttp, bare_httpx, whole_path

AT_ONCE = 64
CPU_CALLS = 200
CPU_TURNS = 7
CPU_BOUND_MS = 5.0
WARM_UP_CALLS = 2
THROUGHPUT = ((0.2, 20, 5, 0.90), (2.0, 5, 3, 0.97))
"""Seconds a call, calls of each worker, turns, and the least ratio there may be."""

_HOMES = Path(__file__).resolve().parents[1] / ".bench"
"""On the disk that a build would use; temporary files may be in memory, or among too many."""

_say = Console().print


async def cpu(url: str, home: Path, *, streams: bool) -> bool:
    """CPU of a call in milliseconds, over a bare httpx call; whether its bound is met."""
    async with (
        whole_path(f"{url}/0", home, streams=streams) as path,
        bare_httpx(f"{url}/0", streams=streams) as bare,
    ):
        await _in_turn(path, 20)
        await _in_turn(bare, 20)
        turns = [
            (await _cpu_ms(path, CPU_CALLS), await _cpu_ms(bare, CPU_CALLS))
            for _ in range(CPU_TURNS)
        ]
    over = median(mine - theirs for mine, theirs in turns)
    table = Table("CPU of a call", "whole path", "bare httpx", "over it", "at most", "")
    table.add_row(
        "streamed" if streams else "in one piece",
        f"{median(mine for mine, _ in turns):.2f} ms",
        f"{median(theirs for _, theirs in turns):.2f} ms",
        f"{over:.2f} ms",
        f"{CPU_BOUND_MS:g} ms",
        _verdict(is_met := over <= CPU_BOUND_MS),
    )
    _say(table)
    return is_met


async def throughput(url: str, home: Path, *, streams: bool) -> bool:
    """Calls a second, over a bare aiohttp loop; whether all bounds are met."""
    table = Table(f"{AT_ONCE} calls at once", "whole path", "bare aiohttp", "ratio", "at least", "")
    all_met = True
    for seconds, each, turns, least in THROUGHPUT:
        base = f"{url}/{seconds:g}"
        async with (
            whole_path(base, home / f"{seconds:g}", streams=streams) as path,
            bare_aiohttp(base, streams=streams) as bare,
        ):
            await _at_once(path, WARM_UP_CALLS)
            await _at_once(bare, WARM_UP_CALLS)
            rates = [(await _rate(path, each), await _rate(bare, each)) for _ in range(turns)]
        ratio = median(mine / theirs for mine, theirs in rates)
        is_met = ratio >= least
        all_met &= is_met
        table.add_row(
            f"{seconds:g} s a call",
            f"{median(mine for mine, _ in rates):.1f}/s",
            f"{median(theirs for _, theirs in rates):.1f}/s",
            f"{ratio:.3f}",
            f"{least:.2f}",
            _verdict(is_met),
        )
    _say(table)
    return all_met


async def profile(url: str, home: Path, *, streams: bool) -> bool:
    """Where the time of the loop's thread goes, function by function; it has no bound."""
    async with whole_path(f"{url}/0", home, streams=streams) as path:
        await _in_turn(path, 50)
        profiler = cProfile.Profile()
        profiler.enable()
        await _in_turn(path, 500)
        profiler.disable()
    pstats.Stats(profiler).sort_stats("tottime").print_stats(40)
    return True


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "missed"


async def _in_turn(call: Call, calls: int) -> None:
    for _ in range(calls):
        await call()


async def _cpu_ms(call: Call, calls: int) -> float:
    started = time.process_time()
    await _in_turn(call, calls)
    return (time.process_time() - started) * 1_000 / calls


async def _at_once(call: Call, each: int) -> None:
    await asyncio.gather(*(_in_turn(call, each) for _ in range(AT_ONCE)))


async def _rate(call: Call, each: int) -> float:
    started = time.perf_counter()
    await _at_once(call, each)
    return AT_ONCE * each / (time.perf_counter() - started)


async def _measure(
    parts: Sequence[Callable[..., Awaitable[bool]]], url: str, home: Path, *, streams: bool
) -> bool:
    results = [
        await part(url, home / str(number), streams=streams) for number, part in enumerate(parts)
    ]
    return all(results)


def main() -> int:
    """Run what the command line asks for; the exit code says whether all bounds are met."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--whole", action="store_true", help="answers in one piece, not streamed")
    parser.add_argument("--profile", action="store_true", help="show where the time goes instead")
    asked = parser.parse_args()
    with rested_ground(_HOMES, _say) as home, chat_server() as url:
        parts = [profile] if asked.profile else [cpu, throughput]
        all_met = asyncio.run(_measure(parts, url, home, streams=not asked.whole))
    return 0 if all_met else 1


if __name__ == "__main__":
    sys.exit(main())
