"""A build that changes another one, through the whole flow; `tests/real_change` has every way."""

from pathlib import Path

import pytest

from core.artifacts.build_outcome import OutcomeStatus
from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.questionnaire import Entity, EntityField, Feature, Questionnaire
from core.errors import BuildBusyError
from core.layout import REPORT
from core.options import BuildOptions
from flows.build_app import build_app
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.baseline import resolved_baseline
from tasks.engine.build_lock import build_locked
from tasks.engine.preparation import identity_of
from tests.flows.outcomes import outcome_of
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


async def require_refused_by_its_own_name(home: Path) -> None:
    """A change that cannot begin is told by its own id, which depends on what it begins from."""
    store = ArtifactStore(f"file://{home / 'store'}")
    _, build_id = identity_of(CHANGED, await resolved_baseline(store, CHANGED, BuildOptions()))
    assert build_id != identity_of(CHANGED, BuildOptions())[1]
    with build_locked(home / "locks", build_id), pytest.raises(BuildBusyError, match=build_id):
        await build_app(CHANGED)
    outcome = await outcome_of(f"refused-{build_id}")
    assert (outcome.build_id, outcome.status) == (build_id, OutcomeStatus.REFUSED)


async def test_a_change_is_a_branch_on_top_of_what_was_published(home: Path) -> None:
    first = await build_app(NOTES)
    await require_refused_by_its_own_name(home)
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
    assert priced.stages["7"].usage.calls > second.stages["7"].usage.calls, "pages too"
