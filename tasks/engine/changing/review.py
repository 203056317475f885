"""Stage 5 of a changed product: which modules are reviewed, and what of a review is taken."""

from collections.abc import Mapping

from codegen.change.module_merge import merged_files, without_needless_exports
from codegen.change.orphans import without_unneeded
from codegen.scaffolds.serving import packages_for
from core.artifacts.answers import ModuleFiles
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import (
    FileStructure,
    Module,
    PlannedTest,
    StructuralIssue,
    ValidatedStructure,
)
from core.layout import SPECS_CLEAN, VALIDATED_STRUCTURE
from tasks.engine.changing.design import is_about
from tasks.engine.changing.structure import scope_of
from tasks.engine.module_files import tests_of
from tasks.engine.stage_work import StageWork


class ChangeReview:
    """Holds the review of a structure to what the change concerns.

    Args:
        work: of stage 5.
    """

    def __init__(self, work: StageWork) -> None:
        self._work = work
        baseline = work.session.baseline
        self._texts: Mapping[str, str] = baseline.files if baseline is not None else {}
        self._scope = scope_of(work)
        self._before = work.before(VALIDATED_STRUCTURE, ValidatedStructure)

    def is_kept(self, structure: FileStructure, module: Module) -> bool:
        """Whether a module is planned as it was, so that it was reviewed already."""
        for old in self._before.modules:
            if old.name == module.name:
                return _planned(self._before, old) == _planned(structure, module)
        return False

    def merged(
        self,
        structure: FileStructure,
        module: Module,
        answer: ModuleFiles,
        issues: tuple[StructuralIssue, ...],
    ) -> ModuleFiles:
        """What is taken of an answer: files the change concerns, and those that issues name."""
        allowed = {issue.place for issue in issues}
        return merged_files(self._scope, structure, module, answer, allowed)

    def pruned(self, structure: FileStructure) -> FileStructure:
        """The structure without exports that are new and nobody takes, and what nothing needs."""
        rest = without_needless_exports(self._scope, structure)
        served = packages_for(self._work.read(SPECS_CLEAN, CleanSpec), rest)
        return without_unneeded(
            self._scope.before, rest, self._texts, [item.name for item in served]
        )

    @property
    def standing(self) -> tuple[StructuralIssue, ...]:
        """Issues that were left standing before, where nothing changed."""
        places = self._scope.there | self._scope.removed
        return tuple(issue for issue in self._before.issues if not is_about(issue, places))


def _planned(
    structure: FileStructure, module: Module
) -> tuple[tuple[object, ...], frozenset[PlannedTest]]:
    """All of a module that models write; what templates serve follows from it."""
    files = tuple(file for file in module.files if not file.template)
    about = (module.requirements, module.entities, files)
    return about, frozenset(tests_of(structure, module))
