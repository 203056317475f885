"""Asks for a plan of modules again, until all packages that it declares exist."""

from collections.abc import Awaitable, Callable

from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileStructure, StructuralIssues
from core.errors import AnswerError
from tasks.engine.scaffolding import settle_dependencies
from tasks.engine.stage_work import StageWork

MAX_PLANS = 3
"""Plans asked for where packages are declared that the package indexes do not have."""

AskPlan = Callable[[StructuralIssues, int], Awaitable[FileStructure]]
"""Asks for a plan, given the issues to be mended and the number of the round, from 0."""


async def plan_in_rounds(
    work: StageWork, spec: CleanSpec, noted: StructuralIssues, ask: AskPlan
) -> FileStructure:
    """The first plan whose dependencies all exist, with their versions settled.

    Args:
        work: the stage that plans.
        spec: of the product.
        noted: issues that every plan is shown.
        ask: asks for one plan.

    Raises:
        AnswerError: the last plan, too, has dependencies that do not exist.
    """
    issues = noted
    for plan_round in range(MAX_PLANS):
        planned = await ask(issues, plan_round)
        structure, unknown = await settle_dependencies(work, spec, planned)
        if not unknown:
            return structure
        issues = StructuralIssues(issues=(*noted.issues, *unknown))
    told = "; ".join(issue.message for issue in issues.issues[len(noted.issues) :])
    raise AnswerError(f"after {MAX_PLANS} plans, dependencies are declared that cannot be: {told}")
