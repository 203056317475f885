"""Answers of the stages before code is written, wrong in every way a program can think of."""

import pytest

from tests.gold.bench import Bench
from tests.gold.builds import expected_questions
from tests.gold.faults.structure import misanswers
from tests.gold.tally import Tallies, Tally
from tests.real_gold.conftest import Held

PART = "structure"


@pytest.mark.timeout(1_200)
async def test_wrong_structures_are_seen_and_mended_or_withheld(bench: Bench, held: Held) -> None:
    tallies: Tallies = {}
    for wrong in misanswers(bench.gold, expected_questions(bench.gold)):
        once = await bench.answer(wrong, stubborn=False)
        always = await bench.answer(wrong, stubborn=True)
        tallies.setdefault(wrong.kind, Tally()).add(str(wrong), once, always)
    for kind, tally in tallies.items():
        assert tally.unseen == [], kind
        assert tally.withheld == tally.detected, f"{kind}: something wrong was accepted later on"
        assert tally.repaired >= 0.95 * tally.detected, kind
    held(bench.gold.name, PART, tallies)
