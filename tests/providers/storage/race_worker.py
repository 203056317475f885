"""A process that makes paid calls of one build until it has tried a number of times.

Arguments: the ledger's URL, how many calls it tries, the limit of the build, how long a reservation
counts, and how long its first call takes. It says "ready", waits for a line, and prints how many
calls were made.
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
    await ledger.calls("b-1")  # connected and loaded, so that none begins when all is spent
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)

    async def call(takes: float, told: str = "") -> None:
        nonlocal made
        try:
            call_id = await ledger.reserve(
                _CALL, _MAXIMA, spending=spending, estimate_usd=PRICE, seconds=seconds
            )
        except SpendingLimitError:
            return
        sys.stdout.write(told)
        sys.stdout.flush()
        await asyncio.sleep(takes)
        await ledger.settle(call_id, outcome="answered", cost_usd=PRICE)
        made += 1

    async def keep_calling() -> None:
        for _ in left:
            await call(random.random() * LONGEST_CALL_SECONDS)

    next(left)
    first = asyncio.create_task(call(first_call, "reserved\n"))
    await asyncio.gather(first, *(keep_calling() for _ in range(AT_ONCE)))
    await asyncio.to_thread(ledger.close)
    return made


def main() -> None:
    """Run as a process of its own."""
    url, tries, limit, seconds, first_call = sys.argv[1:]
    calls = make_calls(url, int(tries), Decimal(limit), float(seconds), float(first_call))
    made = asyncio.run(calls)
    sys.stdout.write(f"{made}\n")


if __name__ == "__main__":
    main()
