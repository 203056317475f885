"""Stage 5: a second model reviews the structure; what it leaves is checked without a model."""

from codegen.contracts import check_structure, issues_of_module
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileStructure,
    Severity,
    StructuralIssue,
    StructuralIssues,
    ValidatedStructure,
)
from core.errors import AnswerError
from core.layout import (
    FILE_STRUCTURE,
    SCHEMA,
    SPECS_CLEAN,
    STRUCTURAL_ISSUES,
    VALIDATED_STRUCTURE,
)
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork
from tasks.engine.structure_review import Assignment, replace_module, review_module

MAX_ROUNDS = 3
"""The first round reviews every module, later ones only those that have errors left."""


async def validate_structure(work: StageWork) -> Outputs:
    """Review module by module until no error is left.

    Raises:
        AnswerError: errors are left after the last round; nothing is passed on.
    """
    spec = work.read(SPECS_CLEAN, CleanSpec)
    schema = work.read(SCHEMA, Schema)
    structure = work.read(FILE_STRUCTURE, FileStructure)
    noted = NotedIssues(structure, work.read(STRUCTURAL_ISSUES, StructuralIssues))
    corrections: list[str] = []
    found = check_structure(spec, schema, structure)
    for review_round in range(MAX_ROUNDS):
        for position, module in enumerate(structure.modules):
            mine = issues_of_module(structure, module, found)
            known = noted.errors_of(position) if review_round else noted.of(position)
            if review_round and not mine and not known:
                continue
            assigned = Assignment(position, (*mine, *known), review_round)
            review = await review_module(work, schema, structure, assigned)
            structure = replace_module(structure, position, review)
            noted.resolve(position, review.resolved)
            corrections.extend(review.corrections)
        found = check_structure(spec, schema, structure)
        if not found and not noted.errors:
            break
    _refuse_errors((*found, *noted.errors))
    return {
        VALIDATED_STRUCTURE: ValidatedStructure(
            modules=structure.modules,
            dependencies=structure.dependencies,
            tests=structure.tests,
            corrections=tuple(corrections),
            issues=tuple(issue for issue in noted.left if issue.severity is not Severity.INFO),
        )
    }


class NotedIssues:
    """What stage 3.5 noted, and for which modules it is still open.

    No program can tell whether such an issue is mended. So each module that it concerns has to
    say that it is, or why it does not hold; until then it is left.
    """

    def __init__(self, structure: FileStructure, noted: StructuralIssues) -> None:
        self._noted = noted.issues
        self._open = [
            {issue.id: issue for issue in issues_of_module(structure, module, noted.issues)}
            for module in structure.modules
        ]

    def of(self, position: int) -> tuple[StructuralIssue, ...]:
        """Those still open for a module."""
        return tuple(self._open[position].values())

    def errors_of(self, position: int) -> tuple[StructuralIssue, ...]:
        """The errors still open for a module."""
        return _errors(self.of(position))

    def resolve(self, position: int, ids: tuple[str, ...]) -> None:
        """Take a module's word that these need nothing more of it."""
        for number in ids:
            self._open[position].pop(number, None)

    @property
    def left(self) -> tuple[StructuralIssue, ...]:
        """Those that are open for some module, in the order they were noted."""
        ids = {number for issues in self._open for number in issues}
        return tuple(issue for issue in self._noted if issue.id in ids)

    @property
    def errors(self) -> tuple[StructuralIssue, ...]:
        """The errors that are left."""
        return _errors(self.left)


def _errors(issues: tuple[StructuralIssue, ...]) -> tuple[StructuralIssue, ...]:
    return tuple(issue for issue in issues if issue.severity is Severity.ERROR)


def _refuse_errors(errors: tuple[StructuralIssue, ...]) -> None:
    if errors:
        shown = "; ".join(f"{issue.place}: {issue.message}" for issue in errors[:5])
        raise AnswerError(
            f"the structure still has {len(errors)} errors after {MAX_ROUNDS} rounds: {shown}"
        )
