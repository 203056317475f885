"""What is published: a commit of a build, and what others are told about it."""

from pydantic import BaseModel, ConfigDict


class Release(BaseModel):
    """One build, ready to be published.

    Attributes:
        project: id of the project; what is published before is known by it.
        build: id of the build.
        name: the repository's name, a slug.
        commit: full id of the commit, in the build's own repository.
        green: whether everything was verified; only then it belongs on the default branch.
        title: one line that says what was built.
        description: of the repository.
        report: Markdown for whoever looks at what was not verified or has changed.
        is_change: whether it changes what was published before, which is for people to merge.
        default_branch: of a repository that is made on this machine.
    """

    model_config = ConfigDict(frozen=True)

    project: str
    build: str
    name: str
    commit: str
    green: bool
    title: str
    description: str = ""
    report: str = ""
    is_change: bool = False
    default_branch: str = "main"

    @property
    def branch_of_change(self) -> str:
        """The branch of what is not verified, or changes what was published before."""
        return f"build/{self.build}" if self.green else self.branch_of_review

    @property
    def branch_of_review(self) -> str:
        """The branch of the build as long as it is not verified."""
        return f"review/{self.build}"
