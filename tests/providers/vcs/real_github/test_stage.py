"""Stage 8 where something is in the way: it says so, loses nothing, and goes on afterwards."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from core.artifacts.published import PublishedBuild
from core.errors import PublishingRefusedError, RemoteFailedError, VersionControlError
from core.layout import published_build
from tests.providers.vcs.github_desk import Desk, PlainGit
from tests.providers.vcs.github_server import (
    APP,
    INSTALLATION,
    TOKEN,
    Answer,
    GoneError,
    Hub,
    unprocessable,
)
from tests.providers.vcs.real_github.stage_eight import FILES, StageEight, show_nothing
from tests.providers.vcs.test_push import REFUSALS

NAME = "ann/shop"
Fault = Callable[[str, str], Answer | None]


@pytest.fixture(autouse=True)
def no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.engine.console.show_repository", show_nothing)


@pytest.fixture
def stage(tmp_path: Path, hub: Hub) -> StageEight:
    return StageEight(tmp_path / "builds", hub.url)


def answering(request: str, status: int, said: str, **headers: str) -> Fault:
    """Gives one answer whenever a request is made."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = (status, {"message": said}, named)
    return lambda method, path: answer if request in ("*", f"{method} {path}") else None


def cut_in_the_middle(event: str) -> None:
    """Breaks every push off when half of it has come."""
    if event.startswith("git| ") and event.endswith("receive-pack"):
        raise GoneError


def put_in_the_way(hub: Hub, obstacle: str) -> type[Exception]:
    """Let the server stand in the way; what the stage is to raise."""
    match obstacle:
        case "token refused":
            hub.fault = answering("*", 401, "Bad credentials")
        case "scope missing":
            hub.fault = answering(
                "POST /user/repos", 403, "Must have rights", X_Accepted_OAuth_Scopes="repo"
            )
        case "permission missing":
            said, wanted = (
                "Resource not accessible by personal access token",
                "administration=write",
            )
            hub.fault = answering(
                "POST /user/repos", 403, said, X_Accepted_GitHub_Permissions=wanted
            )
        case "single sign-on":
            hub.fault = answering("*", 403, "Protected by SAML", X_GitHub_SSO="required; url=x")
        case "name taken out of sight":
            taken = {"resource": "Repository", "code": "custom", "message": "name already exists"}
            refusal = unprocessable("Repository creation failed.", **taken)
            hub.fault = lambda method, path: refusal if path == "/user/repos" else None
        case "secret found there":
            hub.refusal = REFUSALS["secret"][0]
        case "rule of the organisation":
            hub.refusal = REFUSALS["rule"][0]
        case "workflows not allowed":
            hub.refusal = REFUSALS["workflow of a token"][0]
        case _:
            return put_failure_in_the_way(hub, obstacle)
    return PublishingRefusedError


def put_failure_in_the_way(hub: Hub, obstacle: str) -> type[Exception]:
    """The same, for what passes by itself."""
    limit = "You have exceeded a secondary rate limit."
    match obstacle:
        case "rate limit for longer than is waited":
            hub.fault = answering("POST /user/repos", 403, limit, Retry_After="3600")
            return VersionControlError
        case "rate limit without an end":
            hub.fault = answering("POST /user/repos", 429, limit, Retry_After="0")
            return VersionControlError
        case "server broken in the middle":
            hub.fault = answering(f"PUT /repos/{NAME}/topics", 502, "Bad gateway")
        case "connection cut in the middle of the push":
            hub.happened = cut_in_the_middle
        case "connection cut before the push":
            hub.cut_push = 9
        case _:
            raise AssertionError(obstacle)
    return RemoteFailedError


