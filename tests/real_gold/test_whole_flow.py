"""Builds through the whole flow in which answers are wrong, at first or always."""

import re
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path

import pytest

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.errors import StageFailedError
from core.layout import REPORT
from tests.gold.builds import assert_published_as_it_is, branches, build
from tests.gold.faults.catalogue import file_mutants
from tests.gold.faults.logic import KIND, logic_mutants
from tests.gold.faults.mutant import Mutant
from tests.gold.playback import Fault, Place, Playback, played_back
from tests.gold.repository import NAMES, Gold, load
from tests.gold.tally import read

pytestmark = pytest.mark.usefixtures("prefect_server")

KINDS = sorted({mutant.kind for mutant in file_mutants(load(NAMES[0]))})
HARMLESS = {"around its block", "each with its path"}
"""Answers out of which the file is taken all the same."""

GIVING_UP = Fault(spoil=lambda _: "NO CHANGE: nothing can be done.\n", stubborn=True)


@contextmanager
def playing(gold: Gold, monkeypatch: pytest.MonkeyPatch) -> Generator[Playback]:
    playback = Playback(gold)
    with played_back(playback) as url:
        monkeypatch.setenv("LOCAL_LLM_BASE_URL", url)
        monkeypatch.setenv("MODEL_ROUTER_DEMO_MODE", "disabled")
        yield playback


def one_for_each_file(gold: Gold) -> Mapping[Place, Fault]:
    """A fault for each file, of one kind after another; none that only people can see."""
    unseen = {name for tally in read(gold.name, "files").values() for name in tally.unseen}
    waiting: dict[str, list[Mutant]] = {}
    for mutant in file_mutants(gold):
        if str(mutant) not in unseen:
            waiting.setdefault(mutant.path, []).append(mutant)
    kinds = cycle(KINDS)
    faults: dict[Place, Fault] = {}
    for path, mutants in waiting.items():
        wanted = next(kinds)
        chosen = next((mutant for mutant in mutants if mutant.kind == wanted), mutants[0])
        faults[Place("coder", path)] = chosen.fault
    return faults


def stubborn_one(gold: Gold, kind: str) -> Mutant:
    """The mutant of a kind in the middle of the repository that cannot be harmless."""
    found = [
        mutant
        for mutant in file_mutants(gold)
        if mutant.kind == kind
        and mutant.detail not in HARMLESS
        and str(mutant) not in read(gold.name, "files")[kind].unseen
    ]
    return found[len(found) // 2]


@pytest.mark.parametrize("name", NAMES)
async def test_a_fault_in_every_file_leaves_no_trace(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = load(name)
    with playing(gold, monkeypatch) as playback:
        faults = one_for_each_file(gold)
        playback.forget(faults)
        record = await build(gold)
    assert record.status is BuildStatus.COMPLETED
    assert_published_as_it_is(gold, record)
    assert {place: playback.asked[place] for place in faults if playback.asked[place] > 3} == {}


@pytest.mark.parametrize(
    ("name", "kind"), [(NAMES[place % len(NAMES)], kind) for place, kind in enumerate(KINDS)]
)
async def test_what_stays_wrong_is_not_published(
    name: str, kind: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = load(name)
    mutant = stubborn_one(gold, kind)
    with playing(gold, monkeypatch) as playback:
        coder, debugger = Place("coder", mutant.path), Place("debugger", "")
        playback.forget({coder: mutant.fault.made_stubborn(), debugger: GIVING_UP})
        if mutant.fault.failure is not None:  # of the provider, which says nothing of the file
            with pytest.raises(StageFailedError, match=re.escape(mutant.path)):
                await build(gold)
            assert not list((home / "repositories").glob("*.git"))
            return
        record = await build(gold)
    assert_for_review(record)
    assert list(record.unwritten) == [mutant.path], str(mutant)
    assert mutant.path in record.test_reason
    page = home / "store" / "project" / record.build_id / REPORT
    assert f"- `{mutant.path}`:" in page.read_text()


def assert_for_review(record: BuildRecord) -> None:
    assert record.status is BuildStatus.REVIEW
    assert "main" not in branches(record)


def told_by_tests(gold: Gold) -> Mutant:
    """Wrong logic that the repository's tests tell."""
    unseen = read(gold.name, "logic")[KIND].unseen
    found = [mutant for mutant in logic_mutants(gold) if str(mutant) not in unseen]
    return found[len(found) // 2]


@pytest.mark.parametrize("name", NAMES)
async def test_wrong_logic_is_mended_where_the_debugger_is_right(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = load(name)
    mutant = told_by_tests(gold)
    with playing(gold, monkeypatch) as playback:
        playback.forget({Place("coder", mutant.path): mutant.fault})
        record = await build(gold)
    assert record.status is BuildStatus.COMPLETED, str(mutant)
    assert_published_as_it_is(gold, record)
    assert sum(n for place, n in playback.asked.items() if place.template == "debugger") == 1


@pytest.mark.parametrize("name", NAMES)
async def test_wrong_logic_that_nobody_mends_is_not_published(
    name: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gold = load(name)
    mutant = told_by_tests(gold)
    with playing(gold, monkeypatch) as playback:
        coder, debugger = Place("coder", mutant.path), Place("debugger", "")
        playback.forget({coder: mutant.fault, debugger: GIVING_UP})
        assert_for_review(await build(gold))
