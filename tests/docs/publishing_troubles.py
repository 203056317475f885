"""The tests that provoke what the page says of publishing."""

_STAGE = "tests/providers/vcs/real_github/test_stage.py"
_PUSH = "tests/providers/vcs/test_push.py"
_FAILURES = "tests/providers/vcs/real_github/test_failures.py"
_ACCESS = "tests/providers/vcs/test_github_access.py"
_JOINING = "tests/providers/vcs/real_github/test_joining.py"

PUBLISHING: dict[str, tuple[str, str]] = {
    "publishing to GitHub needs a token …; looked in …": (_ACCESS, "looked in"),
    "the secret GITHUB_APP_PRIVATE_KEY is no private key that signs …": (
        _ACCESS,
        "GITHUB_APP_PRIVATE_KEY is no private key",
    ),
    "… GitHub answers 401: Bad credentials. The token is not valid …": (
        _STAGE,
        "401: Bad credentials. The token is not valid",
    ),
    "… the token is not valid there, or not any more …": (_PUSH, "the token is not valid"),
    "… 403 … The token needs one of these scopes: …": (_STAGE, "one of these scopes: "),
    "… 403 … The token needs these permissions: …": (_STAGE, "these permissions: "),
    "… 403 … Authorise the token for the organisation's single sign-on.": (
        _STAGE,
        "Authorise the token for the organisation's single sign-on",
    ),
    "… 403 … The token, or the organisation, does not allow it.": (
        _FAILURES,
        "the organisation, does not allow it",
    ),
    "the repository … is there and not of the project …; it was not touched. "
    "The name … is free …": (
        "tests/providers/vcs/test_github.py",
        "not of the project",
    ),
    "… 422 … name already exists …": (_STAGE, "name already exists"),
    "… the repository is archived …": (_PUSH, "the repository is archived"),
    "the branch … has other changes of the same lines as this build: …": (
        "tests/providers/vcs/real_github/test_other_builds.py",
        "other changes of the same lines",
    ),
    "people changed the same lines as this build: …": (_JOINING, "same lines as this build"),
    "… has a history that no build of the project … is in …": (
        _JOINING,
        "has a history that no build",
    ),
    "… a branch has commits that are not in what is pushed …": (_PUSH, "a branch has commits"),
    "… places look like secrets, so nothing was pushed: …": (
        "tests/providers/vcs/real_github/test_secrets.py",
        "so nothing was pushed",
    ),
    "… the server's push protection found a secret …": (_STAGE, "push protection found a secret"),
    "… the token may not write workflow files …": (
        _STAGE,
        "the token may not write workflow files",
    ),
    "… cannot be published: …": (_STAGE, "cannot be published"),
    "… the branch is protected …": (_PUSH, "the branch is protected"),
    "… a rule of the repository or its organisation forbids it …": (
        _STAGE,
        "a rule of the repository",
    ),
    "… is larger than … bytes; nothing was pushed": (_FAILURES, "is larger than"),
    "… rate limit …; start the build again later, nothing is lost": (
        _STAGE,
        "start the build again later",
    ),
    "… GitHub cannot be reached: …": (_FAILURES, "GitHub cannot be reached"),
    "… GitHub answers 502 …": (_STAGE, "GitHub answers 502"),
}
"""By the message of the page: the test, and the words that both have."""
