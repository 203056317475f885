"""Builds that do not know of each other: neither undoes the other, and conflicts are people's."""

import pytest

from core.errors import PublishingRefusedError
from core.layout import COMMITTED_REPORT
from tests.providers.vcs.github_desk import FILES, NAME, Desk
from tests.providers.vcs.github_server import Hub

LINES = "1\n2\n3\n4\n5\n"
REPORTED = {**FILES, COMMITTED_REPORT: "first\n"}
SECOND = {"b.txt": "second\n", COMMITTED_REPORT: "second\n"}
THIRD = {"a.txt": LINES.replace("1", "one"), COMMITTED_REPORT: "third\n"}


@pytest.mark.parametrize("how", ["merged", "squashed"])
async def test_a_change_of_an_older_build_holds_what_was_merged_since(
    desk: Desk, hub: Hub, how: str
) -> None:
    await desk.publish("shop-1", REPORTED)
    second = await desk.publish("shop-2", SECOND, onto="shop-1")
    (desk.merge if how == "merged" else desk.squash)("build/shop-2")
    theirs = desk.person_commits("c.txt", "a person's\n")
    third = await desk.publish("shop-3", THIRD, onto="shop-1")
    both = {
        "a.txt": "one\n2\n3\n4\n5",
        "b.txt": "second",
        "c.txt": "a person's",
        COMMITTED_REPORT: "third",
    }
    assert desk.files("build/shop-3") == both
    changed = hub.git(NAME, "diff", "--name-only", "main", third.commit).splitlines()
    assert changed == [COMMITTED_REPORT, "a.txt"]
    hub.git(NAME, "merge-base", "--is-ancestor", theirs, third.commit)
    pushes = hub.pushes
    assert await desk.publish("shop-3", THIRD, onto="shop-1") == third
    assert (hub.pushes, second.branch) == (pushes, "build/shop-2")

    desk.merge("build/shop-3")
    await desk.publish("shop-4", {"a.txt": "four\n", COMMITTED_REPORT: "4\n"}, onto="shop-3")
    assert desk.files("build/shop-4") == {**both, "a.txt": "four", COMMITTED_REPORT: "4"}
    await desk.publish("shop-5", {"b.txt": "five\n", COMMITTED_REPORT: "5\n"}, onto="shop-2")
    assert desk.files("build/shop-5") == {**both, "b.txt": "five", COMMITTED_REPORT: "5"}
    await desk.publish("shop-6", {"a.txt": "anew\n", "b.txt": "anew\n"})
    assert desk.files("build/shop-6") == {
        "a.txt": "anew",
        "b.txt": "anew",
        "c.txt": "a person's",
    }


