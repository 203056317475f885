"""One module's review in stage 5: what the model is shown, and what its answer must explain."""

import re
from dataclasses import dataclass

from codegen.excerpts import docs_excerpt, schema_excerpt, structure_excerpt
from codegen.structure_shapes import read_files
from core.artifacts.answers import ModuleReview
from core.artifacts.schema import Schema
from core.artifacts.structure import FileStructure, Module, StructuralIssue, StructuralIssues
from core.layout import DOCS
from prompts.contexts import FileIndex, ModuleTests, ValidatorContext
from tasks.engine.module_files import tests_of
from tasks.engine.stage_work import StageWork


@dataclass(frozen=True)
class Assignment:
    """A module to review.

    Attributes:
        position: of the module in the structure, from 0.
        issues: those the module should mend.
        review_round: which round of the review this is, from 0.
    """

    position: int
    issues: tuple[StructuralIssue, ...]
    review_round: int


async def review_module(
    work: StageWork, schema: Schema, structure: FileStructure, assigned: Assignment
) -> ModuleReview:
    """Ask for one module as it should be.

    Raises:
        AnswerError: no model gave a usable answer.
    """
    module = structure.modules[assigned.position]

    def check(review: ModuleReview) -> None:
        refuse_unexplained(assigned.issues, review)

    return await work.ask(
        ValidatorContext(
            docs=docs_excerpt(
                work.read(DOCS), requirements=module.requirements, entities=module.entities
            ),
            schema_=schema_excerpt(schema, module.entities),
            issues=StructuralIssues(issues=assigned.issues),
            others=_others(structure, schema, module),
            module=module,
            tests=ModuleTests(tests=tests_of(structure, module)),
        ),
        ModuleReview,
        check,
        reshape=read_files,
        review_round=assigned.review_round,
    )


def refuse_unexplained(issues: tuple[StructuralIssue, ...], review: ModuleReview) -> None:
    """Refuse a review that says an issue is resolved without saying how.

    Raises:
        ValueError: an id that was not given, or one that no correction names.
    """
    given = {issue.id for issue in issues}
    unknown = [number for number in review.resolved if number not in given]
    if unknown:
        raise ValueError(
            f"resolved: {', '.join(unknown)}: no such issue was given; "
            f"given were: {', '.join(sorted(given)) or 'none'}"
        )
    unexplained = [
        number
        for number in review.resolved
        if not any(_names(correction, number) for correction in review.corrections)
    ]
    if unexplained:
        raise ValueError(
            f"resolved: {', '.join(unexplained)}: no correction names it; say in `corrections`, "
            "with the id, how it is mended or why it does not hold"
        )


def _names(text: str, number: str) -> bool:
    """Whether a text names an id; `SI-12` does not name `SI-1`."""
    return re.search(rf"(?<![\w-]){re.escape(number)}(?![\w-])", text) is not None


def _others(structure: FileStructure, schema: Schema, module: Module) -> FileIndex:
    """Files of the other modules that concern this one: path, purpose and exports."""
    excerpt = structure_excerpt(structure, schema, module)
    return FileIndex(
        files=tuple(
            file for other in excerpt.modules if other.name != module.name for file in other.files
        ),
        dependencies=structure.dependencies,
    )
