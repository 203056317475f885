"""One wrong answer of each kind is seen and mended; `make test-gold` has them all."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from codegen.source.findings import errors_of
from codegen.source.wholeness import wholeness_findings
from tests.gold.bench import Bench
from tests.gold.builds import expected_questions
from tests.gold.faults.catalogue import file_mutants
from tests.gold.faults.logic import logic_mutants
from tests.gold.faults.mutant import Mutant, subjects
from tests.gold.faults.structure import misanswers
from tests.gold.faults.whole import emptied
from tests.gold.playback import Playback, played_back
from tests.gold.repository import NAMES, load
from tests.gold.tally import PARTS, read, total

SAMPLE = {mutant.kind: mutant for mutant in file_mutants(load("shift-tally"))}
"""The last mutant of each kind."""


@pytest.fixture(scope="module")
async def bench(tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Bench]:
    playback = Playback(load("shift-tally"))
    folder: Path = tmp_path_factory.mktemp("gold")
    with played_back(playback) as url:
        made = Bench(playback, url, folder)
        try:
            await made.design()
            yield made
        finally:
            await made.close()


@pytest.mark.parametrize("mutant", SAMPLE.values(), ids=SAMPLE)
async def test_a_wrong_file_is_mended_or_withheld(bench: Bench, mutant: Mutant) -> None:
    once = await bench.write(mutant, stubborn=False)
    assert once.right, str(mutant)
    assert once.extra <= 2
    always = await bench.write(mutant, stubborn=True)
    assert not always.accepted or always.right


async def test_a_wrong_structure_is_mended_or_withheld(bench: Bench) -> None:
    wrong = {item.kind: item for item in misanswers(bench.gold, expected_questions(bench.gold))}
    assert wrong.keys() >= {"JSON cut off", "cycle", "hallucinated dependency"}
    for item in wrong.values():
        assert (await bench.answer(item, stubborn=False)).right, str(item)
        assert not (await bench.answer(item, stubborn=True)).accepted, str(item)


@pytest.mark.parametrize("name", NAMES)
def test_mutants_are_wrong_and_of_every_file(name: str) -> None:
    gold = load(name)
    mutants = [*file_mutants(gold), *logic_mutants(gold)]
    written = {path for path, text in gold.texts.items() if text} - set(gold.served)
    assert {mutant.path for mutant in mutants} == written
    assert all(mutant.text != gold.texts[mutant.path] for mutant in mutants)
    assert len({(mutant.kind, str(mutant)) for mutant in mutants}) == len(mutants)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_promised_may_be_empty(name: str) -> None:
    seen: set[str] = set()
    for subject in subjects(load(name)):
        promised = {item["name"] for item in subject.contract["exports"]}
        for function, text in emptied(subject, "pass", ""):
            if function in promised:
                errors = errors_of(wholeness_findings(subject.path, text, promised))
                assert "stub" in {item.code for item in errors}, (subject.path, function)
                seen.add(function)
    assert seen


def test_what_was_measured_is_of_these_mutants() -> None:
    for name in NAMES:
        gold = load(name)
        made: dict[str, int] = {}
        for mutant in (*file_mutants(gold), *logic_mutants(gold)):
            made[mutant.kind] = made.get(mutant.kind, 0) + 1
        kept = {
            kind: tally for part in ("files", "logic") for kind, tally in read(name, part).items()
        }
        assert {kind: tally.made for kind, tally in kept.items()} == made, "`make gold-results`"


def test_enough_was_made_wrong_and_all_but_what_is_listed_was_seen() -> None:
    tallies = total(PARTS)
    assert sum(tally.made for tally in tallies.values()) >= 400
    for kind, tally in tallies.items():
        assert tally.detected + tally.by_tests + len(tally.unseen) == tally.made, kind
        assert tally.withheld == tally.detected, kind
        assert tally.repaired >= 0.95 * tally.detected, kind
