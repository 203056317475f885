"""Publishing to GitHub: real git over HTTP, and REST calls held to GitHub's own description."""

from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from github import Auth
from github.GithubRetry import GithubRetry

from core.errors import PublishingRefusedError, VersionControlError
from providers.vcs.github import GitHubPublisher
from providers.vcs.github_account import GitHubAccount
from providers.vcs.github_marker import described, topic_of
from providers.vcs.history import Commit, FileChange, write_history
from providers.vcs.publisher import Publication
from providers.vcs.release import Release
from tests.providers.vcs.github_server import TOKEN, Answer, Hub, serving, unprocessable

PlainGit = Callable[..., str]
NAME = "ann/shop"


@pytest.fixture
def hub(tmp_path: Path) -> Generator[Hub]:
    with serving(tmp_path / "hub") as server:
        yield server
    assert server.problems == []


@dataclass
class Desk:
    """A project's builds, and the way to publish them."""

    hub: Hub
    folder: Path
    git: PlainGit
    token: str = TOKEN
    owner: str = ""
    sources: dict[str, Path] = field(default_factory=dict[str, Path])

    async def publish(
        self, build: str, texts: dict[str, str], *, green: bool = True
    ) -> Publication:
        """Publish a build of these files, each written by a commit of its own."""
        source = self.folder / f"{build}.git"
        commits = [Commit(f"Write {path}", (FileChange(path, texts[path]),)) for path in texts]
        ids = await write_history(source, commits, branch="build")
        account = GitHubAccount(
            Auth.Token(self.token),
            owner=self.owner,
            api=f"{self.hub.url}/api/v3",
            writes_apart=0,
            retry=GithubRetry(total=2, backoff_factor=0, max_rate_limit_wait=2),
        )
        release = Release(
            project="shop",
            build=build,
            name="shop",
            commit=ids[-1],
            green=green,
            title=f"Build {build}",
            description='A "shop"\nfor {{ everyone }}',
            report="# Report\n\nWhat is missing.",
            topics=("generated",),
        )
        return await GitHubPublisher(account).publish(source, release)

    def person_commits(self, path: str, text: str) -> str:
        """Somebody else's commit on the default branch."""
        clone = self.folder / "clone"
        self.git("clone", "--quiet", self.hub.folder / f"{NAME}.git", clone)
        (clone / path).write_text(text)
        self.git("-C", clone, "add", path)
        self.git("-C", clone, "commit", "--quiet", "-m", "A person's")
        self.git("-C", clone, "push", "--quiet", "origin", "HEAD")
        return self.git("-C", clone, "rev-parse", "HEAD")

    def files(self, branch: str) -> dict[str, str]:
        """Texts of a branch on the server."""
        paths = self.hub.git(NAME, "ls-tree", "-r", "--name-only", branch).splitlines()
        return {path: self.hub.git(NAME, "show", f"{branch}:{path}") for path in paths}

    def branches(self) -> list[str]:
        """Names of the branches on the server."""
        return self.hub.git(NAME, "branch", "--format=%(refname:short)").splitlines()

    def merge(self, branch: str) -> None:
        """What a person's merge of a pull request does."""
        self.hub.git(NAME, "update-ref", "refs/heads/main", f"refs/heads/{branch}")


@pytest.fixture
def desk(hub: Hub, tmp_path: Path, plain_git: PlainGit) -> Desk:
    return Desk(hub, tmp_path, plain_git)


FILES = {"a.txt": "1\n2\n3\n4\n5\n", "b.txt": "b\n"}


async def test_a_verified_build_is_the_default_branch_of_a_repository_of_its_own(
    desk: Desk, hub: Hub
) -> None:
    published = await desk.publish("shop-1", FILES)
    assert published.location == f"{hub.url}/{NAME}.git"
    assert published.branch == "main"
    assert published.pull_request is None
    assert hub.git(NAME, "rev-parse", "main") == published.commit
    assert desk.files("main") == {path: text.rstrip("\n") for path, text in FILES.items()}
    made = hub.repositories[NAME]
    assert made["private"] is True
    assert made["description"] == 'A "shop" for {{ everyone }} [app-builder: shop]'
    assert made["topics"] == ["generated", topic_of("shop")]


