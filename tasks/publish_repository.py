"""Stage 8: commits the report, publishes the repository and writes the report with its cost."""

from collections.abc import Iterable, Mapping

from codegen.report import ReportSources, make_report
from codegen.report_page import committed_page, report_page
from core.artifacts.build_report import BuildReport, FileEffort
from core.artifacts.fixes import Fixes
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.report import TestReport
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import ValidatedStructure
from core.layout import (
    CODE,
    COMMITTED_REPORT,
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
from providers.vcs.local_publisher import LocalPublisher
from providers.vcs.release import Release
from tasks.engine import console
from tasks.engine.history import BRANCH
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork

_WRITING = "coder"
"""Template whose answers are files."""


async def publish_repository(work: StageWork) -> Outputs:
    """Publish to the default branch when the tests are green, else to a review branch.

    The report's own commit is the last one. It changes no file that was tested.
    """
    session = work.session
    tests = work.read(TESTS_REPORT, TestReport)
    green = tests.status == "green"
    files = await read_tree(session.repository, work.read(CODE))
    publication = await LocalPublisher(session.settings.root / "repositories").publish(
        session.repository,
        Release(
            project=session.project_id,
            build=session.build_id,
            name=session.build_id,
            commit=await _commit_report(work, files),
            green=green,
            title=f"Build {session.questionnaire.project_name}",
        ),
    )
    await session.recorder.update(
        repository=publication.location,
        branch=publication.branch,
        commit=publication.commit,
        test_status=tests.status,
        test_reason=tests.reason,
    )
    await console.show_repository(session, publication.location, publication.branch)
    report = _report(work, files, await session.recorder.calls())
    return {REPORT: report_page(report), REPORT_JSON: report}


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