async def test_the_report_of_an_open_change_gives_way_when_another_was_merged(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", REPORTED)
    await desk.publish("shop-2", SECOND, onto="shop-1")
    await desk.publish("shop-3", THIRD, onto="shop-1")
    desk.merge("build/shop-2")
    third = await desk.publish("shop-3", THIRD, onto="shop-1")
    assert desk.files("build/shop-3")[COMMITTED_REPORT] == "third"
    assert desk.files("build/shop-3")["b.txt"] == "second"
    hub.git(NAME, "merge-base", "--is-ancestor", "main", third.commit)


async def test_what_people_wrote_into_the_report_is_theirs(desk: Desk) -> None:
    await desk.publish("shop-1", REPORTED)
    desk.person_commits(COMMITTED_REPORT, "we looked at it\n")
    with pytest.raises(PublishingRefusedError, match=COMMITTED_REPORT):
        await desk.publish("shop-2", SECOND, onto="shop-1")


async def test_a_report_that_people_took_away_stays_away(desk: Desk) -> None:
    await desk.publish("shop-1", REPORTED)
    desk.person_removes(COMMITTED_REPORT)
    await desk.publish("shop-2", SECOND, onto="shop-1")
    assert COMMITTED_REPORT not in desk.files("build/shop-2")
    assert desk.files("build/shop-2")["b.txt"] == "second"


async def test_two_builds_that_changed_the_same_lines_are_for_people_to_join(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", REPORTED)
    await desk.publish("shop-2", SECOND, onto="shop-1")
    desk.merge("build/shop-2")
    before = hub.git(NAME, "rev-parse", "main")
    changed = {"b.txt": "third\n", COMMITTED_REPORT: "third\n"}
    with pytest.raises(PublishingRefusedError) as refused:
        await desk.publish("shop-3", changed, onto="shop-1")
    (told,) = [pull for pull in hub.pulls[NAME] if pull["head"]["ref"] == "build/shop-3"]
    for words in ("b.txt;", "merge 'main' into it", "start the build again", told["html_url"]):
        assert words in str(refused.value)
    assert "## Conflicts" in told["body"]
    assert "- `b.txt`" in told["body"]
    assert hub.git(NAME, "rev-parse", "main") == before
    assert desk.files("build/shop-3")["b.txt"] == "third"

    with pytest.raises(PublishingRefusedError, match=r"b\.txt;"):
        await desk.publish("shop-3", changed, onto="shop-1")
    held = {"b.txt": "second and third\n", COMMITTED_REPORT: "third\n"}
    decided = desk.resolve("build/shop-3", held)
    third = await desk.publish("shop-3", changed, onto="shop-1")
    assert (third.commit, third.pull_request) == (decided, told["html_url"])
    assert "Conflicts" not in told["body"]
    desk.merge("build/shop-3")
    fourth = await desk.publish("shop-4", {"a.txt": "four\n"}, onto="shop-3")
    assert hub.git(NAME, "diff", "--name-only", "main", fourth.commit) == "a.txt"


async def test_a_branch_on_which_people_decided_gets_what_is_new_of_the_default_one(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", REPORTED)
    desk.person_commits("b.txt", "a person's\n")
    with pytest.raises(PublishingRefusedError, match=r"b\.txt;"):
        await desk.publish("shop-2", SECOND, onto="shop-1")
    desk.resolve("build/shop-2", {"b.txt": "both\n"})
    desk.person_removes(COMMITTED_REPORT)
    desk.person_commits("c.txt", "later\n")
    again = await desk.publish("shop-2", SECOND, onto="shop-1")
    assert desk.files(again.branch) == {
        "a.txt": LINES.rstrip(),
        "b.txt": "both",
        "c.txt": "later",
    }
    hub.git(NAME, "merge-base", "--is-ancestor", "main", again.branch)


async def test_what_people_decided_is_known_when_it_was_squashed(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    desk.person_commits("b.txt", "a person's\n")
    with pytest.raises(PublishingRefusedError, match=r"b\.txt;"):
        await desk.publish("shop-2", {"b.txt": "the build's\n"}, onto="shop-1")
    desk.resolve("build/shop-2", {"b.txt": "both\n"})
    tree = hub.git(NAME, "rev-parse", "build/shop-2^{tree}")
    desk.squash("build/shop-2")
    assert hub.git(NAME, "rev-parse", "main^{tree}") == tree
    assert (await desk.publish("shop-2", {}, onto="shop-2")).branch == "main"
    third = await desk.publish("shop-3", {"a.txt": "third\n"}, onto="shop-2")
    assert hub.git(NAME, "diff", "--name-only", "main", third.commit) == "a.txt"


async def test_lines_that_people_changed_too_are_for_people_to_join(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    theirs = desk.person_commits("b.txt", "a person's\n")
    with pytest.raises(PublishingRefusedError, match=r"other changes of the same lines.*b\.txt"):
        await desk.publish("shop-2", {"b.txt": "the build's\n"}, onto="shop-1")
    assert hub.git(NAME, "rev-parse", "main") == theirs
    assert desk.files("main")["b.txt"] == "a person's"
    desk.person_commits("b.txt", "b\n")  # as it was before
    second = await desk.publish("shop-2", {"b.txt": "the build's\n"}, onto="shop-1")
    assert desk.files(second.branch)["b.txt"] == "the build's"
    assert hub.git(NAME, "diff", "--name-only", "main", second.commit) == "b.txt"
    assert len(hub.pulls[NAME]) == 1


async def test_a_first_build_beside_what_people_wrote_is_for_people_to_join(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", {**FILES, "README.md": "# Draft\n"}, green=False)
    theirs = desk.person_commits("README.md", "# Ours\n")
    whole = {**FILES, "README.md": "# Shop\n"}
    with pytest.raises(PublishingRefusedError, match=r"README\.md;"):
        await desk.publish("shop-1", whole)
    assert hub.git(NAME, "rev-parse", "main") == theirs
    hub.git(NAME, "merge-base", "main", "build/shop-1")
    desk.resolve("build/shop-1", {"README.md": "# Our shop\n"})
    desk.merge("build/shop-1")
    done = await desk.publish("shop-1", whole)
    assert (done.branch, desk.files("main")["README.md"]) == ("main", "# Our shop")


async def test_the_pull_request_names_peoples_files_that_name_what_is_taken_away(
    desk: Desk, hub: Hub
) -> None:
    sizes = "def size():\n    return 9\n"
    fonts = {"app/paper/fonts.py": sizes, "app/lib/[x].ts": "1\n", "app/help.py": "# fonts.py\n"}
    await desk.publish("shop-1", {**FILES, **fonts})
    desk.person_commits("prices.py", "import os\n\nfrom app.paper import os, fonts\n")
    desk.person_commits("start.sh", "python -m app.paper.fonts\n# webfonts.pyc, our fonts\n")
    desk.person_commits("web.ts", 'import x from "../lib/[x]"\n')
    gone: dict[str, str | None] = dict.fromkeys(("app/paper/fonts.py", "app/lib/[x].ts"))
    await desk.publish("shop-2", gone, onto="shop-1")
    (pull,) = hub.pulls[NAME]
    places = [line for line in pull["body"].splitlines() if line.startswith("- `")]
    assert places == ["- `prices.py:3`", "- `start.sh:1`", "- `web.ts:1`"]
    assert "## Still named" in pull["body"]
    desk.person_removes("start.sh")
    desk.person_commits("prices.py", "import os\n")
    desk.person_commits("web.ts", "\n")
    await desk.publish("shop-2", gone, onto="shop-1")
    assert "Still named" not in pull["body"]
    await desk.publish("shop-3", {"b.txt": "third\n"}, onto="shop-1")
    assert "Still named" not in hub.pulls[NAME][-1]["body"]
