"""How long a request to GitHub is tried: what passes soon is waited out, what lasts is told.

Threads that wait for GitHub end soon after the task that waits for them was cancelled.
"""

import asyncio
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any, ParamSpec, Self, TypeVar

from github.GithubException import RateLimitExceededExceedsMaxWait, RateLimitExceededException
from github.GithubRetry import GithubRetry
from urllib3.exceptions import MaxRetryError
from urllib3.response import BaseHTTPResponse

LONGEST_WAIT = 120.0
"""Seconds waited for GitHub's leave; what takes longer is told, and the build can be resumed."""

_ATTEMPTS = 4
_FORBIDDEN = 403
_BACKOFF = 0.5

_P = ParamSpec("_P")
_T = TypeVar("_T")
_STOP: ContextVar[threading.Event | None] = ContextVar("stop", default=None)
"""Set for a thread that is to make no further request; each `until_cancelled` has its own."""


class StoppedError(Exception):
    """A thread's request was given up, since nobody waits for its answer; seen by nobody."""


async def until_cancelled(function: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Call what blocks in a thread, as `asyncio.to_thread`; cancelled, the thread soon ends too.

    A thread cannot be stopped from outside. Requests with a `CappedRetry` stop by themselves: they
    wait no longer for another attempt, and an answer that comes later is the last. Without that a
    cancelled build would go on publishing, and the process could not end before.
    """
    stop = threading.Event()
    token = _STOP.set(stop)  # `to_thread` hands the context on
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except asyncio.CancelledError:
        stop.set()
        raise
    finally:
        _STOP.reset(token)


class CappedRetry(GithubRetry):
    """GitHub's own rules of trying again, with a limit on what a server may ask to wait.

    PyGithub's limit holds for limits that an answer's text tells of; where the answer has a
    `Retry-After`, as a secondary rate limit does, it waits as long as that says.
    """

    @classmethod
    def patient(
        cls, longest: float = LONGEST_WAIT, backoff: float = _BACKOFF, attempts: int = _ATTEMPTS
    ) -> Self:
        """Rules that wait no longer than these seconds for a rate limit."""
        return cls(
            total=attempts,
            backoff_factor=backoff,
            max_rate_limit_wait=longest,
            secondary_rate_wait=min(60.0, longest),
            raise_on_status=False,  # the last answer says more than that there were too many
        )

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> Any:
        """The rules for the next attempt.

        Raises:
            RateLimitExceededException: a rate limit lasts, or asks to wait longer than the limit.
        """
        asked = self.get_retry_after(response) if response else None
        longest = self.max_rate_limit_wait
        if asked is not None and longest is not None and asked > longest:
            said = (
                f"rate limit: it asks to wait {asked:.0f} s, and at most {longest:.0f} are waited"
            )
            raise RateLimitExceededExceedsMaxWait(
                response.status, {"message": said}, dict(response.headers), wait=asked
            )
        try:
            return super().increment(method, url, response, error, _pool, _stacktrace)
        except MaxRetryError:
            # Of 403 answers only rate limits are tried again, and their text was read for that.
            if response is None or response.status != _FORBIDDEN:
                raise
            said = "rate limit: it lasts longer than is waited for"
            raise RateLimitExceededException(
                response.status, {"message": said}, dict(response.headers)
            ) from None

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether an answer is one to try again after; asked after every answer.

        Raises:
            StoppedError: nobody waits for what follows.
        """
        _pause(0)
        return super().is_retry(method, status_code, has_retry_after)

    def sleep(self, response: BaseHTTPResponse | None = None) -> None:
        """Wait before the next attempt, as the server asks or ever longer.

        Raises:
            StoppedError: nobody waits for it any more.
        """
        asked = self.get_retry_after(response) if response else None
        _pause(asked or self.get_backoff_time())


def _pause(seconds: float) -> None:
    stop = _STOP.get()
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(seconds):
        raise StoppedError
