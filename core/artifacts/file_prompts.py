"""Artifact of stage 7: what each file's prompts held, and what became of its contract."""

from pydantic import Field

from core.artifacts.base import Artifact, Part
from core.artifacts.structure import FileContract


class FilePrompt(Part):
    """What the model that wrote a file was shown, and what the file offers beyond its contract."""

    path: str
    tokens: int = Field(
        default=0,
        ge=0,
        description="Likely size of the larger of its two prompts, without instructions and brief; "
        "0 for a file that no model wrote.",
    )
    cut: tuple[str, ...] = Field(
        default=(), description="What did not fit into the prompts, a phrase each."
    )
    amended: FileContract | None = Field(
        default=None,
        description="The contract as other files were told it, where the file offers more than "
        "was planned.",
    )
    refused: str = Field(
        default="",
        description="Why no model's answer was accepted: what was wrong with the last ones. The "
        "file was left empty then.",
    )


class FilePrompts(Artifact):
    """`report/files.json`: the prompts of stage 7, file by file in the order of writing."""

    budget: int = Field(ge=0, description="Most tokens that a prompt was allowed.")
    files: tuple[FilePrompt, ...] = ()

    @property
    def refused(self) -> dict[str, str]:
        """Why no answer was accepted, by path, of the files that were left empty."""
        return {file.path: file.refused for file in self.files if file.refused}