async def test_publishing_again_changes_nothing(desk: Desk, hub: Hub) -> None:
    first = await desk.publish("shop-1", FILES)
    hub.requests.clear()
    assert await desk.publish("shop-1", FILES) == first
    assert hub.requests == ["GET /user", f"GET /repos/{NAME}"]
    assert hub.pushes == 1
    assert hub.pulls == {}


async def test_a_thousand_files_are_one_push_and_few_requests(desk: Desk, hub: Hub) -> None:
    files = {f"src/module{number}/file.py": f"N = {number}\n" for number in range(1_000)}
    published = await desk.publish("shop-1", files)
    assert hub.git(NAME, "rev-list", "--count", published.commit) == "1000"
    assert hub.pushes == 1
    assert len(hub.requests) <= 12


async def test_what_is_not_verified_is_reviewed_in_a_draft(desk: Desk, hub: Hub) -> None:
    published = await desk.publish("shop-1", FILES, green=False)
    assert published.branch == "review/shop-1"
    assert desk.branches() == ["main", "review/shop-1"]
    assert list(desk.files("main")) == ["README.md"]
    assert "review/shop-1" in desk.files("main")["README.md"]
    assert set(desk.files("review/shop-1")) == set(FILES)
    (pull,) = hub.pulls[NAME]
    assert published.pull_request == pull["html_url"]
    assert (pull["draft"], pull["body"]) == (True, "# Report\n\nWhat is missing.")
    assert await desk.publish("shop-1", FILES, green=False) == published
    assert len(hub.pulls[NAME]) == 1
    assert hub.pushes == 2


async def test_without_drafts_it_is_an_ordinary_pull_request(desk: Desk, hub: Hub) -> None:
    hub.drafts = False
    await desk.publish("shop-1", FILES, green=False)
    (pull,) = hub.pulls[NAME]
    assert pull["draft"] is False


