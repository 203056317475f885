"""Stage 8: commits the report, publishes the repository and writes the report with its cost."""

from collections.abc import Collection, Iterable, Mapping

from codegen.paths import place_problems
from codegen.report import ReportSources, make_report
from codegen.report_page import committed_page, report_page
from codegen.unwritten import still_unwritten
from core.artifacts.build_report import BuildReport, FileEffort
from core.artifacts.file_prompts import FilePrompts
from core.artifacts.fixes import Fixes
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.report import TestReport
from core.artifacts.specs import ClarificationHistory, CleanSpec
from core.artifacts.structure import ValidatedStructure
from core.errors import PublishingRefusedError
from core.layout import (
    CLARIFICATION_HISTORY,
    CODE,
    COMMITTED_REPORT,
    FILE_PROMPTS,
    FIXES,
    REPORT,
    REPORT_JSON,
    SPECS,
    SPECS_CLEAN,
    TESTS_REPORT,
    VALIDATED_STRUCTURE,
)
from providers.storage.calls import CallRow
from providers.vcs.history import Commit, FileChange, read_tree, write_history
from providers.vcs.publisher import HaltedPublicationError
from providers.vcs.release import Release
from tasks.engine import console
from tasks.engine.changing.publishing import (
    is_published,
    note_published,
    repository_name,
    stay_published,
    summary_of,
    title_of,
)
from tasks.engine.history import BRANCH
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork

_WRITING = "coder"
"""Template whose answers are files."""


async def publish_repository(work: StageWork) -> Outputs:
    """Publish to the default branch when the tests are green, else to a review branch.

    The report's own commit is the last one. It changes no file that was tested. Where a product is
    changed and all its files stayed as they were, nothing is published.

    Raises:
        HaltedPublicationError: it is published beside what is in its way, for people to decide.
        PublishingRefusedError: the place does not allow it, or a path may not leave this machine.
    """
    session = work.session
    tests = work.read(TESTS_REPORT, TestReport)
    files = await read_tree(session.repository, work.read(CODE))
    refused = work.read(FILE_PROMPTS, FilePrompts).refused
    structure = work.read(VALIDATED_STRUCTURE, ValidatedStructure)
    await session.recorder.update(unwritten=still_unwritten(files, structure, refused))
    await session.recorder.update(test_status=tests.status, test_reason=tests.reason)
    if is_published(work, files):
        await stay_published(session)
    else:
        await _publish(work, tests, files)
    report = _report(work, files, await session.recorder.calls())
    return {REPORT: report_page(report), REPORT_JSON: report}


async def _publish(work: StageWork, tests: TestReport, files: Mapping[str, str]) -> None:
    session = work.session
    structure = work.read(VALIDATED_STRUCTURE, ValidatedStructure)
    commit = await _commit_report(work, files)
    await session.recorder.update(commit=commit)
    if session.publisher is not None:
        _refuse_paths(files, [file.path for file in structure.files if file.template])
        release = _release(work, tests, files, commit)
        try:
            publication = await session.publisher.publish(session.repository, release)
        except HaltedPublicationError as error:
            # People may resolve and merge it without starting this build again.
            await note_published(session, release, error.publication, halted=True)
            raise
        await note_published(session, release, publication)
        await console.show_repository(session, publication)


def _refuse_paths(files: Mapping[str, str], workflows: Collection[str]) -> None:
    """Hold paths to the rules once more: nothing that broke them may leave this machine.

    What templates serve may be workflow files; what models wrote may not.
    """
    problems = place_problems(list(files), workflows)
    if problems:
        path, problem = problems[0]
        raise PublishingRefusedError(f"{path!r} cannot be published: {problem}")


def _release(work: StageWork, tests: TestReport, files: Mapping[str, str], commit: str) -> Release:
    session = work.session
    spec = work.read(SPECS_CLEAN, CleanSpec)
    return Release(
        project=session.project_id,
        build=session.build_id,
        name=repository_name(session),
        commit=commit,
        green=tests.status == "green",
        title=title_of(session),
        description=spec.summary,
        report=committed_page(_report(work, files, ())),
        is_change=session.baseline is not None,
    )


async def _commit_report(work: StageWork, files: Mapping[str, str]) -> str:
    page = committed_page(_report(work, files, ()))
    change = FileChange(path=COMMITTED_REPORT, content=page)
    commits = [Commit(message="Report how it was built and tested", changes=(change,))]
    repository = work.session.repository
    return (await write_history(repository, commits, branch=BRANCH, parent=work.read(CODE)))[-1]


def _report(work: StageWork, files: Mapping[str, str], calls: Iterable[CallRow]) -> BuildReport:
    session = work.session
    return make_report(
        ReportSources(
            table=session.table,
            record=session.recorder.record,
            structure=work.read(VALIDATED_STRUCTURE, ValidatedStructure),
            files=files,
            tests=work.read(TESTS_REPORT, TestReport),
            fixes=work.read(FIXES, Fixes),
            asked=work.read(SPECS, Questionnaire).stack,
            spec=work.read(SPECS_CLEAN, CleanSpec),
            prompts=work.read(FILE_PROMPTS, FilePrompts),
            change=summary_of(work, files),
            asked_of_person=work.read(CLARIFICATION_HISTORY, ClarificationHistory),
            efforts=efforts_of(calls),
        )
    )


def efforts_of(calls: Iterable[CallRow]) -> dict[str, FileEffort]:
    """What was asked about each file over the build's life."""
    efforts: dict[str, FileEffort] = {}
    for call in calls:
        if call.file is not None:
            before = efforts.get(call.file, FileEffort())
            efforts[call.file] = FileEffort(
                attempts=before.attempts + (call.template == _WRITING),
                calls=before.calls + 1,
                cost_usd=before.cost_usd + float(call.cost_usd),
            )
    return efforts
