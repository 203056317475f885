"""Stage 7.5 on real repositories, in the real sandbox."""

from collections.abc import Mapping

from core.artifacts.fixes import FixOutcome
from core.artifacts.report import TestReport
from core.artifacts.structure import FileContract, Module, ValidatedStructure
from core.settings import FixingLimits
from tests.codegen.structures import MODULE, PLANNED
from tests.tasks.fixing.repositories import CONTRACTS, FILES, MANIFEST, RIGHT, WRONG, Repairs, edit
from tests.tasks.fixing.repositories import PLANNED as PRICES

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


async def test_a_file_that_nobody_wrote_is_asked_for_and_green_once_it_is_right(
    repairs: Repairs,
) -> None:
    files = {**FILES, "shop/prices.py": ""}
    head = WRONG.split("    return")[0]
    stub = f"It is empty.\n\n### shop/prices.py\n```python\n{head}    ...\n```\n"
    whole = f"It is empty.\n\n### shop/prices.py\n```python\n{WRONG.replace(' + 1', '')}```\n"
    fixes = await repairs.run(stub, whole, files=files, refused="shop/prices.py")
    assert "Line 1: it is a stub." in repairs.prompts[0]
    assert "def total(prices: list[int]) -> int" in repairs.prompts[0]
    assert (fixes.status, repairs.report.status) == ("mended", "green")
    assert fixes.attempts[0].failing == "shop/prices.py::contents of shop/prices.py"


async def test_a_file_that_nobody_wrote_is_never_green_whatever_the_tests_say(
    repairs: Repairs,
) -> None:
    files = {**FILES, "shop/prices.py": WRONG.replace(" + 1", ""), "README.md": ""}
    readme = FileContract(path="README.md", purpose="Says what it is.")
    module = Module(name="core", purpose="All.", files=(*CONTRACTS, readme))
    structure = ValidatedStructure(modules=(module,), tests=PRICES)
    await repairs.run(files=files, structure=structure, refused="README.md", limits=UNTOUCHED)
    assert repairs.report.status == "red"
    assert repairs.report.reason == "No model wrote acceptably: README.md."
    await repairs.run(
        files={**files, "README.md": "# Shop\n\nAdds up.\n"},
        structure=structure,
        refused="README.md",
        limits=UNTOUCHED,
    )
    assert repairs.report.status == "green"
