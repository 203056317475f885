"""Asks for a plan of modules: again where packages do not exist, or a person refused it."""

from collections.abc import Awaitable, Callable

from codegen.scaffolds.serving import is_scaffold
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileStructure, StructuralIssues, ValidatedStructure
from core.errors import AnswerError
from core.layout import REFUSED
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


def refused_structure(work: StageWork) -> FileStructure | None:
    """The structure that a person wants otherwise, if there is one."""
    text = work.call.inputs.get(REFUSED)
    return None if text is None else ValidatedStructure.model_validate_json(text)


def bare(structure: FileStructure | None) -> FileStructure | None:
    """The modules of a structure without their files, and its dependencies.

    The module that programs add is left out.
    """
    if structure is None:
        return None
    modules = tuple(
        module.model_copy(update={"files": ()})
        for module in structure.modules
        if not is_scaffold(module)
    )
    return FileStructure(modules=modules, dependencies=structure.dependencies)
