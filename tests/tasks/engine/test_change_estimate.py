"""How much of a product a change concerns, told before anything is asked."""

from pathlib import Path

import pytest

from core.artifacts.questionnaire import Feature, Questionnaire
from core.errors import StorageError
from core.layout import SPECS, SPECS_CLEAN, SPECS_REFINED, VALIDATED_STRUCTURE, build_prefix
from core.options import BuildOptions
from core.settings import Settings
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from tasks.engine.change_estimate import ChangeEstimate, change_estimate
from tasks.engine.preparation import prepare_build
from tests.codegen.change.products import ASKED, LEND, LOAN, SHOW, TOOL
from tests.tasks.engine.changing.change_bench import BEFORE

DOCUMENTS = (SPECS, SPECS_REFINED, SPECS_CLEAN, VALIDATED_STRUCTURE)


@pytest.fixture
async def store(tmp_path: Path) -> ArtifactStore:
    """With the documents of a build that can be changed."""
    made = ArtifactStore(f"file://{tmp_path / 'store'}")
    for path in DOCUMENTS:
        document = BEFORE[path]
        assert not isinstance(document, str)
        await made.write_text(build_prefix("shed-1") + path, document.model_dump_json())
    return made


async def estimate(
    store: ArtifactStore, baseline: str = "shed-1", **changes: object
) -> ChangeEstimate | None:
    """The estimate of the product with other answers."""
    asked = Questionnaire.model_validate({**ASKED.model_dump(), **dumped(changes)})
    settings = Settings.model_validate({"demo_mode": "forced"})
    options = BuildOptions(baseline=baseline)
    return await change_estimate(
        store, prepare_build(settings, asked, options, EnvironmentSecrets({}))
    )


def dumped(changes: dict[str, object]) -> dict[str, object]:
    parts = {"features": (LEND, SHOW), "entities": (TOOL, LOAN), **changes}
    return {
        name: [item.model_dump() for item in value]  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType] -- parts of a questionnaire
        if isinstance(value, tuple)
        else value
        for name, value in parts.items()
    }


async def changed(
    store: ArtifactStore, baseline: str = "shed-1", **changes: object
) -> ChangeEstimate:
    found = await estimate(store, baseline, **changes)
    assert found is not None
    return found


@pytest.mark.parametrize("baseline", ["auto", "none"])
async def test_what_begins_from_nothing_changes_nothing(
    store: ArtifactStore, baseline: str
) -> None:
    assert await estimate(store, baseline) is None


async def test_nothing_that_is_different_concerns_nothing(store: ArtifactStore) -> None:
    found = await changed(store)
    assert (found.size.files, found.size.modules, found.size.entities) == (0, 0, 0)
    assert (found.general, found.unknown, found.files) == ((), (), 6)
    assert found.note.endswith(
        "about 0 files are written or written again, and 6 of 6 stay as they are."
    )


async def test_a_feature_that_is_gone_concerns_who_serves_and_tests_it(
    store: ArtifactStore,
) -> None:
    found = await changed(store, features=(LEND,))
    assert found.size.files == 2
    assert found.size.modules == 2
    assert found.size.is_planned
    assert "about 2 files are written or written again, and 4 of 6 stay" in found.note


async def test_what_is_new_takes_about_what_a_requirement_took_so_far(
    store: ArtifactStore,
) -> None:
    found = await changed(store, features=(LEND, SHOW, Feature(title="Remind")))
    assert found.size.files == pytest.approx(2, abs=0.1)
    assert not found.size.is_planned


async def test_another_summary_concerns_at_least_what_speaks_of_the_product(
    store: ArtifactStore,
) -> None:
    found = await changed(store, summary="Lends ladders.")
    assert found.general == ("summary",)
    assert found.size.files == 0
    assert "in summary: the models say which requirements that concerns" in found.note
    assert "all of them at the most" in found.note


async def test_another_stack_concerns_everything(store: ArtifactStore) -> None:
    found = await changed(store, stack={"backend": "flask"}, summary="Lends ladders.")
    assert found.general == ("stack", "summary")
    assert (found.size.files, found.size.modules, found.size.entities) == (6, 5, 2)
    assert "in stack, summary, of which cannot be told what it concerns" in found.note


async def test_names_that_cannot_be_told_apart_concern_everything(store: ArtifactStore) -> None:
    found = await changed(store, features=(LEND, SHOW, Feature(title="Show: the shed")))
    assert found.unknown == ("feature: Show the shed", "feature: Show: the shed")
    assert found.size.files == 6


async def test_a_build_that_is_not_whole_any_more_is_told(store: ArtifactStore) -> None:
    with pytest.raises(StorageError, match="shed-9"):
        await changed(store, baseline="shed-9")
