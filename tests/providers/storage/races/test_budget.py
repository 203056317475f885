"""8 processes, 2,000 calls, a limit that allows 700: on SQLite and on PostgreSQL."""

from providers.storage.ledger import UsageLedger
from tests.providers.storage.ledgers import count
from tests.providers.storage.race import Size, StartPython, race_to_the_end, race_with_deaths

FULL = Size(processes=8, tries=2_000, allowed=700)


async def test_processes_racing_for_a_limit_spend_it_exactly(
    ledger: UsageLedger, url: str, start_python: StartPython
) -> None:
    assert await count(ledger, "b-1") == 0
    await race_to_the_end(url, start_python, FULL)


async def test_reservations_of_killed_processes_are_used_by_the_others(
    ledger: UsageLedger, url: str, start_python: StartPython
) -> None:
    assert await count(ledger, "b-1") == 0
    await race_with_deaths(url, start_python, FULL)