TOLD = {
    "token refused": "401: Bad credentials. The token is not valid",
    "scope missing": "one of these scopes: repo",
    "permission missing": "these permissions: administration=write",
    "single sign-on": "Authorise the token for the organisation's single sign-on",
    "name taken out of sight": "name already exists",
    "secret found there": "push protection found a secret",
    "rule of the organisation": "a rule of the repository",
    "workflows not allowed": "the token may not write workflow files",
    "rate limit for longer than is waited": "asks to wait 3600 s.*start the build again later",
    "rate limit without an end": "start the build again later",
    "server broken in the middle": "GitHub answers 502: Bad gateway; start the build again later",
    "connection cut in the middle of the push": "git push",
    "connection cut before the push": "git push",
}


@pytest.mark.parametrize("green", [True, False], ids=["green", "review"])
@pytest.mark.parametrize("obstacle", TOLD)
async def test_what_stands_in_the_way_is_told_and_the_next_run_ends_as_if_it_had_not(
    hub: Hub, stage: StageEight, obstacle: str, green: bool
) -> None:
    stage = StageEight(stage.folder, hub.url, green=green)
    kind = put_in_the_way(hub, obstacle)
    with pytest.raises(kind, match=f"(?s){TOLD[obstacle]}") as told:
        await stage.run()
    assert type(told.value) is kind
    assert TOKEN not in str(told.value)
    clear(hub)
    record = await stage.run()
    assert list(hub.repositories) == [NAME]
    assert hub.git(NAME, "rev-parse", record.branch) == record.commit
    assert record.branch == ("main" if green else "review/b-1")
    assert len(hub.pulls.get(NAME, [])) == (0 if green else 1)
    assert record.pull_request == ("" if green else f"{hub.url}/{NAME}/pull/1")


def clear(hub: Hub) -> None:
    """Take away whatever stands in the way."""
    hub.fault, hub.refusal, hub.cut_push = None, None, 0
    hub.happened = lambda _event: None


@pytest.mark.parametrize("lost", ["/user/repos", f"/repos/{NAME}/topics", f"/repos/{NAME}/pulls"])
async def test_an_answer_that_is_lost_makes_nothing_twice(
    hub: Hub, stage: StageEight, lost: str
) -> None:
    losses: list[str] = []

    def lose_once(event: str) -> None:
        if not losses and event.startswith("api< P") and event.endswith(lost):
            losses.append(event)
            raise GoneError

    hub.happened = lose_once
    record = await StageEight(stage.folder, hub.url, green=False).run()
    assert losses
    assert list(hub.repositories) == [NAME]
    assert len(hub.pulls[NAME]) == 1
    assert record.pull_request == f"{hub.url}/{NAME}/pull/1"


async def test_an_organisation_that_is_not_there_is_told(hub: Hub, stage: StageEight) -> None:
    elsewhere = StageEight(stage.folder, hub.url, github={"owner": "nobody"})
    with pytest.raises(PublishingRefusedError, match=r"'nobody/shop'.* 404"):
        await elsewhere.run()
    assert hub.repositories == {}


async def test_an_empty_repository_of_ours_is_filled(hub: Hub, stage: StageEight) -> None:
    hub.fault = answering(f"PUT /repos/{NAME}/topics", 502, "Bad gateway")
    with pytest.raises(RemoteFailedError):
        await stage.run()
    assert list(hub.repositories) == [NAME]
    assert hub.git(NAME, "branch") == ""
    assert hub.pushes == 0
    clear(hub)
    hub.requests.clear()
    record = await stage.run()
    assert hub.git(NAME, "rev-parse", "main") == record.commit
    assert hub.pushes == 1
    # Nothing is asked for that GitHub answers with 409 as long as a repository is empty.
    assert not any(re.search(r"/(commits|contents|git)\b", asked) for asked in hub.requests)


async def test_a_foreign_repository_is_named_with_a_name_that_is_free(
    hub: Hub, stage: StageEight
) -> None:
    hub.make(NAME, description="Somebody's shop", private=False)
    with pytest.raises(PublishingRefusedError, match="'shop-2' is free"):
        await stage.run()
    assert hub.pushes == 0


