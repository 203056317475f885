"""`app-builder prune` and `delete-project` in this process, and the flow `prune`."""

import inspect
from pathlib import Path
from typing import Any

import pytest
from prefect.artifacts import Artifact
from typer.testing import CliRunner, Result

from core.artifacts.build_record import BuildStatus
from core.errors import InputError
from flows import cli
from flows.prune import prune
from tasks.retention.selection import DAYS, KEEP
from tests.tasks.retention.stores import Home


@pytest.fixture
async def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Two published builds of one project, both of long ago."""
    monkeypatch.setenv("APP_BUILDER_HOME", str(tmp_path / "home"))
    home = Home(tmp_path / "home")
    await home.add("notes-a", days=400)
    await home.add("notes-b", days=300)
    return home


def run(*arguments: str, answer: str = "") -> Result:
    return CliRunner().invoke(cli.app, list(arguments), input=answer)


def builds(home: Home) -> list[str]:
    return sorted(path.name for path in (home.root / "store" / "project").iterdir())


def test_the_commands_defaults_are_the_flows() -> None:
    given = inspect.signature(cli.prune).parameters
    assert (given["days"].default, given["keep"].default) == (DAYS, KEEP)
    flow: Any = prune
    asked = flow.parameters.properties
    assert asked["dry_run"]["default"] is True
    assert (asked["days"]["default"], asked["keep"]["default"]) == (DAYS, KEEP)


def test_pruning_says_first_what_would_go_and_why(home: Home) -> None:
    told = run("prune", "--keep=1").stdout
    assert "notes-a  ended 2025-10-19 04:00: would go, because it ended more than 90" in told
    assert "notes-b  ended 2026-01-27 04:00: stays, because it is the newest published" in told
    assert "1 of 2 builds would be removed" in told
    assert told.endswith("Nothing was removed; --delete does it.\n")
    assert builds(home) == ["notes-a", "notes-b"]
    told = run("prune", "--keep=1", "--delete", "--repositories").stdout
    assert f"went, with {home.root}/repositories/notes-a.git, because" in told
    assert "1 of 2 builds removed" in told
    assert "--delete" not in told
    assert builds(home) == ["notes-b"]


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("option", ["--keep=0", "--days=-1"])
def test_a_policy_that_keeps_nothing_is_refused(option: str) -> None:
    assert run("prune", option).exit_code == 2


def test_a_project_goes_once_its_name_was_typed(home: Home) -> None:
    mistyped = run("delete-project", "notes", answer="note\n")
    assert isinstance(mistyped.exception, InputError)
    assert str(mistyped.exception) == "'note' is not 'notes'; nothing was removed"
    assert "builds: notes-a, notes-b" in mistyped.stdout
    assert "their artifacts and answers: 6 files" in mistyped.stdout
    assert run("delete-project", "notes").exit_code == 1, "nobody answers"
    assert builds(home) == ["notes-a", "notes-b"]
    assert (
        "The project notes was removed." in run("delete-project", "notes", answer="notes\n").stdout
    )
    assert builds(home) == []


@pytest.fixture
async def waiting(home: Home) -> Home:
    """A build that waits for a person, of a project that is published elsewhere."""
    record = await home.add("shop-a", status=BuildStatus.WAITING)
    away = record.model_copy(update={"repository": "https://github.com/ann/shop"})
    await home.store.write_artifact("project/shop-a/build.json", away)
    return home


def test_a_script_is_not_asked_and_told_of_what_stays(waiting: Home) -> None:
    told = run("delete-project", "shop", "--yes").stdout
    assert "shop-a waits for a decision: cancel its run in the Prefect UI" in told
    assert "if it should go as well: https://github.com/ann/shop" in told
    assert "The project shop was removed." in told
    assert builds(waiting) == ["notes-a", "notes-b"]


@pytest.mark.usefixtures("prefect_server")
async def test_the_flow_shows_what_went_and_what_stays(home: Home) -> None:
    report = await prune(keep=1)
    assert report.dry_run
    assert builds(home) == ["notes-a", "notes-b"]
    page = await Artifact.aget("prune")
    assert page is not None
    assert str(page.data).startswith("**Dry run: nothing was removed.** 1 of 2 builds")
    await prune(dry_run=False, keep=1)
    assert builds(home) == ["notes-b"]
    page, rows = await Artifact.aget("prune"), await Artifact.aget("pruned-builds")
    assert page is not None
    assert rows is not None
    assert "| `notes-a` | notes |" in str(page.data)
    assert "04:00 | went | it ended more than 90 days ago |" in str(page.data)
    assert "it is the newest published build of its project" in str(rows.data)
