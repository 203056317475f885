"""`app-builder artifacts`, in this process: lists, prints and fetches what a build left."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from core.artifacts.build_record import BuildStatus, Usage
from core.errors import InputError
from flows.artifacts_command import kind_of
from flows.cli import app
from tests.tasks.retention.stores import Home


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("APP_BUILDER_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return Home(tmp_path / "home")


@pytest.fixture
async def build(home: Home) -> Home:
    """One build with artifacts of several kinds."""
    record = await home.add("notes-a", days=2)
    told = {"started_at": "2026-11-20T04:00:00+00:00", "current_stage": "8"}
    paid = record.model_copy(update={**told, "totals": Usage(cost_usd=1.25)})
    await home.store.write_artifact("project/notes-a/build.json", paid)
    await home.store.write_text("project/notes-a/specs/schema.json", "{}\n")
    await home.store.write_text("project/notes-a/code/app/main.py", "print('é')\n")
    return home


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["artifacts", *map(str, arguments)])


def refusal(*arguments: str | Path) -> str:
    error = run(*arguments).exception
    assert isinstance(error, InputError)
    return str(error)


def rows(*arguments: str) -> list[dict[str, Any]]:
    return json.loads(run(*arguments, "--json").stdout)


async def test_without_a_build_all_are_listed_the_latest_last(build: Home) -> None:
    newer = await build.add("shop-a", status=BuildStatus.RUNNING, published=False)
    told = {"started_at": "2026-11-21T04:00:00+00:00", "current_stage": "7"}
    await build.store.write_artifact("project/shop-a/build.json", newer.model_copy(update=told))
    await build.store.write_text("project/zoo-a/models.json", "{}")
    assert await asyncio.to_thread(rows) == [
        {
            "build": "zoo-a",
            "project": "zoo",
            "status": "it has no record",
            "stage": "",
            "started_at": "",
            "cost_usd": None,
        },
        {
            "build": "notes-a",
            "project": "notes",
            "status": "completed",
            "stage": "8",
            "started_at": "2026-11-20T04:00:00+00:00",
            "cost_usd": 1.25,
        },
        {
            "build": "shop-a",
            "project": "shop",
            "status": "running",
            "stage": "7",
            "started_at": "2026-11-21T04:00:00+00:00",
            "cost_usd": 0.0,
        },
    ]
    lines = (await asyncio.to_thread(run)).stdout.splitlines()
    assert lines[1].split() == [
        "build",
        "project",
        "status",
        "stage",
        "started",
        "at",
        "cost",
        "usd",
    ]
    assert lines[4].split()[:4] == ["notes-a", "notes", "completed", "8"]


def test_a_store_without_builds_says_so(home: Home) -> None:
    assert run().stdout == f"There is no build in file://{home.root}/store\n"
    assert rows() == []


@pytest.mark.usefixtures("build")
def test_the_artifacts_of_a_build_are_listed_with_size_time_and_type() -> None:
    found = rows("notes-a")
    assert [(row["path"], row["type"], row["size"]) for row in found if row["size"] < 100] == [
        ("code/app/main.py", "generated file", 12),
        ("docs/docs.md", "Markdown", 7),
        ("specs/schema.json", "Schema", 3),
    ]
    assert found[0]["path"] == "build.json"
    assert all(row["url"].endswith(f"/project/notes-a/{row['path']}") for row in found)
    assert all(row["written_at"].endswith("+00:00") for row in found)
    told = run("notes-a").stdout
    assert "Artifacts of notes-a in file://" in told
    assert "generated file" in told
    assert [row["path"] for row in rows("notes-a", "code")] == ["code/app/main.py"]


async def test_a_project_stands_for_its_latest_build(build: Home) -> None:
    later = await build.add("notes-b")
    told = {"started_at": "2026-11-22T04:00:00+00:00"}
    await build.store.write_artifact("project/notes-b/build.json", later.model_copy(update=told))
    assert "Artifacts of notes-b in" in (await asyncio.to_thread(run, "notes")).stdout


@pytest.mark.usefixtures("build")
def test_one_artifact_is_printed_byte_for_byte() -> None:
    assert run("notes-a", "code/app/main.py").stdout_bytes == "print('é')\n".encode()


@pytest.mark.usefixtures("build")
def test_artifacts_are_fetched_each_at_its_path_and_not_twice(tmp_path: Path) -> None:
    folder = tmp_path / "fetched"
    told = run("notes-a", "--to", folder).stdout
    assert told == f"Artifacts of notes-a written to {folder}: 4\n"
    assert (folder / "code" / "app" / "main.py").read_text() == "print('é')\n"
    assert (folder / "build.json").stat().st_mode & 0o777 == 0o644
    (folder / "docs" / "docs.md").unlink()
    told = run("notes-a", "--to", folder).stdout
    assert told == f"Artifacts of notes-a written to {folder}: 1; there already: 3\n"
    run("notes-a", "docs/", "--to", tmp_path / "docs-only")
    assert [path.name for path in (tmp_path / "docs-only").rglob("*.*")] == ["docs.md"]
    assert list(folder.rglob(".fetching-*")) == []


@pytest.mark.usefixtures("build")
def test_what_a_person_changed_is_replaced_only_on_request(tmp_path: Path) -> None:
    mine = tmp_path / "docs" / "docs.md"
    mine.parent.mkdir()
    mine.write_text("# Mine\n")
    assert "is there already, with other content; give another folder, or --replace" in refusal(
        "notes-a", "docs/docs.md", "--to", tmp_path
    )
    assert mine.read_text() == "# Mine\n"
    run("notes-a", "docs/docs.md", "--to", tmp_path, "--replace")
    assert mine.read_text() == "# Docs\n"


@pytest.mark.usefixtures("build")
def test_nothing_is_written_outside_of_the_folder(tmp_path: Path) -> None:
    folder, outside = tmp_path / "to", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "code").symlink_to(outside)
    assert "outside of the folder, because of a link" in refusal("notes-a", "code", "--to", folder)
    assert list(outside.iterdir()) == []
    target = outside / "mine"
    target.write_text("mine")
    (folder / "docs").mkdir()
    (folder / "docs" / "docs.md").symlink_to(target)
    run("notes-a", "docs", "--to", folder, "--replace")
    assert target.read_text() == "mine"
    assert (folder / "docs" / "docs.md").read_text() == "# Docs\n"


@pytest.mark.usefixtures("build")
def test_a_folder_that_cannot_be_written_to_is_told(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    assert "'docs/docs.md' cannot be written" in refusal("notes-a", "docs", "--to", file)
    assert "Is a directory" in refusal(
        "notes-a", "docs/docs.md", "--to", _with_folder_in_the_way(tmp_path), "--replace"
    )


def _with_folder_in_the_way(tmp_path: Path) -> Path:
    (tmp_path / "way" / "docs" / "docs.md").mkdir(parents=True)
    return tmp_path / "way"


@pytest.mark.usefixtures("build")
def test_what_is_not_there_is_answered_with_what_is_near() -> None:
    assert "there is no build or project 'notes-b'" in refusal("notes-b")
    assert "near it: 'notes-a', 'notes'" in refusal("notes-b")
    assert "; near it" not in refusal("zebra")
    assert "no artifact 'specs/shema.json'; near it: 'specs/schema.json'" in refusal(
        "notes-a", "specs/shema.json"
    )
    assert "near it: 'specs/schema.json'" in refusal("notes-a", "schema.json")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("build.json", "BuildRecord"),
        ("report/calls/3/x.md", "Markdown"),
        ("history.bundle", "Git bundle"),
        ("redo.json", "JSON"),
        ("other", "file"),
        ("code/docs.md", "generated file"),
    ],
)
def test_every_artifact_is_of_a_kind(path: str, kind: str) -> None:
    assert kind_of(path) == kind
