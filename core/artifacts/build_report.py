"""Artifact of stage 8: what was built, by whom, at what cost, and what was not verified."""

from collections.abc import Collection
from typing import Literal

from pydantic import Field

from core.artifacts.base import Artifact, Part
from core.artifacts.build_record import Usage
from core.artifacts.fixes import Fixes
from core.artifacts.report import TestReport
from core.artifacts.specs import ClarifyingQuestion
from core.artifacts.structure import StructuralIssue


class StageLine(Part):
    """One stage of the build."""

    number: str
    name: str
    models: tuple[str, ...] = ()
    usage: Usage = Usage()
    attempts: int = Field(default=0, ge=0, description="Of the last run; 0: its result was kept.")
    seconds: float = Field(default=0.0, ge=0, description="Wall time of the last run.")


class FileEffort(Part):
    """What was asked about one file over the build's life."""

    attempts: int = Field(default=0, ge=0, description="How often a model wrote the file.")
    calls: int = Field(
        default=0, ge=0, description="All calls about it, briefs and failed ones too."
    )
    cost_usd: float = Field(default=0.0, ge=0)


class FileLine(FileEffort):
    """One file of the repository."""

    path: str
    characters: int = Field(default=0, ge=0, description="Length of its text.")
    template: str = Field(default="", description="The template that wrote it, without a model.")
    prompt_tokens: int = Field(
        default=0,
        ge=0,
        description="Likely size of the larger of its prompts, without instructions; 0 without.",
    )
    cut: tuple[str, ...] = Field(
        default=(), description="What did not fit into its prompts, a phrase each."
    )
    fixes: tuple[int, ...] = Field(
        default=(), description="Numbers of the attempts at mending that changed it and were kept."
    )


class ChangedFiles(Part):
    """Files that are different from those of the build before."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them."""
        return (*self.added, *self.changed, *self.removed)

    def only(self, paths: Collection[str]) -> "ChangedFiles":
        """Those of them that are among some paths."""
        return ChangedFiles(
            added=tuple(path for path in self.added if path in paths),
            changed=tuple(path for path in self.changed if path in paths),
            removed=tuple(path for path in self.removed if path in paths),
        )


class ChangeLine(Part):
    """One requirement or entity that changed, and the files that changed with it."""

    item: str = Field(examples=["FR-3", "Task"])
    title: str = ""
    how: Literal["added", "changed", "removed"]
    files: ChangedFiles = ChangedFiles()


class ChangeSummary(Part):
    """What a build changed of the one that it began from."""

    baseline: str = Field(description="The build that was changed.")
    asked: tuple[str, ...] = Field(
        default=(), description="What is different in the questionnaire, a phrase each."
    )
    anew: bool = Field(
        default=False,
        description="It cannot be told what the difference concerns, so that all was asked as for "
        "a new product: requirements are numbered anew, and only files are compared.",
    )
    lines: tuple[ChangeLine, ...] = ()
    others: ChangedFiles = Field(
        default=ChangedFiles(),
        description="Files that changed because others did; of what was asked anew, all that did.",
    )
    kept: int = Field(default=0, ge=0, description="Files that stayed as they were.")
    left: tuple[str, ...] = Field(
        default=(),
        description="What nothing needs any more and is named somewhere still, a sentence each.",
    )


class BuildReport(Artifact):
    """`report/report.json`: what was built, by which models, at what cost; what is not verified."""

    build_id: str
    project_id: str
    project_name: str
    user: str
    demo: bool = Field(default=False, description="A demo model wrote at least part of it.")
    repository: str = ""
    branch: str = ""
    commit: str = Field(default="", description="The published commit.")
    totals: Usage = Field(
        default=Usage(), description="All model calls over the build's life, failed ones included."
    )
    releases: tuple[str, ...] = Field(
        default=(), description="Releases that made it, where there is more than one."
    )
    decisions: tuple[str, ...] = Field(
        default=(), description="What was decided because nobody said otherwise, in Markdown."
    )
    questions: tuple[ClarifyingQuestion, ...] = Field(
        default=(),
        description="What was unclear, with who answered it; only where a person was asked and "
        "answered something.",
    )
    stages: tuple[StageLine, ...] = ()
    files: tuple[FileLine, ...] = ()
    tests: TestReport
    fixes: Fixes
    unwritten: dict[str, str] = Field(
        default_factory=dict,
        description="Files that no model wrote acceptably, each with what was wrong.",
    )
    unverified: tuple[str, ...] = Field(
        default=(), description="What was not verified and why, a sentence each."
    )
    issues: tuple[StructuralIssue, ...] = Field(
        default=(), description="Issues of the structure that were left standing."
    )
    edited: tuple[str, ...] = Field(default=(), description="Artifacts a person replaced by hand.")
    change: ChangeSummary | None = Field(
        default=None, description="What it changed of the build that it began from."
    )
