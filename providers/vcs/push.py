"""Pushes a history to a server over HTTPS, with a token that appears nowhere but in git's hands."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import PublishingRefusedError, VersionControlError
from providers.vcs.git import Git
from providers.vcs.names import check_branch, check_commit_id
from providers.vcs.repository import absolute

HEADS = "refs/heads/"
TAGS = "refs/tags/"

_TOKEN_VARIABLE = "APP_BUILDER_PUSH_TOKEN"  # noqa: S105 -- a variable's name
_HELPER = (
    '!f() { test "$1" = get || exit 0; '
    f'printf "username=x-access-token\\npassword=%s\\n" "${_TOKEN_VARIABLE}"; }}; f'
)
_NO_ADVICE = "advice.pushUpdateRejected=false"
"""Git's advice would push its reasons out of the last lines, which are all that is kept."""

_MOVED = re.compile(r"\[rejected\].*\((non-fast-forward|fetch first|already exists|stale info)\)")

_NETWORK = (
    *("HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"),
    *("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
)
"""Variables that say how this machine reaches others."""

_REFUSED = {
    r"GH013|push protection|secret scanning": "the server's push protection found a secret",
    r"without `?workflows?`? (scope|permission)": "the token may not write workflow files; give it "
    "that permission, or build without them",
    r"Authentication failed|could not read (Username|Password)|returned error: 40[13]": "the token "
    "may not do that there",
    r"protected branch|GH006": "the branch is protected",
    r"exceeds GitHub's file size limit|GH001": "a file is larger than the server takes",
}


class NotFastForwardError(VersionControlError):
    """The branch has commits that the pushed one does not stand on."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository on a server.

    Attributes:
        url: what `git clone` takes, without credentials.
        token: sent as the password, to the URL's own host only.
    """

    url: str
    token: str

    def __repr__(self) -> str:
        return f"Remote(url={self.url!r})"


def remote_git(repository: Path, remote: Remote) -> Git:
    """Git on a local repository, able to reach one server."""
    parts = urlsplit(remote.url)
    helper = f"credential.{parts.scheme}://{parts.netloc}.helper"
    return replace(
        Git(absolute(repository)),
        settings=(f"{helper}=", f"{helper}={_HELPER}", "http.followRedirects=false", _NO_ADVICE),
        variables={
            **{name: os.environ[name] for name in _NETWORK if name in os.environ},
            _TOKEN_VARIABLE: remote.token,
            "GIT_ALLOW_PROTOCOL": f"file:{parts.scheme}",
        },
    )


async def remote_refs(git: Git, remote: Remote) -> dict[str, str]:
    """Commit ids of the server's branches and tags, by full name, such as `refs/heads/main`.

    Raises:
        PublishingRefusedError: the token may not read there.
        VersionControlError: the server cannot be asked.
    """
    output = await _run(git, remote, "ls-remote", "--heads", "--tags", "--refs", remote.url)
    lines = (line.split("\t") for line in output.decode().splitlines())
    return {name: commit for commit, name in lines}


async def fetch_refs(git: Git, remote: Remote, names: Iterable[str]) -> None:
    """Copy what branches and tags of the server point to, and all it stands on.

    Args:
        git: of `remote_git`.
        remote: the server.
        names: full names, of `remote_refs`.

    Raises:
        PublishingRefusedError: the token may not read there.
        VersionControlError: the server cannot be asked, or has no such branch.
    """
    await _run(
        *(git, remote, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head"),
        *(remote.url, *map(_checked, names)),
    )


async def push(git: Git, remote: Remote, targets: Mapping[str, str]) -> None:
    """Let branches and tags of the server point to commits, in one push, all or none.

    Never by force: a branch only moves on, and a tag never.

    Args:
        git: of `remote_git`.
        remote: the server.
        targets: full commit ids by full name, such as `refs/heads/main`.

    Raises:
        NotFastForwardError: a branch has commits of others.
        PublishingRefusedError: the server refuses what is pushed, and would again.
        VersionControlError: the push failed; whether it arrived has to be looked up.
    """
    specs = [f"{check_commit_id(commit)}:{_checked(name)}" for name, commit in targets.items()]
    await _run(git, remote, "push", "--quiet", "--atomic", remote.url, *specs)


def _checked(name: str) -> str:
    for kind in (HEADS, TAGS):
        if name.startswith(kind):
            check_branch(name.removeprefix(kind))
            return name
    raise VersionControlError(f"{name!r} is neither a branch nor a tag")


async def _run(git: Git, remote: Remote, *arguments: str) -> bytes:
    try:
        return await git.run(*arguments)
    except VersionControlError as error:
        told = str(error).replace(remote.token, "***") if remote.token else str(error)
        # Without the folder and the address before it, which may hold any word or number.
        said = told.partition(" failed with exit code ")[2].replace(remote.url, "")
        if arguments[0] == "push" and _MOVED.search(said):
            raise NotFastForwardError(
                f"{remote.url}: a branch has commits that are not in what is pushed; "
                "nothing was changed"
            ) from None
        for pattern, reason in _REFUSED.items():
            if re.search(pattern, said, re.IGNORECASE):
                raise PublishingRefusedError(f"{remote.url}: {reason}: {told}") from None
        raise VersionControlError(f"{remote.url}: {told}") from None
