"""The question about one module's files, which stage 4 asks first and stage 5 again."""

from collections.abc import Callable

from codegen.contract_checks import with_language
from codegen.contracts import check_module_files
from codegen.excerpts import docs_excerpt, schema_excerpt, spec_excerpt, structure_excerpt
from codegen.issues import refuse_errors
from codegen.scaffolds.serving import making_room
from codegen.structure_shapes import read_files
from core.artifacts.answers import ModuleFiles
from core.artifacts.change import Change
from core.artifacts.fixes import Guidance
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileContract,
    FileStructure,
    Module,
    PlannedTest,
    StructuralIssue,
    StructuralIssues,
)
from core.layout import DOCS, GUIDANCE, SCHEMA, SPECS_CLEAN
from prompts.change_contexts import of_change
from prompts.contexts import ModuleFilesContext
from tasks.engine.stage_work import StageWork


async def ask_files(
    work: StageWork,
    structure: FileStructure,
    module: Module,
    issues: tuple[StructuralIssue, ...],
    *,
    review_round: int = 0,
    change: Change | None = None,
    merge: Callable[[ModuleFiles], ModuleFiles] = lambda answer: answer,
) -> ModuleFiles:
    """Ask for the files of a module.

    Args:
        work: of a stage that reads spec, docs and schema.
        structure: all modules, those answered already with their files.
        module: the module asked about; if it has files, they are to be written again.
        issues: what the answer should settle.
        review_round: 0 where it is asked first.
        change: of a product that is changed, what is different.
        merge: makes of an answer what is taken from it; that is what is checked.

    Raises:
        AnswerError: no model gave a usable answer.
    """
    spec = work.read(SPECS_CLEAN, CleanSpec)
    schema = work.read(SCHEMA, Schema)
    others = _replaced(structure, module, ())

    def check(told: ModuleFiles) -> None:
        answer = merge(told)
        room = making_room(others, [file.path for file in answer.files])
        refuse_errors(check_module_files(spec, schema, room, answer))

    plan = structure_excerpt(structure, schema, module)
    context = ModuleFilesContext(
        specs=spec_excerpt(spec, requirements=module.requirements, entities=module.entities),
        docs=docs_excerpt(
            work.read(DOCS), requirements=module.requirements, entities=module.entities
        ),
        schema_=schema_excerpt(schema, module.entities),
        issues=StructuralIssues(issues=issues),
        plan=plan.model_copy(update={"tests": tests_of(structure, module)}),
        module=module,
        guidance=guidance_of(work),
    )
    answer = await work.ask(
        context if change is None else of_change(context, change),
        ModuleFiles,
        check,
        reshape=read_files,
        review_round=review_round,
    )
    return merge(answer)


def guidance_of(work: StageWork) -> Guidance | None:
    """What a person wants otherwise who was shown the structure, if one was."""
    text = work.call.inputs.get(GUIDANCE)
    return None if text is None else Guidance.model_validate_json(text)


def with_files(structure: FileStructure, module: Module, answer: ModuleFiles) -> FileStructure:
    """The structure with a module's files and tests as an answer has them.

    A file that a template serves is served by it still, and each file says its language.
    """
    templates = {file.path: file.template for file in module.files}
    files = tuple(
        with_language(file.model_copy(update={"template": templates.get(file.path, "")}))
        for file in answer.contracts
    )
    before = tests_of(structure, module)
    kept = tuple(test for test in structure.tests if test not in before)
    return _replaced(structure, module, files).model_copy(update={"tests": (*kept, *answer.tests)})


def tests_of(structure: FileStructure, module: Module) -> tuple[PlannedTest, ...]:
    """The acceptance tests planned in a module's files."""
    paths = {file.path for file in module.files}
    return tuple(test for test in structure.tests if test.path in paths)


def _replaced(
    structure: FileStructure, module: Module, files: tuple[FileContract, ...]
) -> FileStructure:
    modules = list(structure.modules)
    modules[modules.index(module)] = module.model_copy(update={"files": files})
    return structure.model_copy(update={"modules": tuple(modules)})
