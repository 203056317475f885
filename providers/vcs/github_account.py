"""An account on GitHub: finds or makes the repository of a project, and opens pull requests."""

from dataclasses import dataclass, field
from typing import Any

from github import Auth, Github, GithubException, UnknownObjectException
from github.PullRequest import PullRequest
from github.Repository import Repository

from core.errors import PublishingRefusedError
from providers.vcs.github_errors import messages_of, told
from providers.vcs.github_marker import described, is_marked, topic_of
from providers.vcs.github_retry import CappedRetry
from providers.vcs.release import Release

API = "https://api.github.com"
_SECONDS = 30
_BODY_CHARACTERS = 60_000
"""Of a pull request's text; GitHub takes 65,536."""

_FREE_NAMES_TRIED = 3


@dataclass(frozen=True)
class GitHubAccount:
    """Where repositories are made. Its methods block, and raise what `told` says.

    Attributes:
        auth: a token, or an installation of an app.
        owner: user or organisation; empty for the token's own user.
        api: base URL of the API; of GitHub Enterprise, `https://<host>/api/v3`.
        private: whether new repositories are.
        writes_apart: seconds between two writing requests, as GitHub asks for.
        retry: how often and how long a request is tried.
    """

    auth: Auth.Auth
    owner: str = ""
    api: str = API
    private: bool = True
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
        found = _find(github, full_name)
        if found is None:
            found = self._make(github, owner, of_user, release)
        if not is_marked(found.description, found.topics, release.project):
            raise PublishingRefusedError(
                f"the repository {full_name!r} is there and not of the project "
                f"{release.project!r}; it was not touched. {self._free(github, full_name)}"
            )
        if topic_of(release.project) not in found.topics:
            with told(f"set the topics of {full_name!r}"):
                topics = [*found.topics, *release.topics, topic_of(release.project)]
                found.replace_topics(list(dict.fromkeys(topics)))
        return found

    def pull_request(
        self,
        repository: Repository,
        release: Release,
        *,
        branch: str,
        base: str,
        draft: bool,
        moved: bool,
    ) -> PullRequest:
        """The pull request of a branch, opened if there is none.

        One that people closed is left closed as long as the branch has nothing new. Where drafts
        are not to be had, as in private repositories of some plans, it is an ordinary one.
        """
        opened = _open_pull(repository, branch, moved=moved)
        if opened is not None:
            return opened
        try:
            with told(f"open a pull request for {branch!r}"):
                return _opened(repository, release, branch=branch, base=base, draft=draft)
        except PublishingRefusedError:
            # It may be there by now: made by this very request, whose first answer was lost.
            opened = _open_pull(repository, branch, moved=True)
            if opened is None:
                raise
            return opened

    def _open(self) -> Github:
        return Github(
            auth=self.auth,
            base_url=self.api,
            timeout=_SECONDS,
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
            found = _find(github, full_name)
            if found is None:
                raise
            return found

    def _free(self, github: Github, full_name: str) -> str:
        """A sentence that proposes a name nobody has."""
        for number in range(2, 2 + _FREE_NAMES_TRIED):
            name = f"{full_name}-{number}"
            if _find(github, name) is None:
                free = name.partition("/")[2]
                return f"The name {free!r} is free: build with it as the repository's name."
        return "Choose another name for the repository."


def _find(github: Github, full_name: str) -> Repository | None:
    with told(f"look for the repository {full_name!r}"):
        try:
            found = github.get_repo(full_name)
        except UnknownObjectException:
            return None
    # A repository that was renamed answers under its old name too.
    return found if found.full_name.lower() == full_name.lower() else None


def _open_pull(repository: Repository, branch: str, *, moved: bool) -> PullRequest | None:
    """The open pull request of a branch; where the branch has nothing new, a closed one will do."""
    owner = repository.full_name.partition("/")[0]
    with told(f"look for the pull request of {branch!r}"):
        there = list(repository.get_pulls(state="all", head=f"{owner}:{branch}"))
    found = [pull for pull in there if pull.state == "open"] or ([] if moved else there)
    return found[0] if found else None


def _opened(
    repository: Repository, release: Release, *, branch: str, base: str, draft: bool
) -> PullRequest:
    wanted: dict[str, Any] = {
        "title": release.title,
        "body": _body(release.report),
        "base": base,
        "head": branch,
    }
    try:
        return repository.create_pull(**wanted, draft=draft)
    except GithubException as error:
        if not draft or not any("raft" in said for said in messages_of(error)):
            raise
    return repository.create_pull(**wanted)


def _body(report: str) -> str:
    if len(report) <= _BODY_CHARACTERS:
        return report
    return f"{report[:_BODY_CHARACTERS]}\n\n… the rest is in the build's report."
