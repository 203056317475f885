"""Stage 8: publishes the repository and writes the report."""

from codegen.report import write_report
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.report import TestReport
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import ValidatedStructure
from core.layout import CODE, REPORT, SPECS, SPECS_CLEAN, TESTS_REPORT, VALIDATED_STRUCTURE
from providers.vcs.local_publisher import LocalPublisher
from tasks.engine import console
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork

DEFAULT_BRANCH = "main"


async def publish_repository(work: StageWork) -> Outputs:
    """Publish to the default branch when the tests are green, else to a review branch."""
    session = work.session
    tests = work.read(TESTS_REPORT, TestReport)
    green = tests.status == "green"
    publication = await LocalPublisher(session.settings.root / "repositories").publish(
        session.repository,
        name=session.build_id,
        commit=work.read(CODE),
        branch=DEFAULT_BRANCH if green else f"review/{session.build_id}",
        default_branch=DEFAULT_BRANCH,
    )
    await session.recorder.update(
        repository=publication.location,
        branch=publication.branch,
        commit=publication.commit,
        test_status=tests.status,
        test_reason=tests.reason,
    )
    await console.show_repository(session, publication.location, publication.branch)
    report = write_report(
        session.table,
        session.recorder.record,
        ValidatedStructure.model_validate_json(session.artifacts[VALIDATED_STRUCTURE]),
        tests,
        asked=Questionnaire.model_validate_json(session.artifacts[SPECS]).stack,
        spec=CleanSpec.model_validate_json(session.artifacts[SPECS_CLEAN]),
    )
    return {REPORT: report}
