"""The build that another one begins from: which it is, and what is taken from it."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from logging import Logger, LoggerAdapter
from pathlib import Path
from typing import TypeVar

from codegen.change.items import general_changes, is_made_otherwise
from codegen.change.reach import unknown_reach
from core.artifacts.base import Artifact
from core.artifacts.build_record import BuildRecord
from core.artifacts.file_prompts import FilePrompts
from core.artifacts.published import BegunChange, PublishedBuild
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import CleanSpec, RefinedSpec
from core.errors import ArtifactNotFoundError, InputError, StorageError
from core.layout import (
    COMMITTED_REPORT,
    FILE_PROMPTS,
    HISTORY,
    PUBLISHED,
    SPECS,
    SPECS_CLEAN,
    SPECS_REFINED,
    begun_change,
    build_prefix,
    published_build,
)
from core.options import AUTO_BASELINE, NO_BASELINE, BuildOptions
from providers.storage.artifact_store import ArtifactStore
from providers.vcs.bundle import read_bundle, write_bundle
from providers.vcs.history import read_tree
from tasks.engine.preparation import PreparedBuild, identity_of

ArtifactT = TypeVar("ArtifactT", bound=Artifact)

_PLANS = ("specs/", "docs/")
"""Folders of the documents that files are planned by."""


@dataclass(frozen=True)
class Baseline:
    """What a build begins from.

    Attributes:
        published: which build, and what was published of it.
        general: answers about the product as a whole that are different now, such as `summary`.
        unknown: what else is different and concerns nobody knows what.
        documents: its plans, and the prompts of its files, by path.
        files: its final tree, by path, without its report.
        unwritten: paths of files in it that no model wrote acceptably.
    """

    published: PublishedBuild
    general: tuple[str, ...]
    unknown: tuple[str, ...]
    documents: Mapping[str, str]
    files: Mapping[str, str]
    unwritten: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def plans(self) -> dict[str, str]:
        """The documents that were planned by: specs and documentation."""
        return {path: text for path, text in self.documents.items() if path.startswith(_PLANS)}

    @property
    def is_narrow(self) -> bool:
        """Whether it can be told what the change concerns; else all is asked as if it were new."""
        return not self.unknown

    @property
    def keeps_files(self) -> bool:
        """Whether files and what they are planned by can stay; else only the numbers do."""
        return self.is_narrow and not is_made_otherwise(self.general)


async def resolved_baseline(
    store: ArtifactStore, questionnaire: Questionnaire, options: BuildOptions
) -> BuildOptions:
    """The options with `baseline` as a build's id, or `none`.

    The last published build built again is that build, with the baseline that it had. A build
    that was begun and is not published yet goes on from what it began from, be it from nothing.
    Nothing is begun from where an option asks for answers of its own: `fresh`, or other models for
    the same answers.

    Raises:
        InputError: the build that is named was not published, or is another project's.
        StorageError: the store failed.
    """
    if options.baseline == NO_BASELINE:
        return options
    project_id, own_id = _own_identity(questionnaire, options)
    if options.baseline != AUTO_BASELINE:
        await _require_published(store, options.baseline, project_id)
        return options
    if options.fresh:
        return _beginning_from(options, "")
    last = await _found(store, published_build(project_id), PublishedBuild)
    if last is not None and last.answers_id == own_id:
        return _beginning_from(options, last.baseline)
    begun = await _found(store, begun_change(project_id, own_id), BegunChange)
    if begun is not None:
        return _beginning_from(options, begun.baseline)
    if last is None:
        return _beginning_from(options, "")
    asked = await store.read_artifact(build_prefix(last.build_id) + SPECS, Questionnaire)
    return _beginning_from(options, "" if asked == questionnaire else last.build_id)


async def note_beginning(
    store: ArtifactStore, questionnaire: Questionnaire, options: BuildOptions
) -> str:
    """Note what a build begins from, until it is the last published one; the first note stays.

    To be done while the build is held: so what nobody publishes meanwhile is what is resolved.

    Args:
        store: where builds are.
        questionnaire, options: of the build, whose option `baseline` is resolved.

    Returns:
        What a build of the same answers begins from: a build's id, or `none`. It is another than
        that of `options` where the baseline was named, or somebody began one in the meantime.

    Raises:
        StorageError: the store failed.
    """
    if options.fresh:
        return NO_BASELINE
    project_id, own_id = _own_identity(questionnaire, options)
    last = await _found(store, published_build(project_id), PublishedBuild)
    if last is not None and last.answers_id == own_id:
        return last.baseline or NO_BASELINE
    key = begun_change(project_id, own_id)
    own = BegunChange(baseline=options.baseline)
    if not await store.exists(key):
        if await store.has_conditional_writes():
            await store.create_text(key, f"{own.model_dump_json(indent=2)}\n")
        else:  # then nothing is held against other machines either, and the log says so
            await store.write_artifact(key, own)
    return (await _found(store, key, BegunChange) or own).baseline


def answers_id(questionnaire: Questionnaire, options: BuildOptions) -> str:
    """Id of a build of the same answers that begins from nothing."""
    return _own_identity(questionnaire, options)[1]


def _own_identity(questionnaire: Questionnaire, options: BuildOptions) -> tuple[str, str]:
    return identity_of(questionnaire, _beginning_from(options, ""))


def _beginning_from(options: BuildOptions, build_id: str) -> BuildOptions:
    return options.model_copy(update={"baseline": build_id or NO_BASELINE})


async def _require_published(store: ArtifactStore, build_id: str, project_id: str) -> None:
    published = await _found(store, build_prefix(build_id) + PUBLISHED, PublishedBuild)
    if published is None:
        raise InputError(
            f"baseline: no build {build_id!r} was published from {store.url}; name one that was, "
            "or 'none'"
        )
    if published.project_id != project_id:
        raise InputError(
            f"baseline: {build_id!r} is a build of the project {published.project_id!r}, and not "
            f"of {project_id!r}; name a build of the same project, or 'none'"
        )


async def _found(store: ArtifactStore, key: str, kind: type[ArtifactT]) -> ArtifactT | None:
    try:
        return await store.read_artifact(key, kind)
    except ArtifactNotFoundError:
        return None


async def open_baseline(
    store: ArtifactStore, prepared: PreparedBuild, repository: Path
) -> Baseline | None:
    """Read what a build begins from, and bring its history into the build's own repository.

    Args:
        store: where builds are.
        prepared: the build, whose option `baseline` is resolved.
        repository: folder of this build's own bare repository.

    Raises:
        StorageError: what is to be begun from is not whole any more; the message says what lacks.
        VersionControlError: its history cannot be read.
    """
    questionnaire, options = prepared.questionnaire, prepared.options
    if options.baseline == NO_BASELINE:
        return None
    prefix = build_prefix(options.baseline)
    published = await store.read_artifact(prefix + PUBLISHED, PublishedBuild)
    await read_bundle(repository, await store.read_bytes(prefix + HISTORY), published.commit)
    files = await read_tree(repository, published.commit)
    documents = await _documents(store, prepared)
    refused = FilePrompts.model_validate_json(documents[FILE_PROMPTS]).refused
    asked = Questionnaire.model_validate_json(documents[SPECS])
    return Baseline(
        published=published,
        general=general_changes(asked, questionnaire),
        unknown=unknown_reach(
            asked,
            questionnaire,
            RefinedSpec.model_validate_json(documents[SPECS_REFINED]),
            CleanSpec.model_validate_json(documents[SPECS_CLEAN]),
        ),
        documents=documents,
        files={path: text for path, text in files.items() if path != COMMITTED_REPORT},
        unwritten=frozenset(path for path in refused if not files.get(path)),
    )


async def _documents(store: ArtifactStore, prepared: PreparedBuild) -> dict[str, str]:
    """What a change needs of the artifacts of the build before; a published build has them all."""
    build_id = prepared.options.baseline
    written = {path for stage in prepared.table.stages for path in stage.writes}
    documents: dict[str, str] = {}
    for path in sorted(path for path in written if path.startswith(_PLANS) or path == FILE_PROMPTS):
        try:
            documents[path] = await store.read_text(build_prefix(build_id) + path)
        except ArtifactNotFoundError as error:
            raise StorageError(
                f"the build {build_id!r} cannot be changed: {error}; put it back, or name another "
                "baseline, or 'none'"
            ) from error
    return documents


def tell_baseline(
    baseline: Baseline | None, record: BuildRecord, logger: LoggerAdapter[Logger] | Logger
) -> None:
    """Say in the log what a build begins from."""
    if baseline is None:
        return
    logger.info("It changes the build %s", baseline.published.build_id)
    if baseline.unknown:
        logger.warning(
            "%s changed, of which cannot be told what it concerns: all is asked as if it were new",
            ", ".join(baseline.unknown),
        )
    elif not baseline.keeps_files:
        logger.warning(
            "%s changed, by which every file is made: requirements keep their numbers, and all "
            "else is asked as if it were new",
            ", ".join(baseline.general),
        )
    elif baseline.general:
        logger.info(
            "%s changed: the models tell which requirements that concerns",
            ", ".join(baseline.general),
        )
    if baseline.published.demo and not record.demo:
        logger.warning(
            "A demo model wrote the build that is changed, and what is kept of it stays the "
            "demo's; build with the baseline 'none' to have all of it from a real model"
        )


async def keep_published(
    store: ArtifactStore, published: PublishedBuild, repository: Path, branch: str
) -> None:
    """Note a published build as the one that the project's next one begins from.

    One that halted, for people to decide about conflicts, was the last one then: when it is done,
    it does not come after those that were published in the meantime.

    Args:
        store: where builds are.
        published: what was published of it.
        repository: folder of its own bare repository.
        branch: whose history is kept.

    Raises:
        StorageError: the store failed; done again, nothing is lost.
    """
    prefix = build_prefix(published.build_id)
    newest = published_build(published.project_id)
    before = await _found(store, prefix + PUBLISHED, PublishedBuild)
    last = await _found(store, newest, PublishedBuild)
    is_late = before is not None and before.halted
    is_late = is_late and last is not None and last.build_id != published.build_id
    await store.write_bytes(prefix + HISTORY, await write_bundle(repository, branch))
    await store.write_artifact(prefix + PUBLISHED, published)
    # Before it is the last one, so that a change of it never goes on from what is older.
    if not published.halted:  # else it is gone on with, whatever is published in the meantime
        with suppress(ArtifactNotFoundError):  # it began from nothing
            await store.delete(begun_change(published.project_id, published.answers_id))
    if not is_late:
        await store.write_artifact(newest, published)
