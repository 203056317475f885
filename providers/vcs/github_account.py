"""An account on GitHub: finds or makes the repository of a project."""

from dataclasses import dataclass, field
from typing import Any

from github import Auth, Github, GithubException, UnknownObjectException
from github.Repository import Repository

from core.errors import PublishingRefusedError
from providers.vcs.github_errors import told
from providers.vcs.github_marker import described, is_marked, topic_of
from providers.vcs.github_retry import CappedRetry
from providers.vcs.release import Release

API = "https://api.github.com"
_SECONDS = 30
_PER_PAGE = 100
"""Of a list; GitHub gives no more at once."""

_UNPROCESSABLE = 422
_MOST_TOPICS = 20
"""Of a repository; GitHub takes no more."""

_FREE_NAMES_TRIED = 3


@dataclass(frozen=True)
class GitHubAccount:
    """Where repositories are made. Its methods block, and raise what `told` says.

    Attributes:
        auth: a token, or an installation of an app.
        owner: user or organisation; empty for the token's own user.
        api: base URL of the API; of GitHub Enterprise, `https://<host>/api/v3`.
        private: whether new repositories are.
        topics: of new repositories, besides the project's own; 19 at most are set.
        default_branch: of new repositories.
        writes_apart: seconds between two writing requests, as GitHub asks for.
        retry: how often and how long a request is tried.
    """

    auth: Auth.Auth
    owner: str = ""
    api: str = API
    private: bool = True
    topics: tuple[str, ...] = ()
    default_branch: str = "main"
    writes_apart: float = 1.0
    retry: CappedRetry = field(default_factory=CappedRetry.patient)

    def token(self) -> str:
        """What git is to be handed; an app asks for a new one where its last runs out.

        Call it after `repository_of`.
        """
        with told("get a token for git"):
            return self.auth.token

    def repository_of(self, release: Release) -> Repository:
        """The project's own repository, made if there is none.

        Raises:
            PublishingRefusedError: a repository of that name is somebody else's; or the token, the
                organisation or a rule does not allow it.
        """
        github = self._open()
        owner, of_user = self._owner(github)
        full_name = f"{owner}/{release.name}"
        found = _find(github, full_name, release.project)
        if found is None:
            found = self._make(github, owner, of_user, release)
        if not is_marked(found.description, found.topics, release.project):
            raise PublishingRefusedError(
                f"the repository {full_name!r} is there and not of the project "
                f"{release.project!r}; it was not touched. {self._free(github, full_name)}"
            )
        self._set_topics(found, release.project)
        return found

    def _set_topics(self, found: Repository, project: str) -> None:
        """Set the project's own topic and the account's, where there is room for them.

        A repository without the project's topic is known by its description.
        """
        if topic_of(project) in found.topics or len(found.topics) >= _MOST_TOPICS:
            return
        topics = list(dict.fromkeys([*found.topics, topic_of(project), *self.topics]))
        with told(f"set the topics of {found.full_name!r}"):
            try:
                found.replace_topics(topics[:_MOST_TOPICS])
            except GithubException as error:
                if error.status != _UNPROCESSABLE:
                    raise

    def _open(self) -> Github:
        return Github(
            auth=self.auth,
            base_url=self.api,
            timeout=_SECONDS,
            per_page=_PER_PAGE,
            retry=self.retry,
            seconds_between_requests=0,
            seconds_between_writes=self.writes_apart,
        )

    def _owner(self, github: Github) -> tuple[str, bool]:
        """Whose repositories they are, and whether that is the token's own user."""
        if isinstance(self.auth, Auth.AppInstallationAuth):
            if not self.owner:
                raise PublishingRefusedError(
                    "an app has no repositories of its own: set APP_BUILDER_GITHUB__OWNER to the "
                    "organisation it is installed in"
                )
            return self.owner, False
        with told("ask GitHub whose token this is"):
            login = github.get_user().login
        return self.owner or login, not self.owner or self.owner.lower() == login.lower()

    def _make(self, github: Github, owner: str, of_user: bool, release: Release) -> Repository:
        options: dict[str, Any] = {
            "description": described(release.description, release.project),
            "private": self.private,
            "has_wiki": False,
            "auto_init": False,
        }
        full_name = f"{owner}/{release.name}"
        try:
            with told(f"create the repository {full_name!r}"):
                if of_user:
                    return github.get_user().create_repo(release.name, **options)
                return github.get_organization(owner).create_repo(release.name, **options)
        except PublishingRefusedError:
            # Somebody was quicker; perhaps this very build, whose answer was lost on the way.
            found = _find(github, full_name, release.project)
            if found is None:
                raise
            return found

    def _free(self, github: Github, full_name: str) -> str:
        """A sentence that proposes a name nobody has."""
        for number in range(2, 2 + _FREE_NAMES_TRIED):
            name = f"{full_name}-{number}"
            if _find(github, name, None) is None:
                free = name.partition("/")[2]
                return f"The name {free!r} is free: build with it as the repository's name."
        return "Choose another name for the repository."


def _find(github: Github, full_name: str, project: str | None) -> Repository | None:
    """The repository of a name; one that people gave another name since, if it is the project's."""
    with told(f"look for the repository {full_name!r}"):
        try:
            found = github.get_repo(full_name)
        except UnknownObjectException:
            return None
    if found.full_name.lower() == full_name.lower():
        return found
    # GitHub answers under an old name with whatever was renamed; others may take that name.
    is_ours = project is not None and is_marked(found.description, found.topics, project)
    return found if is_ours else None
