"""Stage 7.5: verifies the generated repository in the sandbox."""

from core.artifacts.structure import ValidatedStructure
from core.layout import CODE, TESTS_REPORT, VALIDATED_STRUCTURE
from providers.vcs.history import checkout
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork
from tasks.engine.verification import verify


async def test_and_fix(work: StageWork) -> Outputs:
    """Verify the working tree; what fails is a result, which sends the build to review.

    So is a planned acceptance test that did not run: without it, nothing shows that the
    requirement is met.
    """
    session = work.session
    commit = work.read(CODE)
    tree = session.workspace / "tree"
    await checkout(session.repository, commit, tree)
    verification = await verify(
        tree,
        work.read(VALIDATED_STRUCTURE, ValidatedStructure),
        sandbox=session.sandbox,
        settings=session.settings,
    )
    return {TESTS_REPORT: verification.report.model_copy(update={"commit": commit})}
