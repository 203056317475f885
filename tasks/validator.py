"""Stage 5: a second model reviews the structure; what it leaves is checked without a model."""

from codegen.contracts import check_structure, issues_of_module
from codegen.issues import errors_in
from codegen.scaffolds.serving import is_scaffold, with_scaffold
from codegen.served_text import served_issues
from core.artifacts.answers import ModuleFiles
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileStructure,
    Module,
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
from tasks.engine.changing.review import ChangeReview
from tasks.engine.changing.structure import new_issues
from tasks.engine.module_files import ask_files, with_files
from tasks.engine.scaffolding import settle_dependencies
from tasks.engine.stage_call import Outputs
from tasks.engine.stage_work import StageWork
from tasks.engine.structure_review import Assignment, review_module

MAX_ROUNDS = 3
"""The first round reviews every module, later ones only those that have errors left."""

_NAMED = 5
"""Errors named in the message of a build that halts here."""


async def validate_structure(work: StageWork) -> Outputs:
    """Review module by module until no error is left.

    A module that has errors left goes back to the model of stage 4, which writes it again with
    the issues, and is then reviewed again.

    Raises:
        AnswerError: errors are left after the last round; nothing is passed on.
    """
    spec = work.read(SPECS_CLEAN, CleanSpec)
    planned = work.read(FILE_STRUCTURE, FileStructure)
    review = _Review(work, *await settle_dependencies(work, spec, planned))
    for review_round in range(MAX_ROUNDS):
        await review.run(review_round)
        if not review.errors:
            break
    await review.settle()
    _refuse_errors(review.errors)
    return {VALIDATED_STRUCTURE: review.validated()}


class _Review:
    """The structure under review, with what is known to be wrong with it.

    Args:
        work: of stage 5.
        structure: to be reviewed.
        unknown: dependencies that cannot be, which no module's model can mend.
    """

    def __init__(
        self, work: StageWork, structure: FileStructure, unknown: tuple[StructuralIssue, ...]
    ) -> None:
        self._work = work
        self._spec = work.read(SPECS_CLEAN, CleanSpec)
        self._schema = work.read(SCHEMA, Schema)
        self._unknown = unknown
        self._changing = ChangeReview(work) if work.is_change else None
        self._structure = self._scaffolded(structure)
        noted = (
            new_issues(work) if work.is_change else work.read(STRUCTURAL_ISSUES, StructuralIssues)
        )
        self._noted = NotedIssues(self._structure, self._schema, noted)
        self._corrections: list[str] = []
        self._check()

    def _check(self) -> None:
        found = check_structure(self._spec, self._schema, self._structure)
        told = {issue.place for issue in found}
        served = served_issues(self._spec, self._structure)
        # What a served file imports, and is not there, the structure's own check has told.
        self._found = [*found, *(issue for issue in served if issue.place not in told)]

    @property
    def errors(self) -> tuple[StructuralIssue, ...]:
        """Errors that programs find, and those of stage 3.5 that are open."""
        return (*self._unknown, *errors_in(self._found), *self._noted.errors)

    async def run(self, review_round: int) -> None:
        """Review all modules, or after the first round those with errors."""
        for position, module in enumerate(self._structure.modules):
            if is_scaffold(module):
                continue  # it follows from the others
            if (
                self._changing
                and not review_round
                and self._changing.is_kept(self._structure, module)
            ):
                continue
            known = (
                self._noted.of(position) if not review_round else self._noted.errors_of(position)
            )
            issues = (*self._of_module(position), *known)
            if review_round and not issues:
                continue
            if review_round:
                await self._write_again(Assignment(position, issues, review_round))
                issues = (*self._of_module(position), *known)
            await self._review(Assignment(position, issues, review_round))
        self._check()

    def _of_module(self, position: int) -> tuple[StructuralIssue, ...]:
        module = self._structure.modules[position]
        return issues_of_module(self._structure, self._schema, module, self._found)

    async def _write_again(self, assigned: Assignment) -> None:
        """Send a module back to the structure's own model."""
        module = self._structure.modules[assigned.position]
        answer = await ask_files(
            self._work,
            self._structure,
            module,
            assigned.issues,
            review_round=assigned.review_round,
        )
        self._replace(module, answer, assigned.issues)
        self._check()

    async def _review(self, assigned: Assignment) -> None:
        review = await review_module(self._work, self._schema, self._structure, assigned)
        module = self._structure.modules[assigned.position]
        self._replace(module, review, assigned.issues)
        self._noted.resolve(assigned.position, review.resolved)
        self._corrections.extend(review.corrections)

    def _replace(
        self, module: Module, answer: ModuleFiles, issues: tuple[StructuralIssue, ...]
    ) -> None:
        """Put a module's files into the structure; the packs' files follow from them."""
        if self._changing:
            answer = self._changing.merged(self._structure, module, answer, issues)
        changed = with_files(self._structure, module, answer)
        self._structure = self._scaffolded(changed)

    def _scaffolded(self, structure: FileStructure) -> FileStructure:
        workflows = self._work.session.settings.workflow_files
        return with_scaffold(self._spec, structure, workflows=workflows)

    async def settle(self) -> None:
        """Take up what the packs need for the files as they are now."""
        if self._changing:
            self._structure = self._changing.pruned(self._structure)
        changed, unknown = await settle_dependencies(self._work, self._spec, self._structure)
        self._unknown = (*self._unknown, *unknown)
        self._structure = self._scaffolded(changed)
        self._check()

    def validated(self) -> ValidatedStructure:
        """What stage 5 passes on."""
        return ValidatedStructure(
            modules=self._structure.modules,
            dependencies=self._structure.dependencies,
            tests=self._structure.tests,
            notes=self._structure.notes,
            corrections=tuple(self._corrections),
            issues=(
                *(self._changing.standing if self._changing else ()),
                *(issue for issue in self._noted.left if issue.severity is not Severity.INFO),
            ),
        )


class NotedIssues:
    """What stage 3.5 noted, and for which modules it is still open.

    No program can tell whether such an issue is mended. So each module that it concerns has to
    say that it is, or why it does not hold; until then it is left.
    """

    def __init__(self, structure: FileStructure, schema: Schema, noted: StructuralIssues) -> None:
        self._noted = noted.issues
        self._open = [
            {issue.id: issue for issue in issues_of_module(structure, schema, module, noted.issues)}
            for module in structure.modules
        ]

    def of(self, position: int) -> tuple[StructuralIssue, ...]:
        """Those still open for a module."""
        return tuple(self._open[position].values())

    def errors_of(self, position: int) -> tuple[StructuralIssue, ...]:
        """The errors still open for a module."""
        return errors_in(self.of(position))

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
        return errors_in(self.left)


def _refuse_errors(errors: tuple[StructuralIssue, ...]) -> None:
    if errors:
        shown = "; ".join(f"{issue.place}: {issue.message}" for issue in errors[:_NAMED])
        raise AnswerError(
            f"the structure still has {len(errors)} errors after {MAX_ROUNDS} rounds: {shown}"
        )
