"""What templates are given where a product that is built already is changed."""

from core.artifacts.answers import (
    ClarifiedChange,
    IssueList,
    ModuleFiles,
    ModulePlan,
    SchemaPart,
    SpecChange,
)
from core.artifacts.change import Change
from core.artifacts.fixes import Guidance
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.schema import Schema
from core.artifacts.specs import ClarificationHistory, CleanSpec, RefinedSpec
from core.artifacts.structure import FileContract, FileStructure, Module, StructuralIssues
from prompts.contexts import (
    CoderContext,
    EntityNames,
    KnownFiles,
    ModuleFilesContext,
    ModuleTests,
    ProjectFacts,
    PromptContext,
    ServedFiles,
    SourceFile,
    SourceFiles,
)


class ClarifierChangeContext(PromptContext):
    """Stage 1 of a changed product.

    Attributes:
        questionnaire: as it is now.
        answered: what was asked about the change before; see `ClarifierContext`.
        previous: what became of the one before.
        change: what is different, and what is asked.
    """

    template = "clarifier"
    answer_type = ClarifiedChange

    questionnaire: Questionnaire
    answered: ClarificationHistory = ClarificationHistory()
    previous: RefinedSpec
    change: Change


class NormalizerChangeContext(PromptContext):
    """Stage 1.5 of a changed product; see `ClarifierChangeContext`."""

    template = "normalizer"
    answer_type = SpecChange

    specs: RefinedSpec
    previous: CleanSpec
    change: Change


class DocsChangeContext(PromptContext):
    """Stage 2 of a changed product; see `ClarifierChangeContext`."""

    template = "docs-creator"

    specs: CleanSpec
    previous: str
    change: Change


class SchemaChangeContext(PromptContext):
    """Stage 3 of a changed product; see `SchemaGeneratorContext` and `ClarifierChangeContext`."""

    template = "schema-generator"
    answer_type = SchemaPart

    specs: CleanSpec
    docs: str
    asked: EntityNames
    previous: Schema
    change: Change


class IssuesChangeContext(PromptContext):
    """Stage 3.5 of a changed product; see `ClarifierChangeContext`."""

    template = "structural-validator"
    answer_type = IssueList

    docs: str
    schema_: Schema
    previous: StructuralIssues
    change: Change


class PlanChangeContext(PromptContext):
    """Stage 4 of a changed product, where something is new: which modules hold it.

    Attributes:
        previous: the modules before, without their files.
        change: what is new, all of which is asked.
    """

    template = "file-structure-generator"
    answer_type = ModulePlan

    specs: CleanSpec
    docs: str
    schema_: Schema
    issues: StructuralIssues
    served: ServedFiles = ServedFiles()
    guidance: Guidance | None = None
    refused: FileStructure | None = None
    module: None = None
    previous: FileStructure
    change: Change


class FilesChangeContext(PromptContext):
    """Stage 4 of a changed product, once a module that is concerned; see `ModuleFilesContext`.

    Attributes:
        module: with its files as they were, without what is gone.
        change: what is different, and what of it is the module's.
    """

    template = "file-structure-generator"
    answer_type = ModuleFiles

    specs: CleanSpec
    docs: str
    schema_: Schema
    issues: StructuralIssues
    plan: FileStructure
    module: Module
    guidance: Guidance | None = None
    change: Change


class CoderChangeContext(PromptContext):
    """Stage 7, second call, of a file that is there already; see `CoderContext`.

    Attributes:
        previous: the file as it is.
    """

    template = "coder"

    project: ProjectFacts
    file: FileContract
    brief: str
    schema_: Schema
    sources: SourceFiles
    others: KnownFiles = KnownFiles()
    tests: ModuleTests
    previous: SourceFile


def of_change(context: ModuleFilesContext, change: Change) -> FilesChangeContext:
    """The question about a module's files, of a product that is changed."""
    fields = {name: getattr(context, name) for name in type(context).model_fields}
    return FilesChangeContext.model_validate({**fields, "change": change})


def with_previous(context: CoderContext, previous: SourceFile) -> CoderChangeContext:
    """The question about a file that is there already."""
    fields = {name: getattr(context, name) for name in type(context).model_fields}
    return CoderChangeContext.model_validate({**fields, "previous": previous})
