"""Stage 7.5 on real repositories, in the real sandbox."""

from collections.abc import Mapping

from core.artifacts.fixes import FixOutcome
from core.artifacts.report import TestReport
from core.artifacts.structure import ValidatedStructure
from core.settings import FixingLimits
from tests.codegen.structures import MODULE, PLANNED
from tests.tasks.fixing.repositories import MANIFEST, RIGHT, Repairs, edit

UNTOUCHED = FixingLimits(iterations=0)


async def report_on(repairs: Repairs, tests: str) -> TestReport:
    """What the stage reports of a repository with these tests, where `PLANNED` is planned."""
    files: Mapping[str, str] = {"pyproject.toml": MANIFEST, "tests/test_tasks.py": tests}
    structure = ValidatedStructure(modules=(MODULE,), tests=PLANNED)
    await repairs.run(files=files, structure=structure, limits=UNTOUCHED)
    return repairs.report


async def test_a_repository_that_passes_every_planned_test_is_green(repairs: Repairs) -> None:
    report = await report_on(
        repairs,
        "import pytest\n\n"
        '@pytest.mark.parametrize("number", [1, 2])\n'
        "def test_keeps_tasks(number):\n    assert number\n\n"
        "class TestProjects:\n    def test_keeps_projects(self):\n        assert True\n",
    )
    assert (report.status, report.reason) == ("green", "")
    assert len([case for case in report.cases if case.path]) == 3


async def test_tests_other_than_the_planned_ones_do_not_make_it_green(repairs: Repairs) -> None:
    report = await report_on(repairs, "def test_nothing():\n    assert True\n")
    assert report.status == "red"
    assert report.reason == (
        "2 of 2 planned acceptance tests did not run: "
        "tests/test_tasks.py::test_keeps_tasks is missing; "
        "tests/test_tasks.py::test_keeps_projects is missing."
    )


async def test_a_failing_test_is_mended(repairs: Repairs) -> None:
    wrong = edit("    return sum(prices) + 1", "    return sum(prices) + 2")
    fixes = await repairs.run(wrong, RIGHT)
    assert repairs.report.status == "green"
    assert fixes.status == "mended"
    assert [fix.outcome for fix in fixes.attempts] == [FixOutcome.CHANGED, FixOutcome.MENDED]
    assert (await repairs.files())["shop/prices.py"].endswith("return sum(prices)\n")
    assert "5 == 3" in repairs.prompts[1], "what came of the first attempt is told"
