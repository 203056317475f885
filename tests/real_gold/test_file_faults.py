"""Every file of every gold repository, answered wrongly in every way a program can think of."""

import pytest

from tests.gold.bench import Bench
from tests.gold.faults.catalogue import file_mutants
from tests.gold.tally import Tallies, Tally
from tests.real_gold.conftest import Held

PART = "files"


@pytest.mark.timeout(1_200)
async def test_wrong_files_are_seen_and_mended_or_withheld(bench: Bench, held: Held) -> None:
    tallies: Tallies = {}
    for mutant in file_mutants(bench.gold):
        once = await bench.write(mutant, stubborn=False)
        always = await bench.write(mutant, stubborn=True)
        tallies.setdefault(mutant.kind, Tally()).add(str(mutant), once, always)
    for kind, tally in tallies.items():
        assert tally.withheld == tally.detected, f"{kind}: something wrong was accepted later on"
        assert tally.repaired >= 0.95 * tally.detected, kind
    held(bench.gold.name, PART, tallies)
