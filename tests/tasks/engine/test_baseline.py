"""Which build another one begins from, and what is read of it."""

import asyncio
import logging
import re
from pathlib import Path

import pytest

from core.artifacts.build_record import BuildRecord
from core.artifacts.file_prompts import FilePrompt, FilePrompts
from core.artifacts.published import BegunChange, PublishedBuild
from core.artifacts.questionnaire import Feature, Questionnaire, Stack
from core.artifacts.specs import CleanSpec, RefinedSpec, Requirement
from core.errors import InputError, StorageError
from core.layout import (
    CLARIFICATION_HISTORY,
    COMMITTED_REPORT,
    DOCS,
    FILE_PROMPTS,
    FILE_STRUCTURE,
    SCHEMA,
    SPECS,
    SPECS_CLEAN,
    SPECS_REFINED,
    STRUCTURAL_ISSUES,
    VALIDATED_STRUCTURE,
    begun_change,
    build_prefix,
    published_build,
)
from core.options import BuildOptions
from core.settings import Settings
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from providers.vcs.history import Commit, FileChange, head, write_history
from tasks.engine.baseline import (
    Baseline,
    answers_id,
    keep_published,
    note_beginning,
    open_baseline,
    resolved_baseline,
    tell_baseline,
)
from tasks.engine.preparation import identity_of, prepare_build

FIRST = Questionnaire(project_name="Notes", summary="Keeps notes.")
SECOND = FIRST.model_copy(update={"features": (Feature(title="Search"),)})
THIRD = FIRST.model_copy(update={"features": (Feature(title="Print"),)})
OPTIONS = BuildOptions()
NAMELESS_SPEC = CleanSpec(
    project_name="Notes",
    slug="notes",
    summary="Keeps notes.",
    requirements=(Requirement(id="FR-1", title="Keep notes"),),
)
"""As an older release wrote it: nothing tells what its requirement comes from."""
PLANS = (
    *(SPECS_REFINED, CLARIFICATION_HISTORY, SPECS_CLEAN, DOCS, SCHEMA),
    *(STRUCTURAL_ISSUES, FILE_STRUCTURE, VALIDATED_STRUCTURE),
)


def as_refined(asked: Questionnaire) -> RefinedSpec:
    return RefinedSpec.model_validate(asked.model_dump(include={*RefinedSpec.model_fields}))