async def test_the_first_verified_build_after_one_that_was_not_is_the_default_branch(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", FILES, green=False)
    published = await desk.publish("shop-2", {**FILES, "c.txt": "c\n"})
    assert published.branch == "main"
    assert set(desk.files("main")) == {"a.txt", "b.txt", "c.txt"}
    assert len(hub.pulls[NAME]) == 1


async def test_another_attempt_at_a_review_moves_its_branch_on(desk: Desk, hub: Hub) -> None:
    first = await desk.publish("shop-1", FILES, green=False)
    second = await desk.publish("shop-1", {**FILES, "b.txt": "better\n"}, green=False)
    assert desk.files("review/shop-1")["b.txt"] == "better"
    hub.git(NAME, "merge-base", "--is-ancestor", first.commit, second.commit)
    assert len(hub.pulls[NAME]) == 1


async def test_a_change_is_a_pull_request_that_touches_what_changed(desk: Desk, hub: Hub) -> None:
    first = await desk.publish("shop-1", FILES)
    second = await desk.publish("shop-2", {**FILES, "b.txt": "changed\n"})
    assert second.branch == "build/shop-2"
    assert hub.git(NAME, "rev-parse", "main") == first.commit
    assert hub.git(NAME, "rev-parse", f"{second.commit}^@") == first.commit
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-2") == "b.txt"
    (pull,) = hub.pulls[NAME]
    assert (pull["draft"], pull["base"]["ref"]) == (False, "main")


async def test_a_build_with_nothing_new_makes_no_pull_request(desk: Desk, hub: Hub) -> None:
    first = await desk.publish("shop-1", FILES)
    again = await desk.publish("shop-2", FILES)
    assert (again.branch, again.commit) == ("main", first.commit)
    assert hub.pulls == {}
    assert desk.branches() == ["main"]


async def test_peoples_commits_in_between_are_merged(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    theirs = desk.person_commits("a.txt", "1\n2\n3\n4\nfive\n")
    await desk.publish("shop-2", {**FILES, "a.txt": "one\n2\n3\n4\n5\n"})
    assert desk.files("build/shop-2")["a.txt"] == "one\n2\n3\n4\nfive"
    hub.git(NAME, "merge-base", "--is-ancestor", theirs, "build/shop-2")
    assert hub.git(NAME, "rev-parse", "main") == theirs


async def test_a_third_build_stands_on_what_was_merged(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    second = {**FILES, "b.txt": "second\n"}
    await desk.publish("shop-2", second)
    desk.merge("build/shop-2")
    await desk.publish("shop-3", {**second, "c.txt": "c\n"})
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-3") == "c.txt"


async def test_the_same_lines_changed_twice_are_a_conflict_that_is_told(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", FILES)
    theirs = desk.person_commits("b.txt", "a person's\n")
    with pytest.raises(PublishingRefusedError, match=r"people changed the same lines.*b.txt"):
        await desk.publish("shop-2", {**FILES, "b.txt": "the build's\n"})
    assert hub.git(NAME, "rev-parse", "main") == theirs
    assert desk.branches() == ["main"]


async def test_a_foreign_repository_is_not_touched(desk: Desk, hub: Hub) -> None:
    hub.make(NAME, description="Somebody's shop", private=False)
    hub.make("ann/shop-2")
    with pytest.raises(
        PublishingRefusedError, match=r"not of the project 'shop'.*'shop-3' is free"
    ):
        await desk.publish("shop-1", FILES)
    assert hub.pushes == 0
    assert all(request.startswith("GET") for request in hub.requests)


async def test_a_history_no_build_is_in_is_not_touched(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    other = await desk.publish("shop-2", {"z.txt": "z\n"})
    for name in hub.git(NAME, "tag").splitlines():
        hub.git(NAME, "tag", "--delete", name)
    with pytest.raises(PublishingRefusedError, match="no build of the project 'shop' is in"):
        await desk.publish("shop-3", {"y.txt": "y\n"})
    assert hub.git(NAME, "rev-parse", "build/shop-2") == other.commit


@pytest.mark.parametrize("lost", ["description", "topics"])
async def test_the_project_is_known_by_either_mark(desk: Desk, hub: Hub, lost: str) -> None:
    first = await desk.publish("shop-1", FILES)
    hub.repositories[NAME][lost] = "Rewritten" if lost == "description" else []
    assert await desk.publish("shop-1", FILES) == first
    assert topic_of("shop") in hub.repositories[NAME]["topics"]


async def test_an_organisation_s_repository_is_made_there(desk: Desk, hub: Hub) -> None:
    desk.owner = "acme"
    published = await desk.publish("shop-1", FILES)
    assert published.location == f"{hub.url}/acme/shop.git"


async def test_an_unknown_organisation_is_refused(desk: Desk) -> None:
    desk.owner = "nobody"
    with pytest.raises(PublishingRefusedError, match=r"'nobody/shop'.* 404"):
        await desk.publish("shop-1", FILES)


async def test_a_token_that_is_not_valid_is_refused(desk: Desk) -> None:
    desk.token = "ghp_wrong"
    with pytest.raises(PublishingRefusedError, match=r"401: Bad credentials.*GITHUB_TOKEN") as told:
        await desk.publish("shop-1", FILES)
    assert "ghp_wrong" not in str(told.value)


def failing(verb: str, *answers: Answer) -> Callable[[str, str], Answer | None]:
    """Gives these answers to requests of a kind, one after another, and then no more."""
    left = list(answers)
    return lambda method, path: left.pop(0) if left and f"{method} {path}" == verb else None


def always(status: int, answer: dict[str, str]) -> Callable[[str, str], Answer | None]:
    """Gives one answer to whatever is asked."""
    return lambda _method, _path: (status, answer, {})


async def test_a_missing_scope_is_named(desk: Desk, hub: Hub) -> None:
    said = {"message": "Resource not accessible by personal access token"}
    hub.fault = failing("POST /user/repos", (403, said, {"X-Accepted-OAuth-Scopes": "repo"}))
    with pytest.raises(PublishingRefusedError, match=r"403.*one of these scopes: repo"):
        await desk.publish("shop-1", FILES)


async def test_an_organisation_may_forbid_to_create(desk: Desk, hub: Hub) -> None:
    desk.owner = "acme"
    hub.fault = failing("POST /orgs/acme/repos", (403, {"message": "Not allowed"}, {}))
    with pytest.raises(PublishingRefusedError, match="the organisation, does not allow it"):
        await desk.publish("shop-1", FILES)


async def test_a_name_that_is_taken_out_of_sight_is_told(desk: Desk, hub: Hub) -> None:
    taken = {"resource": "Repository", "code": "custom", "message": "name already exists"}
    hub.fault = failing("POST /user/repos", unprocessable("Creation failed.", **taken))
    with pytest.raises(PublishingRefusedError, match=r"422.*name already exists"):
        await desk.publish("shop-1", FILES)


async def test_an_answer_lost_on_the_way_makes_no_second_repository(desk: Desk, hub: Hub) -> None:
    def lose(method: str, path: str) -> Answer | None:
        if (method, path) == ("POST", "/user/repos") and NAME not in hub.repositories:
            hub.make(NAME, private=True, description=described("A shop", "shop"))
            return 502, {"message": "Bad gateway"}, {}
        return None

    hub.fault = lose
    published = await desk.publish("shop-1", FILES)
    assert published.branch == "main"
    assert list(hub.repositories) == [NAME]


async def test_a_secondary_rate_limit_is_waited_out(desk: Desk, hub: Hub) -> None:
    said = {"message": "You have exceeded a secondary rate limit."}
    hub.fault = failing("POST /user/repos", (403, said, {"Retry-After": "1"}))
    assert (await desk.publish("shop-1", FILES)).branch == "main"
    assert hub.requests.count("POST /user/repos") == 2


async def test_a_rate_limit_that_lasts_is_told_and_nothing_is_lost(desk: Desk, hub: Hub) -> None:
    said = {"message": "You have exceeded a secondary rate limit."}
    hub.fault = always(403, said)
    with pytest.raises(VersionControlError, match=r"rate limit.*start the build again later"):
        await desk.publish("shop-1", FILES)
    hub.fault = None
    assert (await desk.publish("shop-1", FILES)).branch == "main"


async def test_a_server_that_fails_for_good_is_told(desk: Desk, hub: Hub) -> None:
    hub.fault = always(502, {"message": "Bad gateway"})
    with pytest.raises(VersionControlError):
        await desk.publish("shop-1", FILES)


async def test_a_server_that_is_away_is_told(desk: Desk, hub: Hub) -> None:
    hub.url = "http://localhost:9"
    with pytest.raises(VersionControlError, match="GitHub cannot be reached"):
        await desk.publish("shop-1", FILES)


async def test_a_push_that_is_cut_off_is_made_again(desk: Desk, hub: Hub) -> None:
    hub.cut_push = 2  # git itself makes one that broke off once more
    with pytest.raises(VersionControlError) as told:
        await desk.publish("shop-1", FILES)
    assert TOKEN not in str(told.value)
    published = await desk.publish("shop-1", FILES)
    assert hub.git(NAME, "rev-parse", "main") == published.commit
    assert list(hub.repositories) == [NAME]


async def test_the_token_is_in_no_file_of_git(desk: Desk, tmp_path: Path) -> None:
    await desk.publish("shop-1", FILES)
    files = [path for path in sorted(tmp_path.rglob("*")) if path.is_file()]  # noqa: ASYNC240 -- a test
    assert files
    assert not [path for path in files if TOKEN.encode() in path.read_bytes()]


async def test_an_app_needs_to_be_told_whose_repositories_they_are(tmp_path: Path) -> None:
    app = Auth.AppAuth(1, "key").get_installation_auth(2)
    release = Release(
        project="p", build="p-1", name="p", commit="0" * 40, green=True, title="Build p"
    )
    with pytest.raises(PublishingRefusedError, match="APP_BUILDER_GITHUB__OWNER"):
        await GitHubPublisher(GitHubAccount(app)).publish(tmp_path / "p.git", release)
