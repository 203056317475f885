"""How the loop goes: what is tried, kept and taken back, and when it ends."""

import subprocess

import pytest

from core.artifacts.fixes import Fix, Fixes, FixOutcome
from core.artifacts.report import TestOutcome
from core.settings import FixingLimits
from providers.vcs.history import head
from tasks.engine.history import BRANCH
from tests.tasks.fixing.quick_verification import QuickVerification
from tests.tasks.fixing.repositories import FILES, PLANNED, RIGHT, STRUCTURE, TESTS, Repairs, edit

pytestmark = pytest.mark.usefixtures("quick")

OLD = "    return sum(prices) + 1"
OTHER = edit(OLD, "    return sum(prices) + 2", cause="Two are missing.")
WORSE = edit(OLD, "    raise KeyError(prices)", cause="It must not be called.")
HALF = edit(OLD, "    return sum(prices) + (not prices)", cause="Only the empty list is wrong.")


def outcomes(fixes: Fixes) -> list[FixOutcome]:
    return [fix.outcome for fix in fixes.attempts]


def log(repairs: Repairs, commit: str) -> str:
    assert repairs.session is not None
    command = ["git", "-C", str(repairs.session.repository), "log", "--format=%an|%ad|%B", commit]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


async def test_a_green_repository_asks_nobody(repairs: Repairs) -> None:
    fixes = await repairs.run(files={**FILES, "shop/prices.py": "total = sum\n"})
    assert (fixes.status, fixes.attempts, fixes.stopped) == ("not-needed", (), "")
    assert fixes.commit == repairs.start
    assert set(repairs.outputs) == {"code/", "report/tests.json", "report/fixes.json"}


async def test_a_fix_is_a_commit_on_top_that_names_the_failing_test(repairs: Repairs) -> None:
    fixes = await repairs.run(RIGHT)
    assert fixes.status == "mended"
    (fix,) = fixes.attempts
    assert fix == Fix(
        number=1,
        failing="tests/test_prices.py::test_adds_up",
        signature=fix.signature,
        failures_before=2,
        failures_after=0,
        cause="It adds one.",
        paths=("shop/prices.py",),
        outcome=FixOutcome.MENDED,
        commit=fixes.commit,
        kept=True,
    )
    told = log(repairs, fixes.commit)
    assert told.startswith(
        "App Builder|Wed Jan 1 00:00:01 2025 +0000|Fix tests/test_prices.py::test_adds_up\n\n"
        "It adds one.\n"
    )
    assert told.count("App Builder|") == 2
    assert repairs.outputs["code/shop/prices.py"] == (await repairs.files())["shop/prices.py"]
    assert repairs.outputs["code/tests/test_prices.py"] == TESTS


async def test_the_same_answers_lead_to_the_same_commit(repairs: Repairs) -> None:
    first = await repairs.run(OTHER, RIGHT)
    second = await repairs.run(OTHER, RIGHT, run_id="run-2")
    assert first == second


async def test_the_model_is_shown_the_files_in_the_trace_and_their_neighbours(
    repairs: Repairs,
) -> None:
    await repairs.run(OTHER, RIGHT)
    first, second = repairs.prompts
    assert "tests/test_prices.py::test_adds_up failed in pytest." in first
    assert '"path": "shop/prices.py"' in first
    assert '"path": "tests/test_prices.py"' in first
    assert '"path": "tests/test_other.py"' not in first
    assert "Two are missing." not in first
    assert "Two are missing." in second, "what was tried is told"


async def test_a_second_answer_that_is_right_is_used(repairs: Repairs) -> None:
    fixes = await repairs.run(OTHER, RIGHT)
    assert outcomes(fixes) == [FixOutcome.UNCHANGED, FixOutcome.MENDED]
    assert [fix.kept for fix in fixes.attempts] == [False, True]
    assert fixes.stopped == "Everything is green."


async def test_a_worse_result_is_taken_back(repairs: Repairs) -> None:
    files = {
        **FILES,
        "tests/test_other.py": "from shop.prices import total\n\n\n"
        "def test_other():\n    assert total([0]) == 1\n",
    }
    fixes = await repairs.run(WORSE, "NO CHANGE: I give up.", files=files)
    assert outcomes(fixes) == [FixOutcome.WORSE, FixOutcome.NO_CHANGE]
    assert fixes.attempts[0].failures_after == 3
    assert fixes.commit == repairs.start
    assert repairs.session is not None
    assert await head(repairs.session.repository, BRANCH) == repairs.start