class Shelf:
    """A store in which builds are published."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = ArtifactStore(f"file://{folder / 'store'}")

    async def publish(
        self, asked: Questionnaire, options: BuildOptions = OPTIONS, **more: object
    ) -> PublishedBuild:
        resolved = await resolved_baseline(self.store, asked, options)
        project_id, build_id = identity_of(asked, resolved)
        repository = self.folder / f"{build_id}.git"
        files = (FileChange("a.py", "A = 1\n"), FileChange("b.py", ""))
        report = FileChange(COMMITTED_REPORT, "report")
        commits = [Commit("Write", files), Commit("Report", (report,))]
        commit = (await write_history(repository, commits, branch="build"))[-1]
        prefix = build_prefix(build_id)
        await self.store.write_artifact(prefix + SPECS, asked)
        prompts = FilePrompts(budget=1, files=(FilePrompt(path="b.py", refused="no"),))
        await self.store.write_artifact(prefix + FILE_PROMPTS, prompts)
        for path in PLANS:
            await self.store.write_text(prefix + path, "a plan")
        await self.store.write_artifact(prefix + SPECS_REFINED, as_refined(asked))
        await self.store.write_artifact(prefix + SPECS_CLEAN, NAMELESS_SPEC)
        base = "" if resolved.baseline == "none" else resolved.baseline
        published = PublishedBuild.model_validate(
            {
                "build_id": build_id,
                "project_id": project_id,
                "answers_id": answers_id(asked, options),
                "baseline": base,
                "commit": commit,
                "name": "notes",
                **more,
            }
        )
        await keep_published(self.store, published, repository, "build")
        return published

    async def baseline(self, asked: Questionnaire, **options: object) -> str:
        given = BuildOptions.model_validate(options)
        return (await resolved_baseline(self.store, asked, given)).baseline

    async def open(self, asked: Questionnaire, repository: str = "own.git") -> Baseline | None:
        options = await resolved_baseline(self.store, asked, OPTIONS)
        settings = Settings.model_validate({"home": self.folder, "demo_mode": "forced"})
        prepared = prepare_build(settings, asked, options, EnvironmentSecrets({}))
        await note_beginning(self.store, asked, options)
        return await open_baseline(self.store, prepared, self.folder / repository)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path)


async def test_the_first_build_of_a_project_begins_from_nothing(shelf: Shelf) -> None:
    assert await shelf.baseline(FIRST) == "none"
    assert await shelf.open(FIRST) is None


async def test_other_answers_begin_from_the_last_published_build(shelf: Shelf) -> None:
    first = await shelf.publish(FIRST)
    assert await shelf.baseline(SECOND) == first.build_id
    assert await shelf.baseline(SECOND, baseline="none") == "none"
    assert await shelf.baseline(SECOND, fresh="again") == "none"
    assert await shelf.baseline(SECOND, project_id="another") == "none"


async def test_the_last_build_again_is_that_build(shelf: Shelf) -> None:
    first = await shelf.publish(FIRST)
    second = await shelf.publish(SECOND)
    assert second.baseline == first.build_id
    resolved = await resolved_baseline(shelf.store, SECOND, OPTIONS)
    assert identity_of(SECOND, resolved)[1] == second.build_id


async def test_going_back_is_a_change_like_any_other(shelf: Shelf) -> None:
    first = await shelf.publish(FIRST)
    second = await shelf.publish(SECOND)
    back = await resolved_baseline(shelf.store, FIRST, OPTIONS)
    assert back.baseline == second.build_id
    assert identity_of(FIRST, back)[1] != first.build_id


async def test_a_build_that_halted_for_people_goes_on_and_does_not_come_after_later_ones(
    shelf: Shelf,
) -> None:
    first = await shelf.publish(FIRST)
    begun = await resolved_baseline(shelf.store, SECOND, OPTIONS)
    await note_beginning(shelf.store, SECOND, begun)
    halted = await shelf.publish(SECOND, halted=True)
    third = SECOND.model_copy(update={"summary": "Keeps notes, at last."})
    assert await shelf.baseline(third) == halted.build_id
    await shelf.baseline(third, baseline=halted.build_id)
    later = await shelf.publish(third)
    assert await shelf.baseline(SECOND) == first.build_id
    for is_halted in (True, False):
        again = await shelf.publish(SECOND, halted=is_halted)
        assert (again.build_id, again.baseline) == (halted.build_id, first.build_id)
        fourth = third.model_copy(update={"summary": "Keeps all notes."})
        assert await shelf.baseline(fourth) == later.build_id


async def test_the_same_answers_for_other_models_begin_from_nothing(shelf: Shelf) -> None:
    await shelf.publish(FIRST)
    assert await shelf.baseline(FIRST, models={"all": "local/other"}) == "none"


async def test_a_change_that_was_begun_goes_on_from_where_it_began(shelf: Shelf) -> None:
    first = await shelf.publish(FIRST)
    assert await shelf.open(SECOND) is not None
    await shelf.publish(THIRD)
    assert await shelf.baseline(SECOND) == first.build_id
    await shelf.publish(SECOND)
    key = begun_change("notes", answers_id(SECOND, OPTIONS))
    assert not await shelf.store.exists(key), "it is published, and begins anew next time"


async def test_a_build_that_began_from_nothing_goes_on_from_nothing(shelf: Shelf) -> None:
    assert await shelf.open(FIRST) is None
    await shelf.publish(SECOND)
    assert await shelf.baseline(FIRST) == "none", "what was paid for is not left behind"
    assert await shelf.baseline(THIRD) != "none"
    await shelf.publish(FIRST)
    await shelf.publish(SECOND)
    assert await shelf.baseline(FIRST) != "none", "it is published, and begins anew next time"


async def test_of_two_that_begin_at_once_both_go_by_the_first_note(shelf: Shelf) -> None:
    one = await resolved_baseline(shelf.store, FIRST, OPTIONS)
    published = await shelf.publish(SECOND)
    other = await resolved_baseline(shelf.store, FIRST, OPTIONS)
    assert (one.baseline, other.baseline) == ("none", published.build_id)
    noted = await asyncio.gather(
        *(note_beginning(shelf.store, FIRST, options) for options in (one, other))
    )
    assert noted[0] == noted[1]
    assert await shelf.baseline(FIRST) == noted[0]


async def test_what_needs_no_note_gets_none(shelf: Shelf) -> None:
    fresh = BuildOptions(fresh="again", baseline="none")
    assert await note_beginning(shelf.store, FIRST, fresh) == "none"
    first = await shelf.publish(FIRST)
    second = await shelf.publish(SECOND)
    again = await resolved_baseline(shelf.store, SECOND, OPTIONS)
    assert await note_beginning(shelf.store, SECOND, again) == first.build_id
    assert again.baseline == first.build_id == second.baseline
    assert not await shelf.store.list_keys("projects/notes/begun")


async def test_a_store_without_conditional_writes_keeps_the_note_as_well(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unknown(_store: ArtifactStore) -> bool:
        return False

    monkeypatch.setattr(ArtifactStore, "has_conditional_writes", unknown)
    first = await resolved_baseline(shelf.store, FIRST, OPTIONS)
    assert await note_beginning(shelf.store, FIRST, first) == "none"
    published = await shelf.publish(SECOND)
    named = BuildOptions(baseline=published.build_id)
    assert await note_beginning(shelf.store, FIRST, named) == "none"


async def test_a_build_can_be_named_if_it_is_the_projects_and_published(shelf: Shelf) -> None:
    first = await shelf.publish(FIRST)
    await shelf.publish(SECOND)
    assert await shelf.baseline(THIRD, baseline=first.build_id) == first.build_id
    with pytest.raises(InputError, match="no build 'notes-1' was published"):
        await shelf.baseline(THIRD, baseline="notes-1")
    with pytest.raises(InputError, match="of the project 'notes', and not of 'other'"):
        await shelf.baseline(THIRD, baseline=first.build_id, project_id="other")


async def test_what_is_read_is_the_final_tree_without_its_report(shelf: Shelf) -> None:
    first = await shelf.publish(FIRST)
    baseline = await shelf.open(SECOND)
    assert baseline is not None
    assert baseline.published == first
    assert baseline.files == {"a.py": "A = 1\n", "b.py": ""}
    assert baseline.unwritten == {"b.py"}
    assert baseline.is_narrow
    assert set(baseline.documents) == {SPECS, FILE_PROMPTS, *PLANS}
    assert set(baseline.plans) == {SPECS, *PLANS}
    own = shelf.folder / "own.git"
    assert await head(own, "build") is None, "the build's own branch is not there yet"
    commits = [Commit("More", (FileChange("c.py", "C = 1\n"),))]
    assert await write_history(own, commits, branch="build", parent=first.commit)


async def test_a_history_that_is_gone_is_told(shelf: Shelf) -> None:
    first = await shelf.publish(FIRST)
    await shelf.store.delete(f"{build_prefix(first.build_id)}history.bundle")
    with pytest.raises(StorageError, match=r"history\.bundle"):
        await shelf.open(SECOND)


@pytest.mark.parametrize("path", [SPECS_CLEAN, VALIDATED_STRUCTURE, FILE_PROMPTS])
async def test_a_document_that_is_gone_is_named(shelf: Shelf, path: str) -> None:
    first = await shelf.publish(FIRST)
    await shelf.store.delete(build_prefix(first.build_id) + path)
    told = rf"'{first.build_id}' cannot be changed: .*{re.escape(path)}.* name another baseline"
    with pytest.raises(StorageError, match=told):
        await shelf.open(SECOND)


async def test_the_log_says_what_is_changed(shelf: Shelf, caplog: pytest.LogCaptureFixture) -> None:
    await shelf.publish(FIRST, demo=True)
    other = SECOND.model_copy(update={"summary": "Keeps other notes."})
    baseline = await shelf.open(other)
    record = BuildRecord(build_id="b", project_id="notes", project_name="Notes", user="u")
    with caplog.at_level(logging.INFO):
        tell_baseline(None, record, logging.getLogger())
        assert not caplog.messages
        tell_baseline(baseline, record, logging.getLogger())
    changes, general, demo = caplog.messages
    assert "It changes the build notes-" in changes
    assert general.startswith("summary changed")
    assert "demo model wrote the build that is changed" in demo


async def test_both_documents_survive_the_store(shelf: Shelf) -> None:
    first = await shelf.publish(FIRST)
    assert await shelf.store.read_artifact(published_build("notes"), PublishedBuild) == first
    await shelf.open(SECOND)
    key = begun_change("notes", answers_id(SECOND, OPTIONS))
    assert (await shelf.store.read_artifact(key, BegunChange)).baseline == first.build_id


async def test_a_change_of_what_nothing_comes_from_is_a_change_of_all(shelf: Shelf) -> None:
    await shelf.publish(SECOND)
    baseline = await shelf.open(THIRD)
    assert baseline is not None
    assert baseline.unknown == ("feature: Search",), "it is gone, and who knows what it led to"
    assert not baseline.is_narrow
    assert not baseline.keeps_files


@pytest.mark.parametrize(
    ("changes", "general", "keeps"),
    [
        ({"summary": "Keeps other notes."}, ("summary",), True),
        ({"stack": Stack(backend="flask"), "users": ("Anna",)}, ("stack", "users"), False),
    ],
)
async def test_of_answers_about_the_whole_only_the_stack_and_the_name_change_every_file(
    shelf: Shelf,
    caplog: pytest.LogCaptureFixture,
    changes: dict[str, object],
    general: tuple[str, ...],
    keeps: bool,
) -> None:
    await shelf.publish(FIRST)
    baseline = await shelf.open(FIRST.model_copy(update=changes))
    assert baseline is not None
    assert (baseline.general, baseline.unknown) == (general, ())
    assert (baseline.is_narrow, baseline.keeps_files) == (True, keeps)
    record = BuildRecord(build_id="b", project_id="notes", project_name="Notes", user="u")
    with caplog.at_level(logging.INFO):
        tell_baseline(baseline, record, logging.getLogger())
    told = "the models tell which" if keeps else "requirements keep their numbers"
    assert told in caplog.messages[1]
