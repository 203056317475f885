"""How long GitHub is waited for."""

import pytest
from github.GithubException import RateLimitExceededExceedsMaxWait
from urllib3.response import HTTPResponse

from providers.vcs.github_retry import LONGEST_WAIT, CappedRetry


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
