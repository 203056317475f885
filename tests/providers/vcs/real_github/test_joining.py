"""Builds beside people's work: on the default branch, on a build's own, and squashed."""

import pytest

from core.errors import PublishingRefusedError
from core.layout import COMMITTED_REPORT
from tests.providers.vcs.github_desk import FILES, NAME, Desk
from tests.providers.vcs.github_server import Hub

REPORTED = {**FILES, COMMITTED_REPORT: "first\n"}
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
    again = await desk.publish("shop-1", FILES, green=False)
    assert desk.files(first.branch) == {"LICENSE": "MIT", "a.txt": THEIRS[:8] + "5", "b.txt": "b"}
    pushes = hub.pushes
    assert await desk.publish("shop-1", FILES, green=False) == again
    assert (hub.pushes, len(hub.pulls[NAME])) == (pushes, 1)


async def test_a_squashed_draft_is_what_the_next_build_stands_on(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES, green=False)
    desk.person_commits("LICENSE", "MIT\n")
    desk.squash("review/shop-1")
    second = await desk.publish("shop-2", SECOND)
    assert second.branch == "build/shop-2"
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-2") == "b.txt"
    assert desk.files("build/shop-2")["LICENSE"] == "MIT"


async def test_what_people_changed_before_they_squashed_does_not_hide_what_was_merged(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", REPORTED)
    second = {"x.txt": "1\n2\n3\n", "y.txt": "y\n", COMMITTED_REPORT: "second\n"}
    await desk.publish("shop-2", second, onto="shop-1")
    desk.person_commits("y.txt", "a person's\n", "build/shop-2")
    desk.squash("build/shop-2")
    pushes = hub.pushes
    again = await desk.publish("shop-2", second, onto="shop-1")
    assert (again.branch, hub.pushes, len(hub.pulls[NAME])) == ("main", pushes, 1)
    texts = {"x.txt": None, COMMITTED_REPORT: "third\n"}
    third = await desk.publish("shop-3", texts, onto="shop-2")
    changed = hub.git(NAME, "diff", "--name-only", "main", third.commit).splitlines()
    assert changed == [COMMITTED_REPORT, "x.txt"]
    assert "x.txt" not in desk.files("build/shop-3")
    assert desk.files("build/shop-3")["y.txt"] == "a person's"
    with pytest.raises(PublishingRefusedError, match=r"other changes.*: y\.txt;"):
        await desk.publish("shop-4", {"y.txt": None}, onto="shop-2")


async def test_a_report_that_people_took_away_does_not_hide_what_was_squashed(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", REPORTED)
    desk.person_removes(COMMITTED_REPORT)
    await desk.publish("shop-2", {"x.txt": "x\n", COMMITTED_REPORT: "2\n"}, onto="shop-1")
    desk.squash("build/shop-2")
    hub.pulls[NAME].clear()  # as where a merge was made by hand
    await desk.publish("shop-3", {"x.txt": None}, onto="shop-2")
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-3") == "x.txt"
    assert "x.txt" not in desk.files("build/shop-3")


async def test_a_branch_that_people_committed_to_is_brought_up_to_date(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", REPORTED)
    second = {"x.txt": "x\n", "y.txt": "y\n", COMMITTED_REPORT: "second\n"}
    await desk.publish("shop-2", second, onto="shop-1")
    third = {"y.txt": None, "b.txt": "third\n", COMMITTED_REPORT: "third\n"}
    await desk.publish("shop-3", third, onto="shop-2")
    theirs = desk.person_commits("c.txt", "a person's\n", "build/shop-3")
    desk.squash("build/shop-2")
    desk.person_commits("a.txt", THEIRS)
    await desk.publish("shop-3", third, onto="shop-2")
    expected = {
        "a.txt": THEIRS.rstrip(),
        "b.txt": "third",
        "c.txt": "a person's",
        "x.txt": "x",
        COMMITTED_REPORT: "third",
    }
    assert desk.files("build/shop-3") == expected
    for commit in ("main", theirs):
        hub.git(NAME, "merge-base", "--is-ancestor", commit, "build/shop-3")
    pushes = hub.pushes
    await desk.publish("shop-3", third, onto="shop-2")
    assert hub.pushes == pushes

    ours = desk.person_commits("a.txt", THEIRS.replace("five", "5th"), "build/shop-3")
    desk.person_commits("a.txt", THEIRS.replace("five", "V"))
    with pytest.raises(PublishingRefusedError, match=r"'main' has other changes.*: a\.txt;"):
        await desk.publish("shop-3", third, onto="shop-2")
    assert hub.git(NAME, "rev-parse", "build/shop-3") == ours
    fourth = {"z.txt": "z\n", COMMITTED_REPORT: "fourth\n"}
    with pytest.raises(PublishingRefusedError, match=r"'main' has other changes.*: .*a\.txt;"):
        await desk.publish("shop-3", {**third, **fourth}, onto="shop-3")
    assert desk.files("build/shop-3")["z.txt"] == "z"
    desk.resolve("build/shop-3", {"a.txt": THEIRS.replace("five", "5th or V")})
    desk.person_commits("main.txt", "main\n")
    last = await desk.publish("shop-3", {}, onto="shop-3")
    assert desk.files(last.branch)["a.txt"] == THEIRS.replace("five", "5th or V").rstrip()
    assert desk.files(last.branch)["main.txt"] == "main"


async def test_a_review_goes_on_in_the_pull_request_of_the_verified_build(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", FILES)
    await desk.publish("shop-2", SECOND, green=False)
    theirs = desk.person_commits("a.txt", THEIRS, "review/shop-2")
    done = await desk.publish("shop-2", THIRD)
    assert desk.files("build/shop-2") == {"a.txt": THEIRS.rstrip(), "b.txt": "third"}
    hub.git(NAME, "merge-base", "--is-ancestor", theirs, "build/shop-2")
    assert [pull["state"] for pull in hub.pulls[NAME]] == ["closed", "open"]
    (comment,) = hub.comments
    assert comment == f"The build `shop-2` is verified now, and goes on in {done.pull_request}.\n"
    assert await desk.publish("shop-2", THIRD) == done
    assert len(hub.comments) == 1
