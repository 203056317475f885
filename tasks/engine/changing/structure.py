"""Stage 4 of a changed product: the modules and files that the change concerns."""

from codegen.change.module_merge import merged_files, merged_plan, without_needless_exports
from codegen.change.structure_scope import StructureScope
from codegen.contracts import check_plan
from codegen.issues import refuse_errors
from codegen.scaffolds.serving import is_scaffold, with_scaffold
from core.artifacts.answers import ModuleFiles, ModulePlan
from core.artifacts.change import Change
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileStructure,
    Module,
    PlannedModule,
    StructuralIssue,
    StructuralIssues,
    ValidatedStructure,
)
from core.layout import DOCS, SCHEMA, SPECS_CLEAN, STRUCTURAL_ISSUES, VALIDATED_STRUCTURE
from prompts.change_contexts import PlanChangeContext
from tasks.engine.module_files import ask_files, guidance_of, with_files
from tasks.engine.plan_rounds import bare, plan_in_rounds, refused_structure
from tasks.engine.scaffolding import served_files
from tasks.engine.stage_work import StageWork


def scope_of(work: StageWork) -> StructureScope:
    """What of the structure the change concerns; of a stage that reads spec and schema."""
    return StructureScope(
        (work.before(SPECS_CLEAN, CleanSpec), work.read(SPECS_CLEAN, CleanSpec)),
        (work.before(SCHEMA, Schema), work.read(SCHEMA, Schema)),
        work.before(VALIDATED_STRUCTURE, ValidatedStructure),
    )


def new_issues(work: StageWork) -> StructuralIssues:
    """Issues that stage 3.5 noted now; those of the build before were dealt with then."""
    known = {issue.id for issue in work.before(STRUCTURAL_ISSUES, StructuralIssues).issues}
    noted = work.read(STRUCTURAL_ISSUES, StructuralIssues)
    return StructuralIssues(
        issues=tuple(
            issue for issue in noted.issues if issue.source == "check" or issue.id not in known
        )
    )


async def structure_of_change(work: StageWork) -> FileStructure:
    """The structure before, with the modules that the change concerns planned again."""
    spec = work.read(SPECS_CLEAN, CleanSpec)
    scope = scope_of(work)
    structure, named = scope.start, ()
    noted = new_issues(work)
    if scope.scope.added:
        structure, named = await _plan(work, scope, noted)
    structure = with_scaffold(spec, _plain(structure))
    before = {module.name: module for module in scope.before.modules}
    for name in [module.name for module in structure.modules if not is_scaffold(module)]:
        (module,) = (module for module in structure.modules if module.name == name)
        old = before.get(name)
        if old is None or name in named or scope.concerns_module(old):
            answer = await _ask_module(work, scope, structure, module, noted.issues)
            structure = with_scaffold(spec, with_files(structure, module, answer))
    return with_scaffold(spec, without_needless_exports(scope, structure))


def _plain(structure: FileStructure) -> FileStructure:
    """Without what stage 5 of the build before said of it."""
    return FileStructure.model_validate(structure.model_dump(include={*FileStructure.model_fields}))


async def _ask_module(
    work: StageWork,
    scope: StructureScope,
    structure: FileStructure,
    module: Module,
    issues: tuple[StructuralIssue, ...],
) -> ModuleFiles:
    mine = {*module.requirements, *module.entities}
    change = Change(
        items=(*scope.scope.items, *scope.items), asked=tuple(sorted(mine & scope.there))
    )

    def merge(answer: ModuleFiles) -> ModuleFiles:
        return merged_files(scope, structure, module, answer)

    return await ask_files(work, structure, module, issues, change=change, merge=merge)


async def _plan(
    work: StageWork, scope: StructureScope, noted: StructuralIssues
) -> tuple[FileStructure, tuple[str, ...]]:
    """Ask which modules hold what is new.

    Raises:
        AnswerError: the last plan, too, has dependencies that do not exist.
    """
    spec, schema = work.read(SPECS_CLEAN, CleanSpec), work.read(SCHEMA, Schema)

    def check(plan: ModulePlan) -> None:
        structure, _ = merged_plan(scope, plan)
        modules = tuple(
            PlannedModule.model_validate(module.model_dump()) for module in structure.modules
        )
        refuse_errors(check_plan(spec, schema, ModulePlan(modules=modules)))

    modules = tuple(module.model_copy(update={"files": ()}) for module in scope.start.modules)
    named: tuple[str, ...] = ()

    async def ask(issues: StructuralIssues, plan_round: int) -> FileStructure:
        nonlocal named
        context = PlanChangeContext(
            specs=spec,
            docs=work.read(DOCS),
            schema_=schema,
            issues=issues,
            served=served_files(spec),
            guidance=guidance_of(work),
            refused=bare(refused_structure(work)),
            previous=FileStructure(modules=modules, dependencies=scope.start.dependencies),
            change=Change(items=scope.scope.items, asked=tuple(sorted(scope.scope.added))),
        )
        plan = await work.ask(context, ModulePlan, check, review_round=plan_round)
        structure, named = merged_plan(scope, plan)
        return structure

    return await plan_in_rounds(work, spec, noted, ask), named
