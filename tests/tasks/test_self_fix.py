"""Stage 7.5 on real repositories, in the real sandbox."""

from pathlib import Path

import pytest

from core.artifacts.report import TestReport
from core.artifacts.structure import ValidatedStructure
from core.layout import CODE, TESTS_REPORT, VALIDATED_STRUCTURE
from providers.vcs.commits import Commit, FileChange
from providers.vcs.history import write_history
from tasks.self_fix import test_and_fix as run_stage
from tests.codegen.structures import MODULE, PLANNED
from tests.tasks.sessions import ScriptedModel, open_session, work_on

MANIFEST = '[project]\nname = "tasks"\nversion = "0"\n'


@pytest.fixture
def folder(tmp_path: Path, environments: Path) -> Path:
    (tmp_path / "environments").symlink_to(environments)
    return tmp_path


async def report_on(folder: Path, tests: str) -> TestReport:
    """What the stage reports of a repository with these tests, where `PLANNED` is planned."""
    session = open_session(folder, ScriptedModel([]))
    files = {"pyproject.toml": MANIFEST, "tests/test_tasks.py": tests}
    changes = tuple(FileChange(path=path, content=text) for path, text in files.items())
    commits = [Commit(message="Write the tests", changes=changes)]
    (commit,) = await write_history(session.repository, commits, branch="build")
    structure = ValidatedStructure(modules=(MODULE,), tests=PLANNED)
    work = work_on(session, "7.5", {CODE: commit, VALIDATED_STRUCTURE: structure})
    report = (await run_stage(work))[TESTS_REPORT]
    assert isinstance(report, TestReport)
    assert report.commit == commit
    return report


async def test_a_repository_that_passes_every_planned_test_is_green(folder: Path) -> None:
    report = await report_on(
        folder,
        "import pytest\n\n"
        '@pytest.mark.parametrize("number", [1, 2])\n'
        "def test_keeps_tasks(number):\n    assert number\n\n"
        "class TestProjects:\n    def test_keeps_projects(self):\n        assert True\n",
    )
    assert (report.status, report.reason) == ("green", "")
    assert len(report.cases) == 3


async def test_tests_other_than_the_planned_ones_do_not_make_it_green(folder: Path) -> None:
    report = await report_on(folder, "def test_nothing():\n    assert True\n")
    assert report.status == "red"
    assert report.reason == (
        "2 of 2 planned acceptance tests did not run: "
        "tests/test_tasks.py::test_keeps_tasks is missing; "
        "tests/test_tasks.py::test_keeps_projects is missing."
    )


async def test_a_planned_test_that_is_skipped_does_not_make_it_green(folder: Path) -> None:
    report = await report_on(
        folder,
        "import pytest\n\ndef test_keeps_tasks():\n    assert True\n\n"
        "def test_keeps_projects():\n    pytest.skip('later')\n",
    )
    assert report.status == "red"
    assert "1 of 2 planned acceptance tests did not run" in report.reason
    assert "test_keeps_projects was skipped" in report.reason
