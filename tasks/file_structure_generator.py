"""Stage 4: plans every file and its contract, module by module."""

from codegen.contracts import check_module_files, check_plan, refuse_errors
from codegen.excerpts import docs_excerpt, schema_excerpt, spec_excerpt, structure_excerpt
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileStructure,
    Module,
    PlannedTest,
    StructuralIssues,
)
from core.layout import DOCS, FILE_STRUCTURE, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES
from prompts.contexts import ModuleFilesContext, ModulePlanContext
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork


async def generate_structure(work: StageWork) -> Outputs:
    """Ask for the modules, then for the files of each; later modules see the earlier ones."""
    spec = work.read(SPECS_CLEAN, CleanSpec)
    schema = work.read(SCHEMA, Schema)

    def check(plan: ModulePlan) -> None:
        refuse_errors(check_plan(spec, schema, plan))

    plan = await work.ask(
        ModulePlanContext(
            specs=spec,
            docs=work.read(DOCS),
            schema_=schema,
            issues=work.read(STRUCTURAL_ISSUES, StructuralIssues),
        ),
        ModulePlan,
        check,
    )
    modules = list(plan.empty_modules)
    tests: list[PlannedTest] = []
    for position, module in enumerate(modules):
        so_far = FileStructure(
            modules=tuple(modules), dependencies=plan.packages, tests=tuple(tests)
        )
        answer = await _ask_files(work, spec, schema, so_far, module)
        modules[position] = module.model_copy(update={"files": answer.contracts})
        tests.extend(answer.tests)
    return {
        FILE_STRUCTURE: FileStructure(
            modules=tuple(modules), dependencies=plan.packages, tests=tuple(tests)
        )
    }


async def _ask_files(
    work: StageWork, spec: CleanSpec, schema: Schema, so_far: FileStructure, module: Module
) -> ModuleFiles:
    def check(answer: ModuleFiles) -> None:
        refuse_errors(check_module_files(so_far, answer))

    return await work.ask(
        ModuleFilesContext(
            specs=spec_excerpt(spec, requirements=module.requirements, entities=module.entities),
            docs=docs_excerpt(
                work.read(DOCS), requirements=module.requirements, entities=module.entities
            ),
            schema_=schema_excerpt(schema, module.entities),
            issues=work.read(STRUCTURAL_ISSUES, StructuralIssues),
            plan=structure_excerpt(so_far, schema, module),
            module=module,
        ),
        ModuleFiles,
        check,
    )
