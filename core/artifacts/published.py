"""Which build of a project was published last, and what the next one needs to begin from it."""

from pydantic import Field

from core.artifacts.base import Artifact
from core.options import Publisher


class PublishedBuild(Artifact):
    """A published build; `projects/<project>/published.json` has the last one of a project."""

    build_id: str
    project_id: str
    answers_id: str = Field(
        description="Id of a build of the same answers without a baseline: what tells whether the "
        "same is built again."
    )
    baseline: str = Field(default="", description="The build that it changed, if it did.")
    commit: str = Field(description="The published commit, report included.")
    green: bool = False
    demo: bool = False
    publisher: Publisher = Publisher.LOCAL
    name: str = Field(description="Of the repository, as the publisher knows it.")
    branch: str = ""
    repository: str = Field(default="", description="Where it can be cloned from.")
    halted: bool = Field(
        default=False,
        description="Whether it is on a branch of its own, for people to bring together with what "
        "is in its way.",
    )


class BegunChange(Artifact):
    """`projects/<project>/begun/<answers>.json`: what a build that is not published began from."""

    baseline: str = Field(description="A build's id, or `none`.")
