"""Processes that race for one limit, and die on the way, overrun nothing and block nobody.

`make test-races` runs the same with 8 processes and 2,000 calls.
"""

from providers.storage.ledger import UsageLedger
from tests.providers.storage.ledgers import count
from tests.providers.storage.race import Size, StartPython, race_with_deaths

SMALL = Size(processes=4, tries=400, allowed=140)


async def test_reservations_of_killed_processes_are_used_by_the_others(
    ledger: UsageLedger, url: str, start_python: StartPython
) -> None:
    assert await count(ledger, "b-1") == 0  # the race is for money, not for who makes the tables
    await race_with_deaths(url, start_python, SMALL)
