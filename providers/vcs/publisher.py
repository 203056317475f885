"""What every place that repositories are published to offers."""

from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict


class Publication(BaseModel):
    """A commit that can be cloned.

    Attributes:
        location: what `git clone` takes: a folder or a URL.
        branch: the branch that points to the commit.
        commit: full id of the commit.
        superseded: branch that keeps what this one replaced; `None` if nothing was.
        pull_request: its address, where there is one.
    """

    model_config = ConfigDict(frozen=True)

    location: str
    branch: str
    commit: str
    superseded: str | None = None
    pull_request: str | None = None


class Publisher(Protocol):
    """A place that repositories are published to."""

    async def publish(
        self,
        source: Path,
        *,
        name: str,
        commit: str,
        branch: str,
        default_branch: str = "main",
    ) -> Publication:
        """Make a branch of a published repository point to a commit, and lose nothing.

        Publishing the same again changes nothing. If the branch holds commits that the new one
        does not stand on, they are kept under a branch of their own before it moves.

        Args:
            source: folder of the bare repository that has the commit.
            name: the published repository's name, a slug.
            commit: full id of the commit.
            branch: the branch to publish to.
            default_branch: what a plain clone checks out, if there is such a branch; else it
                checks out `branch`.

        Raises:
            VersionControlError: a name is not sound, the source lacks the commit, or git or the
                place failed.
        """
        ...
