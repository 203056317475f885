"""How long GitHub is waited for."""

import asyncio
import threading
import time
from pathlib import Path

import pytest
from github import Auth
from github.GithubException import RateLimitExceededExceedsMaxWait
from urllib3.response import HTTPResponse

from providers.vcs.github import GitHubPublisher
from providers.vcs.github_account import GitHubAccount
from providers.vcs.github_retry import LONGEST_WAIT, CappedRetry, StoppedError, until_cancelled
from providers.vcs.history import Commit, FileChange, write_history
from providers.vcs.release import Release
from tests.providers.vcs.github_server import TOKEN, Hub


def limited(status: int, seconds: float) -> HTTPResponse:
    return HTTPResponse(
        body=b'{"message": "You have exceeded a secondary rate limit."}',
        headers={"Retry-After": f"{seconds:.0f}", "Content-Type": "application/json"},
        status=status,
        preload_content=False,
    )


@pytest.mark.parametrize("status", [403, 429, 503])
def test_what_the_server_asks_for_is_waited(status: int) -> None:
    response = limited(status, LONGEST_WAIT)
    retry = CappedRetry.patient().increment("POST", "/user/repos", response=response)
    assert retry.get_retry_after(response) == LONGEST_WAIT


@pytest.mark.parametrize("status", [403, 429, 503])
def test_more_than_the_limit_is_told_at_once(status: int) -> None:
    response = limited(status, LONGEST_WAIT + 1)
    with pytest.raises(RateLimitExceededExceedsMaxWait, match="asks to wait 121 s") as told:
        CappedRetry.patient().increment("POST", "/user/repos", response=response)
    assert told.value.wait == LONGEST_WAIT + 1


def test_the_limit_is_kept_from_one_attempt_to_the_next() -> None:
    first = CappedRetry.patient(longest=2)
    second = first.increment("GET", "/user", response=limited(403, 2))
    assert second.max_rate_limit_wait == 2
    with pytest.raises(RateLimitExceededExceedsMaxWait):
        second.increment("GET", "/user", response=limited(403, 3))


def test_a_connection_that_broke_is_tried_again() -> None:
    retry = CappedRetry.patient(attempts=1)
    assert retry.increment("GET", "/user", error=ConnectionResetError()).total == 0


def test_a_cancelled_publication_neither_goes_on_nor_holds_the_process(
    hub: Hub, tmp_path: Path
) -> None:
    asked = threading.Event()

    def limit(method: str, _path: str) -> tuple[int, dict[str, str], dict[str, str]] | None:
        said = {"message": "You have exceeded a secondary rate limit."}
        first = method == "POST" and len(posts(hub)) == 1
        if first:
            asked.set()
        return (403, said, {"Retry-After": "60"}) if first else None

    async def publish_and_cancel() -> None:
        source = tmp_path / "b.git"
        (commit,) = await write_history(
            source, [Commit("Write a", (FileChange("a", "a"),))], branch="b"
        )
        release = Release(project="s", build="b", name="s", commit=commit, green=True, title="S")
        account = GitHubAccount(Auth.Token(TOKEN), api=f"{hub.url}/api/v3", writes_apart=0)
        task = asyncio.create_task(GitHubPublisher(account).publish(source, release))
        assert await asyncio.to_thread(asked.wait, 30)
        await asyncio.sleep(0.2)  # the answer is on its way
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    hub.fault = limit
    begun = time.monotonic()
    asyncio.run(publish_and_cancel())  # ends when all its threads have
    assert time.monotonic() - begun < 30
    assert len(posts(hub)) == 1
    assert hub.repositories == {}


def posts(hub: Hub) -> list[str]:
    return [request for request in list(hub.requests) if request.startswith("POST")]


def test_an_answer_that_comes_after_the_cancelling_is_the_last() -> None:
    raised: list[bool] = []

    def answered() -> None:
        time.sleep(0.3)  # the request is under way when it is cancelled
        try:
            CappedRetry.patient().is_retry("GET", 200)
        except StoppedError:
            raised.append(True)

    async def call_and_cancel() -> None:
        task = asyncio.create_task(until_cancelled(answered))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(call_and_cancel())
    assert raised == [True]


async def test_what_nobody_cancels_is_waited_for() -> None:
    def wait() -> float:
        begun = time.monotonic()
        CappedRetry.patient().sleep(limited(403, 1))
        assert not CappedRetry.patient().is_retry("GET", 200)
        return time.monotonic() - begun

    assert await until_cancelled(wait) >= 1
    assert wait() >= 1
