"""Says in our own words what GitHub's API answers, and whether it would answer so again."""

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, cast

import requests
from github import GithubException

from core.errors import PublishingRefusedError, RemoteFailedError, VersionControlError

_TOO_MANY = 429
_SERVER_ERRORS = 500
_RATE_LIMIT = re.compile(r"rate limit|abuse detection", re.IGNORECASE)


@contextmanager
def told(action: str) -> Generator[None]:
    """Raise our own errors for what goes wrong inside.

    Args:
        action: what is tried, such as `create the repository 'a/b'`.

    Raises:
        PublishingRefusedError: GitHub refuses, and would again.
        RemoteFailedError: GitHub failed, or cannot be reached.
        VersionControlError: a rate limit asks for more patience than there is.
    """
    try:
        yield
    except GithubException as error:
        raise _translated(action, error) from None  # its text may quote headers
    except requests.RequestException as error:
        raise RemoteFailedError(
            f"cannot {action}: GitHub cannot be reached: {type(error).__name__}"
        ) from None


def messages_of(error: GithubException) -> tuple[str, ...]:
    """Everything GitHub says of an error, the general before the particular."""
    data: Any = error.data
    if not isinstance(data, dict):
        return (str(data),) if data else ()
    answer = cast("dict[str, Any]", data)
    details: list[Any] = answer.get("errors") or []
    said = [answer.get("message"), *(_detail(detail) for detail in details)]
    return tuple(str(each) for each in said if each)


def _detail(detail: Any) -> str:
    if not isinstance(detail, dict):
        return str(detail)
    fields = cast("dict[str, Any]", detail)
    return str(fields.get("message") or f"{fields.get('field')}: {fields.get('code')}")


def _translated(action: str, error: GithubException) -> Exception:
    said = "; ".join(messages_of(error)) or "no reason given"
    text = f"cannot {action}: GitHub answers {error.status}: {said}"
    later = f"{text}; start the build again later, nothing is lost"
    if _RATE_LIMIT.search(said) or error.status == _TOO_MANY:
        return VersionControlError(later)
    if error.status >= _SERVER_ERRORS:
        return RemoteFailedError(later)
    return PublishingRefusedError(f"{text}. {_advice(error)}")


def _advice(error: GithubException) -> str:
    headers = {name.lower(): value for name, value in (error.headers or {}).items()}
    scopes = headers.get("x-accepted-oauth-scopes")
    permissions = headers.get("x-accepted-github-permissions")
    match error.status:
        case 401:
            return "The token is not valid: set GITHUB_TOKEN to one that is."
        case 403 if "x-github-sso" in headers:
            return "Authorise the token for the organisation's single sign-on."
        case 403 if permissions:
            return f"The token needs these permissions: {permissions}."
        case 403 if scopes:
            return f"The token needs one of these scopes: {scopes}."
        case 403:
            return "The token, or the organisation, does not allow it."
        case 404:
            return "It does not exist, or the token may not see it."
        case 422:
            return "Change what it names."
        case _:
            return "Correct what it names, and start the build again."
