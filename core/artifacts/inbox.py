"""What the flow `build-inbox` found: `reports/inbox.json`."""

from typing import Literal

from pydantic import Field

from core.artifacts.base import Artifact, Part


class UnfinishedFile(Part):
    """A file that is no JSON as yet: somebody may be writing it.

    Attributes:
        file: its name in the inbox.
        digest: SHA-256 of what it held, in hexadecimal.
        since: when it was first found with this content; ISO 8601, UTC.
    """

    file: str
    digest: str
    since: str


class HandledFile(Part):
    """A file of the inbox, and what became of it.

    `taken`: a run of its build was started. `known`: its questionnaire was taken before, and its
    build is under way or done. `rejected`: see `reason`. `unfinished`: it is no JSON as yet, and is
    left for the next look. `left`: it is none of ours, and stays. `changed`: it was written anew
    meanwhile, and is left for the next look.
    """

    file: str
    became: Literal["taken", "known", "rejected", "unfinished", "left", "changed"]
    build_id: str = ""
    flow_run_id: str = ""
    reason: str = ""


class InboxLook(Artifact):
    """One look into the inbox."""

    looked_at: str = Field(default="", description="ISO 8601, UTC.")
    files: tuple[HandledFile, ...] = ()
    unfinished: tuple[UnfinishedFile, ...] = Field(
        default=(), description="Files to be looked at again; one that stays the same is rejected."
    )
