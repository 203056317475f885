"""Stage 7 of a changed product: the files that stay as they are."""

from collections.abc import Mapping
from dataclasses import dataclass

from codegen.change.file_choice import (
    Design,
    is_same_task,
    speaks_of_product,
    uses_the_same,
)
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import ValidatedStructure
from core.layout import DOCS, SCHEMA, SPECS_CLEAN, VALIDATED_STRUCTURE
from tasks.engine.baseline import Baseline


@dataclass(frozen=True)
class Designs:
    """What the files of one build are written by, as its artifacts say.

    Attributes:
        spec: the clean spec.
        structure: the validated structure.
        design: the same as a choice of files looks at it.
    """

    spec: CleanSpec
    structure: ValidatedStructure
    design: Design

    @classmethod
    def read(cls, documents: Mapping[str, str]) -> "Designs":
        """Read the artifacts of a build, by path."""
        structure = ValidatedStructure.model_validate_json(documents[VALIDATED_STRUCTURE])
        return cls(
            spec=CleanSpec.model_validate_json(documents[SPECS_CLEAN]),
            structure=structure,
            design=Design(
                docs=documents[DOCS],
                schema=Schema.model_validate_json(documents[SCHEMA]),
                contracts={file.path: file for file in structure.files},
                tests=structure.tests,
            ),
        )


class FilesBefore:
    """The files of the build that is changed, and which of them are right as they are.

    Args:
        baseline: that build.
        after: what this build is written by.

    Attributes:
        designs: what its files were written by.
        texts: its files, by path.
    """

    def __init__(self, baseline: Baseline, after: Design) -> None:
        self._is_general = bool(baseline.general)
        self.designs = Designs.read(baseline.documents)
        self.texts = baseline.files
        self._unwritten = baseline.unwritten
        self._after = after

    def has(self, path: str) -> bool:
        """Whether there is such a file, written acceptably."""
        return path in self.texts and path not in self._unwritten

    def is_kept(self, path: str, written: Mapping[str, str]) -> bool:
        """Whether a file that a model wrote stays as it is.

        Args:
            path: of the file.
            written: texts of the files it imports, by path, as they are now.
        """
        before, after = self.designs.design, self._after
        return (
            self.has(path)
            and not (self._is_general and self._speaks_of_product(path))
            and is_same_task(path, before, after)
            and uses_the_same(
                after.contracts[path],
                (before.contracts, after.contracts),
                (self.texts, {**written}),
            )
        )

    def _speaks_of_product(self, path: str) -> bool:
        file = self._after.contracts[path]
        return speaks_of_product(file, self.texts[path], self.designs.spec)
