"""Publishing to GitHub: the ways every release takes. the folder `real_github` has the failures."""

from pathlib import Path

import pytest
from github import Auth

from core.errors import PublishingRefusedError
from providers.vcs.bundle import read_bundle, write_bundle
from providers.vcs.github import GitHubPublisher
from providers.vcs.github_account import GitHubAccount
from providers.vcs.github_marker import topic_of
from providers.vcs.history import Commit, FileChange, write_history
from providers.vcs.release import Release
from tests.providers.vcs.github_desk import FILES, NAME, Desk
from tests.providers.vcs.github_server import Hub


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
    assert made["topics"] == [topic_of("shop"), "generated"]


async def test_publishing_again_changes_nothing(desk: Desk, hub: Hub) -> None:
    first = await desk.publish("shop-1", FILES)
    hub.requests.clear()
    assert await desk.publish("shop-1", FILES) == first
    assert hub.requests == ["GET /user", f"GET /repos/{NAME}"]
    assert hub.pushes == 1
    assert hub.pulls == {}


async def test_what_is_not_verified_is_reviewed_in_a_draft(desk: Desk, hub: Hub) -> None:
    published = await desk.publish("shop-1", FILES, green=False)
    assert published.branch == "review/shop-1"
    assert desk.branches() == ["main", "review/shop-1"]
    assert list(desk.files("main")) == ["README.md"]
    assert "review/shop-1" in desk.files("main")["README.md"]
    assert set(desk.files("review/shop-1")) == set(FILES)
    (pull,) = hub.pulls[NAME]
    assert published.pull_request == pull["html_url"]
    assert pull["draft"] is True
    assert "\n# Report\n\nWhat is missing.\n" in pull["body"]
    assert await desk.publish("shop-1", FILES, green=False) == published
    assert len(hub.pulls[NAME]) == 1
    assert hub.pushes == 2


async def test_a_change_is_a_pull_request_that_touches_what_changed(desk: Desk, hub: Hub) -> None:
    first = await desk.publish("shop-1", FILES)
    second = await desk.publish("shop-2", {**FILES, "b.txt": "changed\n"})
    assert second.branch == "build/shop-2"
    assert hub.git(NAME, "rev-parse", "main") == first.commit
    assert hub.git(NAME, "rev-parse", f"{second.commit}^@") == first.commit
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-2") == "b.txt"
    (pull,) = hub.pulls[NAME]
    assert (pull["draft"], pull["base"]["ref"]) == (False, "main")


async def test_peoples_commits_in_between_are_merged(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    theirs = desk.person_commits("a.txt", "1\n2\n3\n4\nfive\n")
    await desk.publish("shop-2", {**FILES, "a.txt": "one\n2\n3\n4\n5\n"})
    assert desk.files("build/shop-2")["a.txt"] == "one\n2\n3\n4\nfive"
    hub.git(NAME, "merge-base", "--is-ancestor", theirs, "build/shop-2")
    assert hub.git(NAME, "rev-parse", "main") == theirs


async def test_a_foreign_repository_is_not_touched(desk: Desk, hub: Hub) -> None:
    hub.make(NAME, description="Somebody's shop", private=False)
    hub.make("ann/shop-2")
    with pytest.raises(
        PublishingRefusedError, match=r"not of the project 'shop'.*'shop-3' is free"
    ):
        await desk.publish("shop-1", FILES)
    assert hub.pushes == 0
    assert all(request.startswith("GET") for request in hub.requests)


async def test_a_token_that_is_not_valid_is_refused(desk: Desk) -> None:
    desk.token = "ghp_wrong"
    with pytest.raises(PublishingRefusedError, match=r"401: Bad credentials.*GITHUB_TOKEN") as told:
        await desk.publish("shop-1", FILES)
    assert "ghp_wrong" not in str(told.value)


async def test_an_app_needs_to_be_told_whose_repositories_they_are(tmp_path: Path) -> None:
    app = Auth.AppAuth(1, "key").get_installation_auth(2)
    commits = [Commit("Write a", (FileChange("a", "a"),))]
    (commit,) = await write_history(tmp_path / "p.git", commits, branch="build")
    release = Release(project="p", build="p-1", name="p", commit=commit, green=True, title="P")
    with pytest.raises(PublishingRefusedError, match="APP_BUILDER_GITHUB__OWNER"):
        await GitHubPublisher(GitHubAccount(app)).publish(tmp_path / "p.git", release)


async def test_a_change_that_goes_on_keeps_its_commits_beside_peoples(desk: Desk, hub: Hub) -> None:
    first = await desk.publish("shop-1", FILES)
    source = desk.folder / "shop-2.git"
    bundle = await write_bundle(desk.folder / "shop-1.git", "build")
    await read_bundle(source, bundle, first.commit)
    commits = [
        Commit(f"Change {path}", (FileChange(path, "new\n"),)) for path in ("b.txt", "c.txt")
    ]
    ids = await write_history(source, commits, branch="build", parent=first.commit)
    theirs = desk.person_commits("a.txt", "1\n2\n3\n4\nfive\n")
    second = await desk.publish_commit("shop-2", ids[-1])
    assert hub.git(NAME, "rev-parse", f"{second.commit}^1") == theirs
    assert hub.git(NAME, "rev-parse", f"{second.commit}^2") == ids[-1]
    assert desk.files("build/shop-2")["a.txt"] == "1\n2\n3\n4\nfive"
    changed = hub.git(NAME, "diff", "--name-only", "main", "build/shop-2")
    assert changed.splitlines() == ["b.txt", "c.txt"]
    assert len(hub.pulls[NAME]) == 1
