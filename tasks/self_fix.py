"""Stage 7.5: runs the generated tests in the sandbox."""

from codegen.acceptance import hold_to_plan
from codegen.test_results import read_junit
from core.artifacts.structure import ValidatedStructure
from core.layout import CODE, TESTS_REPORT, VALIDATED_STRUCTURE
from providers.sandbox.environment import PythonEnvironments
from providers.sandbox.python_tests import run_python_tests
from providers.vcs.history import checkout
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def test_and_fix(work: StageWork) -> Outputs:
    """Test the working tree; a failing test is a result, which sends the build to review.

    So is a planned acceptance test that did not run: without it, nothing shows that the
    requirement is met.
    """
    session = work.session
    commit = work.read(CODE)
    tree = session.workspace / "tree"
    await checkout(session.repository, commit, tree)
    report = await run_python_tests(
        tree,
        sandbox=session.sandbox,
        environments=PythonEnvironments(session.settings.root / "environments"),
        limits=session.settings.sandbox,
        read_results=read_junit,
    )
    planned = work.read(VALIDATED_STRUCTURE, ValidatedStructure).tests
    held = hold_to_plan(report, planned)
    return {TESTS_REPORT: held.model_copy(update={"commit": commit})}
