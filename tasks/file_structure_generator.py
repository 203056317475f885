"""Stage 4: plans every file and its contract, module by module."""

from codegen.contracts import check_plan
from codegen.issues import refuse_errors
from codegen.scaffolds.serving import with_scaffold
from core.artifacts.answers import ModulePlan
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileStructure, StructuralIssues
from core.layout import DOCS, FILE_STRUCTURE, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES
from prompts.contexts import ModulePlanContext
from tasks.engine.changing.structure import structure_of_change
from tasks.engine.module_files import ask_files, with_files
from tasks.engine.plan_rounds import plan_in_rounds
from tasks.engine.scaffolding import served_files
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def generate_structure(work: StageWork) -> Outputs:
    """Ask for the modules, then for the files of each; later modules see the earlier ones.

    They also see what the packs serve, in a module of its own at the end.
    """
    if work.is_change:
        return {FILE_STRUCTURE: await structure_of_change(work)}
    spec = work.read(SPECS_CLEAN, CleanSpec)
    noted = work.read(STRUCTURAL_ISSUES, StructuralIssues)
    planned = await _plan(work, spec, noted)
    structure = with_scaffold(spec, planned)
    for name in [module.name for module in planned.modules]:
        (module,) = (module for module in structure.modules if module.name == name)
        answer = await ask_files(work, structure, module, noted.issues)
        structure = with_scaffold(spec, with_files(structure, module, answer))
    return {FILE_STRUCTURE: structure}


async def _plan(work: StageWork, spec: CleanSpec, noted: StructuralIssues) -> FileStructure:
    """Ask for modules and dependencies, until all of these exist.

    Raises:
        AnswerError: the last plan, too, has dependencies that do not exist.
    """
    schema = work.read(SCHEMA, Schema)

    def check(plan: ModulePlan) -> None:
        refuse_errors(check_plan(spec, schema, plan))

    async def ask(issues: StructuralIssues, plan_round: int) -> FileStructure:
        context = ModulePlanContext(
            specs=spec,
            docs=work.read(DOCS),
            schema_=schema,
            issues=issues,
            served=served_files(spec),
        )
        plan = await work.ask(context, ModulePlan, check, review_round=plan_round)
        return FileStructure(modules=plan.empty_modules, dependencies=plan.packages)

    return await plan_in_rounds(work, spec, noted, ask)
