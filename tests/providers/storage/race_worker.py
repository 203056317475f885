"""A process that makes paid calls of one build until it has tried a number of times.

Arguments: the ledger's URL, how many calls it tries, the limit of the build, how long a reservation
counts, and how long its first call takes. It says "ready" and waits for a line; says "reserved"
when its first call has begun and waits for another; and prints how many calls were made.
"""

import asyncio
import random
import sys
from decimal import Decimal

from core.errors import SpendingLimitError
from core.settings import SpendingLimits
from providers.storage.calls import CallIdentity, CallMaxima
from providers.storage.ledger import UsageLedger

PRICE = Decimal("0.01")
AT_ONCE = 16
LONGEST_CALL_SECONDS = 0.02
FIRST_CALL_SECONDS = 0.02

_CALL = CallIdentity(
    build_id="b-1", project_id="shop", user="ann", stage="3", provider="demo", model="demo-1"
)
_MAXIMA = CallMaxima(per_stage=10_000, per_file=1, per_build=10_000)


async def make_calls(
    url: str, tries: int, limit: Decimal, seconds: float, first_call: float
) -> int:
    """Make as many of the calls as the limit allows, once told to begin; how many that were."""
    ledger = UsageLedger(url)
    spending = SpendingLimits(per_build_usd=limit)
    left = iter(range(tries))
    made = 0
    await ledger.calls("b-1")  # connected and loaded

    async def reserve() -> int:
        return await ledger.reserve(
            _CALL, _MAXIMA, spending=spending, estimate_usd=PRICE, seconds=seconds
        )

    async def end(call_id: int, takes: float) -> None:
        nonlocal made
        await asyncio.sleep(takes)
        await ledger.settle(call_id, outcome="answered", cost_usd=PRICE)
        made += 1

    async def keep_calling() -> None:
        for _ in left:
            try:
                call_id = await reserve()
            except SpendingLimitError:
                continue
            await end(call_id, random.random() * LONGEST_CALL_SECONDS)

    await _told("ready")
    next(left)
    first = await reserve()
    await _told("reserved")  # by all, before the quickest can have spent what there is
    await asyncio.gather(end(first, first_call), *(keep_calling() for _ in range(AT_ONCE)))
    await asyncio.to_thread(ledger.close)
    return made


async def _told(word: str) -> None:
    """Say a word, and wait to be told to go on."""
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)


def main() -> None:
    """Run as a process of its own."""
    url, tries, limit, seconds, first_call = sys.argv[1:]
    calls = make_calls(url, int(tries), Decimal(limit), float(seconds), float(first_call))
    made = asyncio.run(calls)
    sys.stdout.write(f"{made}\n")


if __name__ == "__main__":
    main()
