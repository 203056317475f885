"""What every place that repositories are published to offers."""

from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from core.errors import PublishingRefusedError
from providers.vcs.release import Release


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


class HaltedPublicationError(PublishingRefusedError):
    """A build is where it can be cloned from, and people have to decide before it goes further.

    Attributes:
        publication: where it is.
    """

    def __init__(self, message: str, publication: Publication) -> None:
        super().__init__(message)
        self.publication = publication


class Publisher(Protocol):
    """A place that repositories are published to."""

    async def publish(self, source: Path, release: Release) -> Publication:
        """Publish a release, and lose nothing of what was published before.

        Publishing the same again changes nothing.

        Args:
            source: folder of the bare repository that has the commit.
            release: what is published.

        Raises:
            HaltedPublicationError: it is there, and in the way of what others changed.
            PublishingRefusedError: the place does not allow it, and would not the next time.
            VersionControlError: a name is not sound, the source lacks the commit, or git or the
                place failed.
        """
        ...
