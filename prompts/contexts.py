"""What each template is given: one typed context per question, named after its template."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from core.artifacts.answers import (
    Clarification,
    IssueList,
    ModuleFiles,
    ModulePlan,
    ModuleReview,
    SchemaPart,
)
from core.artifacts.fixes import Guidance
from core.artifacts.questionnaire import Questionnaire, Stack
from core.artifacts.schema import Schema
from core.artifacts.specs import ClarificationHistory, CleanSpec, RefinedSpec
from core.artifacts.structure import (
    Dependency,
    FileContract,
    FileStructure,
    Module,
    PlannedTest,
    StructuralIssues,
)


class PromptContext(BaseModel):
    """Base of all contexts.

    Attributes:
        template: name of the template pair, without ending.
        answer_type: model the answer must parse into; `None` for free text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    template: ClassVar[str]
    answer_type: ClassVar[type[BaseModel] | None] = None


class ClarifierContext(PromptContext):
    """Stage 1.

    Attributes:
        answered: what was asked before, with what a person answered, or what is assumed.
    """

    template = "clarifier"
    answer_type = Clarification

    questionnaire: Questionnaire
    answered: ClarificationHistory = ClarificationHistory()
    previous: None = None
    change: None = None


class NormalizerContext(PromptContext):
    """Stage 1.5."""

    template = "normalizer"
    answer_type = CleanSpec

    specs: RefinedSpec
    previous: None = None
    change: None = None


class DocsCreatorContext(PromptContext):
    """Stage 2."""

    template = "docs-creator"

    specs: CleanSpec
    previous: None = None
    change: None = None


class EntityNames(BaseModel):
    """Entities one question is about, as a document of its own."""

    model_config = ConfigDict(frozen=True)

    names: tuple[str, ...]


class SchemaGeneratorContext(PromptContext):
    """Stage 3, for some of the entities at a time.

    Attributes:
        asked: entities this answer must hold; the others are only there to be pointed to.
    """

    template = "schema-generator"
    answer_type = SchemaPart

    specs: CleanSpec
    docs: str
    asked: EntityNames
    previous: None = None
    change: None = None


class StructuralValidatorContext(PromptContext):
    """Stage 3.5."""

    template = "structural-validator"
    answer_type = IssueList

    docs: str
    schema_: Schema
    previous: None = None
    change: None = None


class ServedFile(BaseModel):
    """A file that a program writes from a template."""

    model_config = ConfigDict(frozen=True)

    path: str
    purpose: str


class ServedFiles(BaseModel):
    """The files of a stack that need no model."""

    model_config = ConfigDict(frozen=True)

    files: tuple[ServedFile, ...] = ()


class ModulePlanContext(PromptContext):
    """Stage 4, first question: which modules there are.

    Attributes:
        served: files that no module needs to plan.
        guidance: what a person wants otherwise who was shown a structure, in rounds.
        refused: the modules and dependencies of that structure, without files.
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
    previous: None = None
    change: None = None


class ModuleFilesContext(PromptContext):
    """Stage 4, once a module: its files.

    Attributes:
        docs, schema_: only the parts that concern this module.
        plan: all modules; those answered already with their files (path, purpose and exports).
        module: the module asked about.
        guidance: what a person wants otherwise; see `ModulePlanContext`.
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
    change: None = None


class FileIndex(BaseModel):
    """Files of other modules: path and exported names only."""

    model_config = ConfigDict(frozen=True)

    files: tuple[FileContract, ...] = ()
    dependencies: tuple[Dependency, ...] = ()


class ModuleTests(BaseModel):
    """Acceptance tests planned in one module."""

    model_config = ConfigDict(frozen=True)

    tests: tuple[PlannedTest, ...] = ()


class ValidatorContext(PromptContext):
    """Stage 5, once a module.

    Attributes:
        docs, schema_: only the parts that concern this module.
        issues: what stage 3.5 found, and what the deterministic checks found in the structure.
        others: the files of all other modules (path, purpose and exports).
        module: the module to review, with its files.
    """

    template = "validator"
    answer_type = ModuleReview

    docs: str
    schema_: Schema
    issues: StructuralIssues
    others: FileIndex
    module: Module
    tests: ModuleTests


class SourceFile(BaseModel):
    """A file of the repository with its text."""

    model_config = ConfigDict(frozen=True)

    path: str
    content: str


class SourceFiles(BaseModel):
    """Some files of the repository, as one document."""

    model_config = ConfigDict(frozen=True)

    files: tuple[SourceFile, ...] = ()


class KnownFile(BaseModel):
    """A file by what it offers: signatures, or names where these are too long."""

    model_config = ConfigDict(frozen=True)

    path: str
    exports: tuple[str, ...] = ()


class KnownFiles(BaseModel):
    """Files that are not shown otherwise."""

    model_config = ConfigDict(frozen=True)

    files: tuple[KnownFile, ...] = ()


class ProjectFacts(BaseModel):
    """What every file of a repository should know about it."""

    model_config = ConfigDict(frozen=True)

    name: str
    slug: str
    summary: str
    stack: Stack
    dependencies: tuple[Dependency, ...] = ()


class PromptBuilderContext(PromptContext):
    """Stage 7, first call: a brief for one file.

    Attributes:
        docs, schema_: only the parts that concern this file.
        neighbours: contracts of the files it imports.
        others: further files it imports, where they are many, by what they offer.
        tests: acceptance tests this file must hold, if it is a test file.
    """

    template = "prompt-builder"

    project: ProjectFacts
    file: FileContract
    docs: str
    schema_: Schema
    neighbours: FileIndex
    others: KnownFiles = KnownFiles()
    tests: ModuleTests


class CoderContext(PromptContext):
    """Stage 7, second call: the file itself.

    Attributes:
        brief: what the prompt builder wrote for this file.
        schema_: only the part that concerns this file.
        sources: the files it imports, as they were really written; those too long are left out.
        others: by what they offer, the other files it imports, then those that these import.
        tests: acceptance tests this file must hold, if it is a test file.
    """

    template = "coder"

    project: ProjectFacts
    file: FileContract
    brief: str
    schema_: Schema
    sources: SourceFiles
    others: KnownFiles = KnownFiles()
    tests: ModuleTests
    previous: None = None


class Attempt(BaseModel):
    """An edit that did not mend the failure.

    Attributes:
        edit: the answer that was applied, or the part of it that could be.
        outcome: what the tests, or the gates before them, said afterwards.
    """

    model_config = ConfigDict(frozen=True)

    edit: str
    outcome: str


class Attempts(BaseModel):
    """What earlier iterations tried, oldest first."""

    model_config = ConfigDict(frozen=True)

    attempts: tuple[Attempt, ...] = ()


class DebuggerContext(PromptContext):
    """Stage 7.5: a failing test, and the files it involves.

    Attributes:
        failure: what the test runner said.
        files: the files in the trace and their neighbours, in full.
        tests: acceptance tests of the repository; the files that hold them may not be changed.
        tried: what earlier iterations tried.
        guidance: what a person advised; empty when nobody did.
    """

    template = "debugger"

    project: ProjectFacts
    failure: str
    files: SourceFiles
    tests: ModuleTests = ModuleTests()
    tried: Attempts = Attempts()
    guidance: str = ""
