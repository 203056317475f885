"""Publishing to GitHub where something is in the way: limits, refusals, losses, people."""

from collections.abc import Callable
from pathlib import Path

import pytest

from core.errors import PublishingRefusedError, VersionControlError
from providers.vcs.github_marker import described, topic_of
from providers.vcs.publishable import MAX_FILE_BYTES
from tests.providers.vcs.github_desk import FILES, NAME, Desk
from tests.providers.vcs.github_server import TOKEN, Answer, Hub, unprocessable


async def test_a_thousand_files_are_one_push_and_few_requests(desk: Desk, hub: Hub) -> None:
    files = {f"src/module{number}/file.py": f"N = {number}\n" for number in range(1_000)}
    published = await desk.publish("shop-1", files)
    assert hub.git(NAME, "rev-list", "--count", published.commit) == "1000"
    assert hub.pushes == 1
    assert len(hub.requests) <= 12


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
    pushes = hub.pushes
    again = await desk.publish("shop-1", {**FILES, "b.txt": "better\n"}, green=False)
    assert (again, hub.pushes) == (second, pushes)
    assert len(hub.pulls[NAME]) == 1


async def test_a_build_with_nothing_new_makes_no_pull_request(desk: Desk, hub: Hub) -> None:
    first = await desk.publish("shop-1", FILES)
    again = await desk.publish("shop-2", FILES)
    assert (again.branch, again.commit) == ("main", first.commit)
    assert hub.pulls == {}
    assert desk.branches() == ["main"]


async def test_a_third_build_stands_on_what_was_merged(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    second = {**FILES, "b.txt": "second\n"}
    await desk.publish("shop-2", second)
    desk.merge("build/shop-2")
    await desk.publish("shop-3", {**second, "c.txt": "c\n"})
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-3") == "c.txt"


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


async def test_what_people_did_outlives_every_later_build(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    desk.person_commits("HUMAN.md", "mine\n")
    await desk.publish("shop-2", {**FILES, "b.txt": "second\n"})
    desk.merge("build/shop-2")
    await desk.publish("shop-3", {**FILES, "b.txt": "third\n"})
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-3") == "b.txt"
    assert desk.files("build/shop-3")["HUMAN.md"] == "mine"


async def test_a_tag_of_somebody_else_is_no_build(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    theirs = desk.person_commits("HUMAN.md", "mine\n")
    hub.git(NAME, "tag", "build/nightly", theirs)
    await desk.publish("shop-2", {**FILES, "b.txt": "second\n"})
    assert hub.git(NAME, "diff", "--name-only", "main", "build/shop-2") == "b.txt"


async def test_a_closed_pull_request_is_opened_anew_for_what_is_new(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    second = {**FILES, "b.txt": "second\n"}
    first = await desk.publish("shop-2", second)
    hub.pulls[NAME][0]["state"] = "closed"
    assert (await desk.publish("shop-2", second)).pull_request == first.pull_request
    again = await desk.publish("shop-2", {**FILES, "b.txt": "other\n"})
    assert again.pull_request != first.pull_request
    assert [pull["state"] for pull in hub.pulls[NAME]] == ["closed", "open"]


async def test_somebody_who_pushes_at_the_same_time_is_waited_for(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    pushed: list[str] = []

    def push_first(method: str, path: str) -> None:
        if not pushed and path.endswith("shop"):
            pushed.append(desk.person_commits("HUMAN.md", "mine\n"))

    hub.fault = push_first
    await desk.publish("shop-2", {**FILES, "b.txt": "second\n"})
    assert pushed
    assert desk.files("build/shop-2")["HUMAN.md"] == "mine"


async def test_a_number_in_a_folder_s_name_is_no_refusal(desk: Desk, hub: Hub) -> None:
    hub.cut_push = 9
    with pytest.raises(VersionControlError) as told:
        await desk.publish("shop-403", FILES)
    assert not isinstance(told.value, PublishingRefusedError)


async def test_a_file_larger_than_servers_take_stops_the_push(desk: Desk, hub: Hub) -> None:
    with pytest.raises(PublishingRefusedError, match="is larger than"):
        await desk.publish("shop-1", {"big.txt": "x" * (MAX_FILE_BYTES + 1)})
    assert hub.requests == []