async def test_where_there_are_no_drafts_it_is_an_ordinary_pull_request(
    hub: Hub, stage: StageEight
) -> None:
    hub.drafts = False
    record = await StageEight(stage.folder, hub.url, green=False).run()
    (pull,) = hub.pulls[NAME]
    assert (pull["draft"], pull["html_url"]) == (False, record.pull_request)


async def test_the_default_branch_is_main_whatever_the_organisation_calls_its_own(
    hub: Hub, stage: StageEight
) -> None:
    hub.new_branch = "trunk"
    first = await stage.run()
    again = await stage.run()
    assert hub.repositories[NAME]["default_branch"] == first.branch == again.branch == "main"
    assert hub.pushes == 1


async def test_an_app_publishes_to_the_organisation_it_is_installed_in(
    hub: Hub, stage: StageEight, app_key: str
) -> None:
    installed = {"owner": "acme", "app_id": APP, "app_installation_id": INSTALLATION}
    by_app = StageEight(stage.folder, hub.url, github=installed, app_key=app_key)
    record = await by_app.run()
    assert record.repository == f"{hub.url}/acme/shop.git"
    assert hub.git("acme/shop", "rev-parse", "main") == record.commit
    assert "GET /user" not in hub.requests


async def test_an_app_that_is_not_installed_there_is_refused(
    hub: Hub, stage: StageEight, app_key: str
) -> None:
    elsewhere = {"owner": "acme", "app_id": APP, "app_installation_id": INSTALLATION + 1}
    with pytest.raises(PublishingRefusedError, match="404"):
        await StageEight(stage.folder, hub.url, github=elsewhere, app_key=app_key).run()
    assert hub.repositories == {}


@pytest.fixture
def app_key(hub: Hub) -> str:
    """The private key of the app, whose public one the server knows."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    hub.app_key = public.decode()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


WORKFLOW = ".github/workflows/tests.yml"


async def test_a_workflow_file_that_no_template_serves_stays_here(
    hub: Hub, stage: StageEight
) -> None:
    texts = {**FILES, WORKFLOW: "on: push\n"}
    with pytest.raises(PublishingRefusedError, match=f"'{WORKFLOW}' cannot be published"):
        await StageEight(stage.folder, hub.url, texts=texts).run()
    assert hub.requests == []


async def test_a_workflow_file_of_a_template_is_published(hub: Hub, stage: StageEight) -> None:
    texts = {**FILES, WORKFLOW: "on: push\n"}
    await StageEight(stage.folder, hub.url, texts=texts, served=(WORKFLOW,)).run()
    assert hub.git(NAME, "show", f"main:{WORKFLOW}") == "on: push"


async def test_a_build_that_halts_for_a_conflict_is_what_the_next_one_begins_from(
    hub: Hub, stage: StageEight, plain_git: PlainGit
) -> None:
    await stage.run()
    person = Desk(hub, stage.folder, plain_git)
    person.person_commits("app/models.py", "x = 3\n")
    changed = {**FILES, "app/models.py": "x = 2\n"}
    second = StageEight(stage.folder, hub.url, build="b-2", texts=changed)
    commit = await second.write()
    with pytest.raises(PublishingRefusedError, match=r"app/models\.py; nothing"):
        await second.publish(commit)
    session = second.open()
    last = await session.store.read_artifact(published_build(session.project_id), PublishedBuild)
    assert (last.build_id, last.branch, last.halted) == ("b-2", "build/b-2", True)
    assert last.repository == f"{hub.url}/{NAME}.git"
    assert hub.git(NAME, "show", "build/b-2:app/models.py") == "x = 2"
    person.person_commits("app/models.py", "x = 1\n")
    done = await second.publish(commit)
    last = await session.store.read_artifact(published_build(session.project_id), PublishedBuild)
    assert (last.halted, done.branch) == (False, "build/b-2")
