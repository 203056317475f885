"""The small documents that prompts hold beside artifacts.

They are read here in models of our own: all this provider knows of a prompt is its text.
"""

from pydantic import BaseModel, ConfigDict

from core.artifacts.questionnaire import Stack
from core.artifacts.structure import Dependency, FileContract, PlannedTest


class _Document(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class EntityNames(_Document):
    """Entities one question is about."""

    names: tuple[str, ...]


class FileIndex(_Document):
    """Files of other modules."""

    files: tuple[FileContract, ...] = ()
    dependencies: tuple[Dependency, ...] = ()


class ModuleTests(_Document):
    """Acceptance tests planned in one module or file."""

    tests: tuple[PlannedTest, ...] = ()


class SourceFile(_Document):
    """A file of the repository with its text."""

    path: str
    content: str


class SourceFiles(_Document):
    """Some files of the repository."""

    files: tuple[SourceFile, ...] = ()


class ProjectFacts(_Document):
    """What every file of a repository should know about it."""

    name: str
    slug: str
    summary: str
    stack: Stack = Stack()
    dependencies: tuple[Dependency, ...] = ()
