"""Builds beside people's work: on the default branch, on a build's own, and squashed."""

import pytest

from core.errors import PublishingRefusedError
from tests.providers.vcs.github_desk import FILES, NAME, Desk
from tests.providers.vcs.github_server import Hub

SECOND = {**FILES, "b.txt": "second\n"}
THIRD = {**FILES, "b.txt": "third\n"}
THEIRS = "1\n2\n3\n4\nfive\n"


@pytest.mark.parametrize("green", [True, False], ids=["build", "review"])
async def test_what_people_committed_to_a_builds_branch_stays(
    desk: Desk, hub: Hub, green: bool
) -> None:
    branch = f"{'build' if green else 'review'}/shop-2"
    await desk.publish("shop-1", FILES)
    await desk.publish("shop-2", SECOND, green=green)
    theirs = desk.person_commits("a.txt", THEIRS, branch)
    desk.person_commits("main.txt", "main\n")
    again = await desk.publish("shop-2", THIRD, green=green)
    assert again.branch == branch
    expected = {"a.txt": THEIRS.rstrip(), "b.txt": "third", "main.txt": "main"}
    assert desk.files(branch) == expected
    hub.git(NAME, "merge-base", "--is-ancestor", theirs, branch)
    hub.git(NAME, "merge-base", "--is-ancestor", "main", branch)
    pushes = hub.pushes
    assert await desk.publish("shop-2", THIRD, green=green) == again
    assert hub.pushes == pushes
    await desk.publish("shop-2", SECOND, green=green)
    assert desk.files(branch) == {**expected, "b.txt": "second"}
    assert len(hub.pulls[NAME]) == 1


@pytest.mark.parametrize("green", [True, False], ids=["build", "review"])
async def test_the_same_lines_changed_on_a_builds_branch_are_refused(
    desk: Desk, hub: Hub, green: bool
) -> None:
    branch = f"{'build' if green else 'review'}/shop-2"
    await desk.publish("shop-1", FILES)
    await desk.publish("shop-2", SECOND, green=green)
    theirs = desk.person_commits("b.txt", "theirs\n", branch)
    with pytest.raises(PublishingRefusedError, match=r"same lines as this build: b\.txt;"):
        await desk.publish("shop-2", THIRD, green=green)
    assert hub.git(NAME, "rev-parse", branch) == theirs


async def test_a_branch_of_the_builds_name_with_a_history_of_its_own_is_refused(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", FILES)
    tree = hub.git(NAME, "rev-parse", "main^{tree}")
    person = ("-c", "user.name=Person", "-c", "user.email=person@example.com")
    theirs = hub.git(NAME, *person, "commit-tree", tree, "-m", "Begin anew")
    hub.git(NAME, "update-ref", "refs/heads/build/shop-2", theirs)
    with pytest.raises(PublishingRefusedError, match="'build/shop-2' has a history that no build"):
        await desk.publish("shop-2", SECOND)
    assert hub.git(NAME, "rev-parse", "build/shop-2") == theirs


async def test_a_squashed_change_is_what_the_next_one_stands_on(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    await desk.publish("shop-2", SECOND)
    theirs = desk.person_commits("a.txt", THEIRS)
    desk.squash("build/shop-2")
    third = await desk.publish("shop-3", THIRD)
    assert desk.files("build/shop-3") == {"a.txt": THEIRS.rstrip(), "b.txt": "third"}
    assert hub.git(NAME, "diff", "--name-only", "main", third.commit) == "b.txt"
    hub.git(NAME, "merge-base", "--is-ancestor", theirs, third.commit)
    desk.squash("build/shop-3")
    desk.person_commits("c.txt", "later\n")
    await desk.publish("shop-4", {**FILES, "b.txt": "fourth\n"})
    assert desk.files("build/shop-4") == {
        "a.txt": THEIRS.rstrip(),
        "b.txt": "fourth",
        "c.txt": "later",
    }


async def test_rebased_commits_are_what_the_next_change_stands_on(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    await desk.publish("shop-2", {"a.txt": "a\n", "b.txt": "second\n"})
    desk.person_commits("c.txt", "between\n")
    desk.person_commits("a.txt", "a\n")
    desk.person_commits("b.txt", "second\n")
    await desk.publish("shop-3", {"a.txt": "a\n", "b.txt": "third\n"})
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-3") == "b.txt"
    assert desk.files("build/shop-3")["b.txt"] == "third"


async def test_what_was_squashed_is_not_published_twice(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    await desk.publish("shop-2", SECOND)
    desk.squash("build/shop-2")
    pushes = hub.pushes
    again = await desk.publish("shop-2", SECOND)
    assert (again.branch, again.commit) == ("main", hub.git(NAME, "rev-parse", "main"))
    desk.person_commits("c.txt", "later\n")
    again = await desk.publish("shop-2", SECOND)
    assert (again.branch, again.pull_request) == ("main", None)
    assert hub.pushes == pushes
    assert [pull["state"] for pull in hub.pulls[NAME]] == ["closed"]
    assert desk.branches() == ["main"]


async def test_what_people_took_back_after_a_squash_stays_taken_back(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    await desk.publish("shop-2", SECOND)
    desk.squash("build/shop-2")
    desk.person_commits("b.txt", "b\n")
    await desk.publish("shop-3", {**SECOND, "new.txt": "new\n"})
    assert desk.files("build/shop-3")["b.txt"] == "b"
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-3") == "new.txt"


async def test_a_verified_build_joins_what_people_added_to_a_new_repository(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", FILES, green=False)
    theirs = desk.person_commits("LICENSE", "MIT\n")
    published = await desk.publish("shop-1", SECOND)
    assert (published.branch, published.pull_request) == ("main", None)
    assert desk.files("main") == {"LICENSE": "MIT", "a.txt": "1\n2\n3\n4\n5", "b.txt": "second"}
    hub.git(NAME, "merge-base", "--is-ancestor", theirs, "main")
    await desk.publish("shop-2", THIRD)
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-2") == "b.txt"


async def test_an_unverified_build_is_published_again_whatever_people_added(
    desk: Desk, hub: Hub
) -> None:
    first = await desk.publish("shop-1", FILES, green=False)
    desk.person_commits("LICENSE", "MIT\n")
    pushes = hub.pushes
    assert await desk.publish("shop-1", FILES, green=False) == first
    assert hub.pushes == pushes


async def test_a_squashed_draft_is_what_the_next_build_stands_on(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES, green=False)
    desk.person_commits("LICENSE", "MIT\n")
    desk.squash("review/shop-1")
    second = await desk.publish("shop-2", SECOND)
    assert second.branch == "build/shop-2"
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-2") == "b.txt"
    assert desk.files("build/shop-2")["LICENSE"] == "MIT"
