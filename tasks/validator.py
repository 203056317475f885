"""Stage 5: a second model reviews the structure; what it leaves is checked without a model."""

from codegen.contracts import check_structure, issues_of_module
from codegen.excerpts import docs_excerpt, schema_excerpt
from core.artifacts.answers import ModuleReview
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileStructure,
    Module,
    PlannedTest,
    Severity,
    StructuralIssue,
    StructuralIssues,
    ValidatedStructure,
)
from core.errors import AnswerError
from core.layout import (
    DOCS,
    FILE_STRUCTURE,
    SCHEMA,
    SPECS_CLEAN,
    STRUCTURAL_ISSUES,
    VALIDATED_STRUCTURE,
)
from prompts.contexts import FileIndex, ModuleTests, ValidatorContext
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork

MAX_ROUNDS = 3
"""The first round reviews every module, later ones only those that errors were found in."""


async def validate_structure(work: StageWork) -> Outputs:
    """Review module by module until the checks find no error.

    Raises:
        AnswerError: errors are left after the last round; nothing is passed on.
    """
    spec = work.read(SPECS_CLEAN, CleanSpec)
    schema = work.read(SCHEMA, Schema)
    structure = work.read(FILE_STRUCTURE, FileStructure)
    noted = work.read(STRUCTURAL_ISSUES, StructuralIssues).issues
    corrections: list[str] = []
    found = check_structure(spec, schema, structure)
    for number in range(MAX_ROUNDS):
        for position, module in enumerate(structure.modules):
            concerning = issues_of_module(
                structure, module, (*found, *(noted if not number else ()))
            )
            if number and not concerning:
                continue
            review = await _review(work, schema, structure, position, concerning)
            structure = _replace(structure, position, review)
            corrections.extend(review.corrections)
        found = check_structure(spec, schema, structure)
        if not found:
            break
    if found:
        shown = "; ".join(f"{issue.place}: {issue.message}" for issue in found[:5])
        raise AnswerError(
            f"the structure still has {len(found)} errors after {MAX_ROUNDS} rounds: {shown}"
        )
    return {
        VALIDATED_STRUCTURE: ValidatedStructure(
            modules=structure.modules,
            dependencies=structure.dependencies,
            tests=structure.tests,
            corrections=tuple(corrections),
            issues=tuple(issue for issue in noted if issue.severity is not Severity.INFO),
        )
    }


async def _review(
    work: StageWork,
    schema: Schema,
    structure: FileStructure,
    position: int,
    issues: tuple[StructuralIssue, ...],
) -> ModuleReview:
    module = structure.modules[position]
    return await work.ask(
        ValidatorContext(
            docs=docs_excerpt(
                work.read(DOCS), requirements=module.requirements, entities=module.entities
            ),
            schema_=schema_excerpt(schema, module.entities),
            issues=StructuralIssues(issues=issues),
            others=_others(structure, module),
            module=module,
            tests=ModuleTests(tests=_tests_of(structure, module)),
        ),
        ModuleReview,
    )


def _others(structure: FileStructure, module: Module) -> FileIndex:
    """Files of all other modules: path, purpose and exports."""
    return FileIndex(
        files=tuple(
            file.model_copy(update={"imports": (), "requirements": (), "entities": ()})
            for other in structure.modules
            if other.name != module.name
            for file in other.files
        ),
        dependencies=structure.dependencies,
    )


def _tests_of(structure: FileStructure, module: Module) -> tuple[PlannedTest, ...]:
    paths = {file.path for file in module.files}
    return tuple(test for test in structure.tests if test.path in paths)


def _replace(structure: FileStructure, position: int, review: ModuleReview) -> FileStructure:
    module = structure.modules[position]
    mine = {file.path for file in module.files}
    modules = list(structure.modules)
    modules[position] = module.model_copy(update={"files": review.files})
    kept = tuple(test for test in structure.tests if test.path not in mine)
    return structure.model_copy(update={"modules": tuple(modules), "tests": (*kept, *review.tests)})
