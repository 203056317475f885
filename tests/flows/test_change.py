"""A build that changes another one, through the whole flow; `tests/real_change` has every way."""

from pathlib import Path

import pytest

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.questionnaire import Entity, EntityField, Feature, Questionnaire
from core.layout import REPORT
from core.options import BuildOptions
from flows.build_app import build_app
from tests.gold.builds import published

pytestmark = pytest.mark.usefixtures("prefect_server", "verified_by_reading")

NOTE = Entity(name="Note", fields=(EntityField(name="text", required=True),))
FIND = Feature(title="Find notes", description="Notes are found by their text.")
NOTES = Questionnaire(
    project_name="Notes", summary="Keeps short notes.", features=(FIND,), entities=(NOTE,)
)
LABEL = Entity(name="Label", fields=(EntityField(name="word", required=True),))
CHANGED = NOTES.model_copy(
    update={
        "features": (Feature(title="Print notes", description="Notes are printed."),),
        "entities": (NOTE, LABEL),
    }
)


def texts(record: BuildRecord, home: Path) -> dict[str, str]:
    repository = home / "repositories" / Path(record.repository).name
    return published(repository, record.branch).texts


async def test_a_change_is_a_branch_on_top_of_what_was_published(home: Path) -> None:
    first = await build_app(NOTES)
    second = await build_app(CHANGED)
    assert second.status is BuildStatus.COMPLETED
    assert second.baseline == first.build_id
    assert (second.repository, second.branch) == (first.repository, f"build/{second.build_id}")
    before, after = texts(first, home), texts(second, home)
    touched = {path for path in before | after if before.get(path) != after.get(path)}
    assert "app/models/label.py" in touched - before.keys()
    assert {"app/main.py", "README.md", "tests/api/test_note.py"} <= touched
    assert not touched & {"app/database.py", "app/models/note.py", "app/routers/note.py"}
    page = (home / "store" / "project" / second.build_id / REPORT).read_text(encoding="utf-8")
    assert "added feature: Print notes" in page
    assert "removed feature: Find notes" in page

    priced = await build_app(
        CHANGED.model_copy(update={"constraints": ("Works offline",)}),
        BuildOptions(baseline=first.build_id),
    )
    assert priced.baseline == first.build_id
    assert priced.stages["7"].usage.calls > second.stages["7"].usage.calls, "all is asked"
