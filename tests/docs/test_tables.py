"""What the documentation says in tables and lists is what the data says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import tasks.engine.build_recorder as build_recorder_module
from core.artifacts.build_record import BuildRecord, StageRecord
from core.progress import SilentListener
from flows.cli import BAD_INPUT, BUILD_FAILED
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tasks.engine.build_recorder import BuildRecorder
from tests.docs.pages import ROOT, marked, read
from tests.docs.tables import TABLES, stage_table, table


@pytest.mark.parametrize(("page", "mark"), TABLES)
def test_tables_are_what_the_data_says(page: str, mark: str) -> None:
    assert marked(page, mark) == TABLES[page, mark](), "run `python -m tests.docs.tables`"


def test_every_make_target_says_what_it_does() -> None:
    makefile = read("Makefile")
    (phony,) = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)

    assert phony.split() == re.findall(r"^([a-z0-9-]+):.*## ", makefile, re.MULTILINE)


def test_exit_codes_are_those_of_the_command() -> None:
    told = re.findall(r"^\| (\d+) \|", marked("docs/operations.md", "exit codes"), re.MULTILINE)

    assert [int(code) for code in told] == [0, BUILD_FAILED, BAD_INPUT]


async def test_events_carry_what_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emitted: list[dict[str, Any]] = []

    def emit(**event: Any) -> None:
        emitted.append(event)

    monkeypatch.setattr(build_recorder_module, "emit_event", emit)
    record = BuildRecord(build_id="b-1", project_id="b", project_name="B", user="u")
    recorder = BuildRecorder(
        ArtifactStore(f"file://{tmp_path}"),
        UsageLedger.in_file(tmp_path / "ledger.db"),
        record,
        SilentListener(),
    )
    stage = stage_table()["3"]
    await recorder.stage_started(stage, ())
    await recorder.stage_completed(stage, StageRecord())
    await recorder.stage_failed(stage, attempts=1, error="why", seconds=0.1)

    rows = [
        (f"`{event['event']}`", ", ".join(f"`{name}`" for name in event["payload"]))
        for event in emitted
    ]
    page = read("docs/architecture.md")
    assert table(("event", "payload"), rows) in page
    for event in emitted:
        assert event["resource"].pop("prefect.resource.id") == "app-build.b-1"
        assert all(f"`{name}`" in page for name in event["resource"])


def test_changelog_begins_with_this_version() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]

    assert re.findall(r"^## \[(.+?)\]", read("CHANGELOG.md"), re.MULTILINE)[0] in {
        version,
        "Unreleased",
    }


def test_layout_names_every_package() -> None:
    layout = read("docs/architecture.md").split("## Layout")[1].split("```")[1]
    outer = re.findall(r"^([a-z]+)/", layout, re.MULTILINE)
    inner = re.findall(r"^  ([a-z_]+)/", layout, re.MULTILINE)
    root_packages = tomllib.loads(read("pyproject.toml"))["tool"]["importlinter"]["root_packages"]

    assert set(outer) == {*root_packages, "docs", "tests"}
    assert sorted(inner) == sorted(
        path.parent.name for path in (ROOT / "providers").glob("*/__init__.py")
    )
