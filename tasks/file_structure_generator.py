"""Stage 4: plans every file and its contract, module by module."""

from codegen.contracts import check_plan
from codegen.issues import refuse_errors
from core.artifacts.answers import ModulePlan
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileStructure, StructuralIssues
from core.layout import DOCS, FILE_STRUCTURE, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES
from prompts.contexts import ModulePlanContext
from tasks.engine.module_files import ask_files, with_files
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def generate_structure(work: StageWork) -> Outputs:
    """Ask for the modules, then for the files of each; later modules see the earlier ones."""
    noted = work.read(STRUCTURAL_ISSUES, StructuralIssues)
    plan = await _plan(work, noted)
    structure = FileStructure(modules=plan.empty_modules, dependencies=plan.packages)
    for position in range(len(structure.modules)):
        module = structure.modules[position]
        answer = await ask_files(work, structure, module, noted.issues)
        structure = with_files(structure, module, answer)
    return {FILE_STRUCTURE: structure}


async def _plan(work: StageWork, noted: StructuralIssues) -> ModulePlan:
    spec = work.read(SPECS_CLEAN, CleanSpec)
    schema = work.read(SCHEMA, Schema)

    def check(plan: ModulePlan) -> None:
        refuse_errors(check_plan(spec, schema, plan))

    context = ModulePlanContext(specs=spec, docs=work.read(DOCS), schema_=schema, issues=noted)
    return await work.ask(context, ModulePlan, check)
