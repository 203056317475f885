"""Pull requests and repositories that change with the builds, and with what people do to them."""

from providers.vcs.github_marker import topic_of
from providers.vcs.github_pulls import PullText
from tests.providers.vcs.github_desk import FILES, NAME, Desk
from tests.providers.vcs.github_server import Hub, unprocessable


async def test_a_pull_request_has_the_text_of_the_newest_attempt(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES, green=False)
    desk.report = "# Report\r\n\r\nLess is missing.\n"
    await desk.publish("shop-1", {**FILES, "b.txt": "second\n"}, green=False)
    (pull,) = hub.pulls[NAME]
    assert "Less is missing." in pull["body"]
    assert "What is missing." not in pull["body"]
    hub.requests.clear()
    desk.report = "# Report\n\nLess is missing."  # as a server may keep it
    await desk.publish("shop-1", {**FILES, "b.txt": "second\n"}, green=False)
    assert all(request.startswith("GET ") for request in hub.requests)


async def test_what_people_write_around_our_part_stays_theirs(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES, green=False)
    (pull,) = hub.pulls[NAME]
    pull["title"] = "The shop, at last"
    pull["body"] = f"For the fair.\r\n\r\n{pull['body']}\r\n\r\nCloses #7."
    desk.report = "# Report\n\nLess is missing."
    await desk.publish("shop-1", {**FILES, "b.txt": "second\n"}, green=False)
    assert pull["title"] == "The shop, at last"
    assert pull["body"].startswith("For the fair.\r\n\r\n<!-- app-builder:")
    assert pull["body"].endswith("-->\r\n\r\nCloses #7.")
    assert "Less is missing." in pull["body"]
    assert "What is missing." not in pull["body"]
    pull["body"] = "All of it in my words."
    hub.requests.clear()
    for _ in range(2):
        await desk.publish("shop-1", {**FILES, "b.txt": "second\n"}, green=False)
    assert pull["body"].startswith("All of it in my words.\n\n<!-- app-builder:")
    assert pull["body"].count("Less is missing.") == 1
    assert [request for request in hub.requests if request.startswith("PATCH")] == [
        f"PATCH /repos/{NAME}/pulls/1"
    ]


def test_a_report_cannot_end_our_part_and_leaves_room_for_peoples() -> None:
    empty = PullText("Build shop", "", "main", "build/shop-2").body()
    end = empty.splitlines()[-1]
    told = PullText("Build shop", f"Before.\n{end}\nAfter.", "main", "build/shop-2")
    whole = told.body()
    assert whole.count(end) == 1
    assert whole.endswith(f"After.\n{end}")
    assert told.body(whole) == whole
    people = "word " * 11_000
    long = PullText("Build shop", "x" * 70_000, "main", "build/shop-2")
    text = long.body(f"{people}\n{whole}")
    assert text.startswith(people)
    assert 60_000 < len(text) < 65_536
    assert "the rest is in the build's report" in text


def test_words_below_a_mark_that_people_took_away_stay_theirs() -> None:
    whole = PullText("Build shop", "What is missing.", "main", "build/shop-2").body()
    begin, *_, end = whole.splitlines()
    text = PullText("Build shop", "Less is missing.", "main", "build/shop-2")
    for mark in (begin, end):
        body = f"For the fair.\n\n{whole.replace(mark, '')}\n\nOur notes."
        for _ in range(3):
            body = text.body(body)
        assert body.startswith("For the fair.")
        assert (body.count("Our notes."), body.count("Less is missing.")) == (1, 1)
        assert body.count(begin) == 1
        assert body.rstrip().endswith(f"{begin}\nLess is missing.\n{end}")
    twice = f"{begin}\nOur notes.\n\n{whole}\n\nCloses #7."  # as such a text was left once
    assert "Our notes." in text.body(twice)
    assert text.body(text.body(twice)) == text.body(twice)


def test_a_report_from_before_there_were_marks_stands_there_once() -> None:
    text = PullText("Build shop", "# Report\n\nWhat is missing.", "main", "build/shop-2")
    assert text.body("# Report\r\n\r\nWhat is missing.\r\n") == text.body()


async def test_a_review_is_closed_when_its_build_is_on_the_default_branch(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", FILES, green=False)
    await desk.publish("shop-1", {**FILES, "b.txt": "second\n"})
    (pull,) = hub.pulls[NAME]
    assert pull["state"] == "closed"
    (comment,) = hub.comments
    assert "`shop-1` is verified now" in comment
    assert desk.branches() == ["main", "review/shop-1"]
    hub.requests.clear()
    await desk.publish("shop-1", {**FILES, "b.txt": "second\n"})
    assert len(hub.requests) <= 4
    assert len(hub.comments) == 1


async def test_a_repository_that_people_renamed_is_used_under_its_new_name(
    desk: Desk, hub: Hub
) -> None:
    await desk.publish("shop-1", FILES)
    desk.rename("ann/store")
    second = await desk.publish("shop-2", {**FILES, "b.txt": "second\n"})
    assert list(hub.repositories) == ["ann/store"]
    assert second.location == f"{hub.url}/ann/store.git"
    assert second.pull_request == f"{hub.url}/ann/store/pull/1"


async def test_a_name_that_leads_to_somebody_elses_repository_is_taken(
    desk: Desk, hub: Hub
) -> None:
    hub.make(NAME, description="Somebody's shop", private=False)
    desk.rename("ann/store")
    published = await desk.publish("shop-1", FILES)
    assert sorted(hub.repositories) == [NAME, "ann/store"]
    assert published.location == f"{hub.url}/{NAME}.git"


async def test_a_repository_whose_topics_are_full_is_published_to(desk: Desk, hub: Hub) -> None:
    await desk.publish("shop-1", FILES)
    for number in (20, 19):
        topics = [f"topic-{each}" for each in range(number)]
        hub.repositories[NAME]["topics"] = topics
        await desk.publish("shop-1", FILES)
        assert hub.repositories[NAME]["topics"][:number] == topics
    assert hub.repositories[NAME]["topics"][19:] == [topic_of("shop")]


async def test_topics_that_github_does_not_take_are_no_failure(desk: Desk, hub: Hub) -> None:
    refused = unprocessable("Validation Failed")
    hub.fault = lambda method, path: refused if path.endswith("/topics") else None
    published = await desk.publish("shop-1", FILES)
    assert hub.git(NAME, "rev-parse", "main") == published.commit
    assert hub.repositories[NAME]["topics"] == []


async def test_a_new_repository_has_the_topics_and_the_branch_of_the_settings(
    desk: Desk, hub: Hub
) -> None:
    desk.topics, desk.default_branch = ("internal", "generated"), "trunk"
    first = await desk.publish("shop-1", FILES)
    assert first.branch == hub.repositories[NAME]["default_branch"] == "trunk"
    assert hub.repositories[NAME]["topics"] == [topic_of("shop"), "internal", "generated"]
    assert await desk.publish("shop-1", FILES) == first
