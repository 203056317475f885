"""Stage 8 of a changed product: what changed, where it goes, what the next one begins from."""

from collections.abc import Mapping

from codegen.change.items import item_changes, product_items
from codegen.change.summary import Product, change_title, summarize
from core.artifacts.build_report import ChangeSummary
from core.artifacts.published import PublishedBuild
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.report import TestReport
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import ValidatedStructure
from core.layout import SPECS, SPECS_CLEAN, TESTS_REPORT, VALIDATED_STRUCTURE
from core.options import Publisher
from providers.vcs.history import write_history
from providers.vcs.publisher import Publication
from providers.vcs.release import Release
from tasks.engine.baseline import answers_id, keep_published
from tasks.engine.build_session import BuildSession
from tasks.engine.changing.files import Designs
from tasks.engine.history import BRANCH
from tasks.engine.stage_work import StageWork


def summary_of(work: StageWork, files: Mapping[str, str]) -> ChangeSummary | None:
    """What the build changed of the one that it began from; nothing of one that began anew.

    Args:
        work: of stage 8.
        files: the final tree, by path, without its report.
    """
    baseline = work.session.baseline
    if baseline is None:
        return None
    before = Designs.read(baseline.documents)
    asked = Questionnaire.model_validate_json(baseline.documents[SPECS])
    return summarize(
        baseline.published.build_id,
        Product(asked, before.spec, before.structure, baseline.files),
        Product(
            work.read(SPECS, Questionnaire),
            work.read(SPECS_CLEAN, CleanSpec),
            work.read(VALIDATED_STRUCTURE, ValidatedStructure),
            files,
        ),
        baseline.general,
        is_anew=not baseline.is_narrow,
    )


def title_of(session: BuildSession) -> str:
    """One line that says what is published."""
    name = session.questionnaire.project_name
    baseline = session.baseline
    if baseline is None:
        return f"Build {name}"
    before = Questionnaire.model_validate_json(baseline.documents[SPECS])
    items = item_changes(product_items(before), product_items(session.questionnaire))
    return change_title(name, items, baseline.general)


def repository_name(session: BuildSession) -> str:
    """The repository's name: that of the build that is changed, where it has one there."""
    publisher = session.options.publisher
    baseline = session.baseline
    if session.options.repository_name and publisher is not Publisher.LOCAL:
        return session.options.repository_name
    if baseline is not None and baseline.published.publisher is publisher:
        return baseline.published.name
    # On this machine each product has a repository of its own, called after its first build.
    return session.build_id if publisher is Publisher.LOCAL else session.project_id


def is_published(work: StageWork, files: Mapping[str, str]) -> bool:
    """Whether just this was published before, by the build that is changed, in the same place."""
    baseline = work.session.baseline
    if baseline is None or dict(files) != dict(baseline.files):
        return False
    last = baseline.published
    if last.halted:  # it is still to be brought together with what is in its way
        return False
    place = (work.session.options.publisher, repository_name(work.session))
    green = work.read(TESTS_REPORT, TestReport).status == "green"
    return (last.publisher, last.name) == place and last.green == green


async def stay_published(session: BuildSession) -> None:
    """Leave everything as the build that is changed published it; the record says where.

    Raises:
        VersionControlError: git failed.
        StorageError: the store failed.
    """
    baseline = session.baseline
    if baseline is None:
        return
    last = baseline.published
    await write_history(session.repository, [], branch=BRANCH, parent=last.commit)
    await session.recorder.update(
        repository=last.repository, branch=last.branch, commit=last.commit
    )
    own = {"build_id": session.build_id, "baseline": last.build_id}
    own["answers_id"] = answers_id(session.questionnaire, session.options)
    await keep_published(session.store, last.model_copy(update=own), session.repository, BRANCH)


async def note_published(
    session: BuildSession, release: Release, publication: Publication, *, halted: bool = False
) -> None:
    """Note what was published, for people and for the project's next build to begin from.

    Args:
        session: of the build.
        release: what was published.
        publication: where it is.
        halted: whether people have to bring it together with what is in its way.

    Raises:
        VersionControlError: git failed.
        StorageError: the store failed.
    """
    await session.recorder.update(
        repository=publication.location,
        branch=publication.branch,
        commit=publication.commit,
        pull_request=publication.pull_request or "",
    )
    baseline = session.baseline
    published = PublishedBuild(
        build_id=session.build_id,
        project_id=session.project_id,
        answers_id=answers_id(session.questionnaire, session.options),
        baseline=baseline.published.build_id if baseline else "",
        commit=release.commit,
        green=release.green,
        demo=session.recorder.record.demo,
        publisher=session.options.publisher,
        name=release.name,
        branch=publication.branch,
        repository=publication.location,
        halted=halted,
    )
    await keep_published(session.store, published, session.repository, BRANCH)
