"""Artifacts of stages 3.5 to 5: structural issues, and the files with their contracts."""

from enum import StrEnum
from typing import Any, Literal

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer

from core.artifacts.base import Artifact, Part


class Severity(StrEnum):
    """How bad an issue is; a build does not go on with an `error`."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class StructuralIssue(Part):
    """Something that does not fit together, and what to do about it."""

    id: str = Field(min_length=1, max_length=40, examples=["SI-1"])
    severity: Severity
    place: str = Field(
        description="What it is about: an entity, endpoint, requirement or file path."
    )
    message: str = Field(min_length=1)
    suggestion: str = ""
    source: Literal["model", "check"] = "model"


class StructuralIssues(Artifact):
    """`specs/structural_issues.json`: what stage 3.5 found in docs and schema."""

    issues: tuple[StructuralIssue, ...] = ()

    @property
    def errors(self) -> tuple[StructuralIssue, ...]:
        """Issues that must be mended before code is written."""
        return tuple(issue for issue in self.issues if issue.severity is Severity.ERROR)


class Export(Part):
    """A name that a file offers to others."""

    name: str = Field(min_length=1, max_length=200)
    kind: Literal["class", "function", "constant", "component", "type", "other"] = "other"
    signature: str = Field(
        default="", description="As it stands in the source, for example `def f(x: int) -> str`."
    )


class Import(Part):
    """What a file takes from another file of the same repository."""

    path: str = Field(min_length=1, max_length=300)
    symbols: tuple[str, ...] = ()


class PlannedFile(Part):
    """One file to be written, and what it promises to the others, as a model plans it."""

    path: str = Field(min_length=1, max_length=300, examples=["app/models/task.py"])
    purpose: str = Field(min_length=1)
    language: str = Field(default="", max_length=40, examples=["python"])
    exports: tuple[Export, ...] = ()
    imports: tuple[Import, ...] = ()
    cycles: tuple[str, ...] = Field(
        default=(),
        description="Paths it imports although they import it back; it does not wait for them.",
    )
    packages: tuple[str, ...] = Field(
        default=(),
        description="Names of the declared dependencies it imports.",
        examples=[["fastapi"]],
    )
    requirements: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = Field(
        default=(),
        description="Operations of the HTTP interface that it serves.",
        examples=[["GET /api/tasks"]],
    )


class FileContract(PlannedFile):
    """A file's contract as the stages hand it on.

    A file with a `template` is written without a model. Only programs say that there is one.
    """

    template: str = Field(
        default="",
        max_length=100,
        description="The pack's template that this file is written from, without a model.",
        examples=["fastapi/Dockerfile"],
    )

    @model_serializer(mode="wrap")
    def _without_empty(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out what says nothing: prompts show many contracts at once."""
        return {name: value for name, value in serialize(self).items() if value}


class PlannedModule(Part):
    """A group of files with one purpose, as a model plans it: its files are asked for later."""

    name: str = Field(pattern=r"^[a-z][a-z0-9-]*$", max_length=60, examples=["tasks-api"])
    purpose: str = Field(min_length=1)
    requirements: tuple[str, ...] = ()
    entities: tuple[str, ...] = ()


class Module(PlannedModule):
    """A group of files with one purpose; structures are asked for module by module."""

    files: tuple[FileContract, ...] = ()


class PlannedDependency(Part):
    """A package the generated code needs from its stack's package index, as a model names it."""

    name: str = Field(min_length=1, max_length=100)
    ecosystem: Literal["python", "npm", "go"] = "python"
    development: bool = Field(default=False, description="Needed for tests and tools only.")
    reason: str = ""


class Dependency(PlannedDependency):
    """A package as the stages hand it on; only programs say which versions of it fit."""

    versions: str = Field(
        default="",
        max_length=200,
        description="The range of versions that fit, as its ecosystem writes it.",
        examples=[">=0.115,<1"],
    )


class PlannedTest(Part):
    """An acceptance test that must exist and pass."""

    requirement: str = Field(pattern=r"^FR-[1-9][0-9]*$")
    path: str = Field(min_length=1, max_length=300)
    case: str = Field(min_length=1, max_length=200, examples=["test_creates_a_task"])


class FileStructure(Artifact):
    """`specs/file_structure.json`: every file of the repository, grouped in modules."""

    modules: tuple[Module, ...] = Field(min_length=1)
    dependencies: tuple[Dependency, ...] = ()
    tests: tuple[PlannedTest, ...] = ()
    notes: tuple[str, ...] = Field(
        default=(),
        description="What was changed in the dependencies, or not checked: a sentence each.",
    )

    @property
    def files(self) -> tuple[FileContract, ...]:
        """Every file, module by module."""
        return tuple(file for module in self.modules for file in module.files)


class ValidatedStructure(FileStructure):
    """`specs/validated_structure.json`: the structure as stage 5 corrected and checked it."""

    corrections: tuple[str, ...] = Field(
        default=(), description="What stage 5 changed, a sentence each."
    )
    issues: tuple[StructuralIssue, ...] = Field(
        default=(), description="Warnings that were left standing."
    )
