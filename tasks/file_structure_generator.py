"""Stage 4: plans every file and its contract, module by module."""

from codegen.contracts import check_plan
from codegen.issues import refuse_errors
from codegen.scaffolds.serving import with_scaffold
from core.artifacts.answers import ModulePlan
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileStructure, Module, StructuralIssues
from core.layout import DOCS, FILE_STRUCTURE, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES
from prompts.contexts import ModulePlanContext
from tasks.engine.changing.structure import structure_of_change
from tasks.engine.module_files import ask_files, guidance_of, tests_of, with_files
from tasks.engine.plan_rounds import bare, plan_in_rounds, refused_structure
from tasks.engine.scaffolding import served_files
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def generate_structure(work: StageWork) -> Outputs:
    """Ask for the modules, then for the files of each; later modules see the earlier ones.

    They also see what the packs serve, in a module of its own at the end. Where a person refused
    a structure and said what should be different, each module begins from its files in there.
    """
    if work.is_change:
        return {FILE_STRUCTURE: await structure_of_change(work)}
    spec = work.read(SPECS_CLEAN, CleanSpec)
    noted = work.read(STRUCTURAL_ISSUES, StructuralIssues)
    planned = await _plan(work, spec, noted)
    structure = with_scaffold(spec, planned)
    refused = refused_structure(work)
    for name in [module.name for module in planned.modules]:
        structure, module = _as_refused(structure, name, refused)
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
            guidance=guidance_of(work),
            refused=bare(refused_structure(work)),
        )
        plan = await work.ask(context, ModulePlan, check, review_round=plan_round)
        return FileStructure(modules=plan.empty_modules, dependencies=plan.packages)

    return await plan_in_rounds(work, spec, noted, ask)


def _as_refused(
    structure: FileStructure, name: str, refused: FileStructure | None
) -> tuple[FileStructure, Module]:
    """The structure with the files that a module had in the refused one, and that module."""
    (module,) = (module for module in structure.modules if module.name == name)
    before = [] if refused is None else [one for one in refused.modules if one.name == name]
    files = tuple(file for one in before for file in one.files if not file.template)
    if refused is None or not files or module.files:
        return structure, module
    again = module.model_copy(update={"files": files})
    modules = tuple(again if one == module else one for one in structure.modules)
    tests = (*structure.tests, *tests_of(refused, again))
    return structure.model_copy(update={"modules": modules, "tests": tests}), again
