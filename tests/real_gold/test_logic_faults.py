"""Files that do the wrong thing: no check sees them, and the repository's own tests do."""

from pathlib import Path

import pytest

from tests.gold.bench import Bench
from tests.gold.faults.logic import KIND, logic_mutants
from tests.gold.tally import Tallies, Tally
from tests.gold.trees import Workshop
from tests.real_gold.conftest import Held

PART = "logic"
MOST_SURVIVORS = 0.3
"""Share of wrong logic that a repository's tests may miss; each is listed by its name."""


@pytest.mark.timeout(1_200)
async def test_wrong_logic_is_told_by_tests_or_listed(
    bench: Bench, held: Held, environments: Path, tmp_path: Path
) -> None:
    (tmp_path / "environments").symlink_to(environments)
    workshop = Workshop(bench.gold, tmp_path)
    whole = await workshop.verify()
    assert whole.green, whole.report.reason
    tally = Tally()
    for mutant in logic_mutants(bench.gold):
        outcome = await bench.write(mutant, stubborn=True)
        assert outcome.accepted, f"{mutant}: {outcome.error}"
        tally.add(str(mutant), outcome, outcome)
        verification = await workshop.verify(mutant.path, mutant.text)
        if verification.report.status == "red":
            tally.told_by_tests(str(mutant))
    assert len(tally.unseen) <= MOST_SURVIVORS * tally.made, tally.unseen
    tallies: Tallies = {KIND: tally}
    held(bench.gold.name, PART, tallies)