async def test_the_best_commit_is_kept(repairs: Repairs) -> None:
    fixes = await repairs.run(HALF, "NO CHANGE: no idea.")
    assert outcomes(fixes) == [FixOutcome.BETTER, FixOutcome.NO_CHANGE]
    assert fixes.status == "given-up"
    assert fixes.commit == fixes.attempts[0].commit != repairs.start
    assert repairs.report.count(TestOutcome.FAILED) == 1
    assert repairs.report.status == "red"


async def test_it_ends_when_the_same_failures_came_back_twice(repairs: Repairs) -> None:
    same = edit(OLD, "    return sum(prices) + 1  # plus one", cause="A comment is missing.")
    fixes = await repairs.run(same, same)
    assert outcomes(fixes) == [FixOutcome.UNCHANGED, FixOutcome.UNCHANGED]
    assert fixes.stopped == "The same failures came back twice."
    assert fixes.commit == repairs.start


async def test_only_what_a_change_concerns_is_tested_until_it_helps(
    repairs: Repairs, quick: QuickVerification
) -> None:
    same = edit(OLD, "    return 1 + sum(prices)", cause="The order is wrong.")
    await repairs.run(same, RIGHT)
    mine = ("tests/test_prices.py",)
    assert quick.runs == [(), mine, mine, ()]


async def test_it_ends_after_as_many_attempts_as_the_setting_allows(repairs: Repairs) -> None:
    fixes = await repairs.run(OTHER, limits=FixingLimits(iterations=1))
    assert len(fixes.attempts) == 1
    assert fixes.stopped == "All 1 attempts of a round were made."
    none = await repairs.run(limits=FixingLimits(iterations=0), run_id="run-2")
    assert (none.status, none.attempts) == ("not-tried", ())


async def test_it_ends_when_its_time_is_used_up(repairs: Repairs) -> None:
    fixes = await repairs.run(limits=FixingLimits(seconds=1e-9))
    assert fixes.stopped == "The 1e-09 s for a round of attempts were used up."


async def test_guidance_begins_another_round_on_the_best_commit(repairs: Repairs) -> None:
    fixes = await repairs.run(
        HALF,
        "NO CHANGE: no idea.",
        RIGHT.replace(" + 1", " + (not prices)"),
        guidance=("An empty list costs nothing.",),
    )
    assert fixes.status == "mended"
    assert [fix.round for fix in fixes.attempts] == [0, 0, 1]
    assert fixes.guidance == ("An empty list costs nothing.",)
    assert "An empty list costs nothing." in repairs.prompts[2]
    assert "An empty list costs nothing." not in repairs.prompts[1]


async def test_a_bad_import_that_hides_two_faults_is_mended_first(repairs: Repairs) -> None:
    hiding = FILES["shop/prices.py"].replace("\n\n\ndef", "\n\nimport nowhere_to_be_found\n\n\ndef")
    loaded = edit("import nowhere_to_be_found\n", "", cause="There is no such module.")
    fixes = await repairs.run(loaded, RIGHT, files={**FILES, "shop/prices.py": hiding})
    assert outcomes(fixes) == [FixOutcome.BETTER, FixOutcome.MENDED]
    assert [fix.failures_after for fix in fixes.attempts] == [2, 0]


async def test_a_test_that_gets_further_in_the_quick_look_is_kept(
    repairs: Repairs, quick: QuickVerification
) -> None:
    tests = (
        "from shop.prices import total\n\n\ndef test_adds_up():\n"
        "    assert total([1, 2]) == 3\n    assert total([3]) == 3\n"
    )
    files = {**FILES, "tests/test_prices.py": tests}
    first = edit(OLD, "    return sum(prices) + (len(prices) == 1)", cause="Two are right.")
    second = edit("    return sum(prices) + (len(prices) == 1)", "    return sum(prices)")
    structure = STRUCTURE.model_copy(update={"tests": PLANNED[:1]})
    fixes = await repairs.run(first, second, files=files, structure=structure)
    assert outcomes(fixes) == [FixOutcome.BETTER, FixOutcome.MENDED]
