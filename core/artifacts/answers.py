"""What a model is asked to answer where that is not an artifact by itself.

Large structures are asked for part by part, so no answer has to hold a thousand files.
"""

from pydantic import Field

from core.artifacts.base import Part
from core.artifacts.questionnaire import Entity, Feature
from core.artifacts.schema import Endpoint, StoredEntity
from core.artifacts.specs import ClarifyingQuestion, RefinedSpec, Requirement, SpecEntity
from core.artifacts.structure import (
    Dependency,
    FileContract,
    Module,
    PlannedDependency,
    PlannedFile,
    PlannedModule,
    PlannedTest,
    StructuralIssue,
)


class Clarification(Part):
    """Stage 1: the open questions with their answers, and the spec refined by them."""

    questions: tuple[ClarifyingQuestion, ...] = ()
    specs: RefinedSpec


class ClarifiedChange(Part):
    """Stage 1 of a changed product: questions about the change, and what was asked about."""

    questions: tuple[ClarifyingQuestion, ...] = ()
    features: tuple[Feature, ...] = ()
    entities: tuple[Entity, ...] = ()


class SpecChange(Part):
    """Stage 1.5 of a changed product: the requirements and entities that were asked about.

    A requirement that is not there yet has any number that is free; a program numbers it. Those
    in `removed` are no longer demanded by what is different.
    """

    requirements: tuple[Requirement, ...] = ()
    removed: tuple[str, ...] = ()
    entities: tuple[SpecEntity, ...] = ()
    assumptions: tuple[str, ...] = ()


class SchemaPart(Part):
    """Stage 3, for some of the entities: how they are stored and served."""

    entities: tuple[StoredEntity, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()


class IssueList(Part):
    """Stage 3.5: what the model found."""

    issues: tuple[StructuralIssue, ...] = ()


class ModulePlan(Part):
    """Stage 4, first question: the modules, without their files."""

    modules: tuple[PlannedModule, ...] = Field(min_length=1)
    dependencies: tuple[PlannedDependency, ...] = ()

    @property
    def empty_modules(self) -> tuple[Module, ...]:
        """The modules as a structure holds them, without files yet."""
        return tuple(Module.model_validate(module.model_dump()) for module in self.modules)

    @property
    def packages(self) -> tuple[Dependency, ...]:
        """The dependencies as a structure holds them."""
        return tuple(Dependency.model_validate(item.model_dump()) for item in self.dependencies)


class ModuleFiles(Part):
    """Stage 4, once a module: its files and the acceptance tests they hold."""

    files: tuple[PlannedFile, ...] = Field(min_length=1)
    tests: tuple[PlannedTest, ...] = ()

    @property
    def contracts(self) -> tuple[FileContract, ...]:
        """The files as a structure holds them."""
        return tuple(FileContract.model_validate(file.model_dump()) for file in self.files)


class ModuleReview(ModuleFiles):
    """Stage 5, once a module: its files as corrected, and what was corrected.

    `resolved` has the ids of the issues that are mended or refuted; `corrections` explain each.
    """

    corrections: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
