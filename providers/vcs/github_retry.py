"""How long a request to GitHub is tried: what passes soon is waited out, what lasts is told."""

from typing import Any, Self

from github.GithubException import RateLimitExceededExceedsMaxWait
from github.GithubRetry import GithubRetry

LONGEST_WAIT = 120.0
"""Seconds waited for GitHub's leave; what takes longer is told, and the build can be resumed."""

_ATTEMPTS = 4
_BACKOFF = 0.5


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
            RateLimitExceededExceedsMaxWait: the server asks to wait longer than the limit.
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
        return super().increment(method, url, response, error, _pool, _stacktrace)
