"""Pushes a history to a server over HTTPS, with a token that appears nowhere but in git's hands."""

import os
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from core.errors import PublishingRefusedError, RemoteFailedError, VersionControlError
from providers.vcs.git import Git
from providers.vcs.names import check_branch, check_commit_id
from providers.vcs.repository import absolute

HEADS = "refs/heads/"
TAGS = "refs/tags/"
_PULL = re.compile(r"refs/pull/[1-9]\d*/head")
"""What a pull request asked to merge; GitHub keeps it when the branch is deleted."""

_HELPER = '!f() {{ test "$1" = get || exit 0; cat /dev/fd/{descriptor}; }}; f'
"""Git's credential helper: the answer stands in memory, in an open file that git inherits."""

_NO_ADVICE = "advice.pushUpdateRejected=false"
"""Git's advice would push its reasons out of the last lines, which are all that is kept."""

_ERROR_LINES = 60
"""Lines kept of what a server says; a refusal of GitHub's has its reason at the head of twenty."""

_MOVED = re.compile(
    r"\[rejected\].*\((non-fast-forward|fetch first|already exists|stale info)\)|"
    r"\[remote rejected\].*\((cannot lock ref|failed to update ref|incorrect old value|"
    r"reference already exists|reference does not exist|failed to lock)"
)
"""Somebody else was quicker: before git looked, or between its look and its push."""

_NETWORK = (
    *("HTTPS_PROXY", "https_proxy", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"),
    *("GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "SSL_CERT_FILE", "SSL_CERT_DIR"),
)
"""Variables that say how this machine reaches others."""

_REFUSED = {
    r"push cannot contain secrets|GH009": "the server's push protection "
    "found a secret; it names commit and path below. Have the file written again with --from-stage "
    "7, or allow what is no secret where the server says",
    r"without `?workflows?`? (scope|permission)": "the token may not write workflow files; give it "
    "that permission, or build without them",
    r"Authentication failed|could not read (Username|Password)": "the token is not valid there, or "
    "not any more",
    r"archived so it is read-only": "the repository is archived; take it out of the archive there",
    r"protected branch|GH006": "the branch is protected; let the token's owner push to it",
    r"exceeds GitHub's file size limit|GH001": "a file is larger than the server takes",
    r"GH013|repository rule violations": "a rule of the repository or its organisation forbids it; "
    "it is named below",
    r"returned error: 40[13]": "the token may not do that there",
}
"""What servers say, and what it means; the first that is found is told."""


class NotFastForwardError(RemoteFailedError):
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
    return replace(
        Git(absolute(repository)),
        settings=("http.followRedirects=false", _NO_ADVICE),
        variables={
            **_network(),
            "GIT_ALLOW_PROTOCOL": f"file:{parts.scheme}",
        },
        error_lines=_ERROR_LINES,
    )


def _network() -> dict[str, str]:
    """How this machine reaches others, for git as for the rest of us."""
    found = {name: os.environ[name] for name in _NETWORK if name in os.environ}
    # What the requests to the API trust; git has names of its own for it.
    trusted = os.environ.get("REQUESTS_CA_BUNDLE", "")
    if trusted and not {"GIT_SSL_CAINFO", "GIT_SSL_CAPATH"} & found.keys():
        found["GIT_SSL_CAPATH" if Path(trusted).is_dir() else "GIT_SSL_CAINFO"] = trusted
    return found


async def remote_refs(git: Git, remote: Remote) -> dict[str, str]:
    """Commit ids of the server's branches and tags, by full name, such as `refs/heads/main`.

    Raises:
        PublishingRefusedError: the token may not read there.
        RemoteFailedError: the server cannot be asked.
    """
    output = await _run(git, remote, "ls-remote", "--heads", "--tags", "--refs", remote.url)
    lines = (line.split("\t") for line in output.decode().splitlines())
    return {name: commit for commit, name in lines}


async def fetch_refs(git: Git, remote: Remote, names: Iterable[str]) -> None:
    """Copy what branches and tags of the server point to, and all it stands on.

    Args:
        git: of `remote_git`.
        remote: the server.
        names: full names, of `remote_refs`, or `refs/pull/<number>/head`.

    Raises:
        PublishingRefusedError: the token may not read there.
        RemoteFailedError: the server cannot be asked, or has no such branch.
    """
    await _run(
        *(git, remote, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head"),
        *(remote.url, *(name if _PULL.fullmatch(name) else _checked(name) for name in names)),
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
        RemoteFailedError: the push failed; whether it arrived has to be looked up.
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
    with _credentials(remote) as (helper, descriptor):
        knowing = replace(git, settings=(*git.settings, *helper), descriptors=(descriptor,))
        try:
            return await knowing.run(*arguments)
        except VersionControlError as error:
            raise _translated(error, remote) from None


@contextmanager
def _credentials(remote: Remote) -> Generator[tuple[tuple[str, str], int]]:
    """Settings of git for the server's credentials, and the open file they are read from.

    The file has no name on any disk, and the token is in no argument and in no environment, where
    others on this machine could read it.
    """
    parts = urlsplit(remote.url)
    name = f"credential.{parts.scheme}://{parts.netloc}.helper"
    descriptor = os.memfd_create("credentials")
    try:
        os.write(descriptor, f"username=x-access-token\npassword={remote.token}\n".encode())
        helper = _HELPER.format(descriptor=descriptor)
        yield (f"{name}=", f"{name}={helper}"), descriptor
    finally:
        os.close(descriptor)


def _translated(error: VersionControlError, remote: Remote) -> Exception:
    """What a failed command of git means; without the token, should git ever say it."""
    told = str(error).replace(remote.token, "***") if remote.token else str(error)
    # Without the folder and the address before it, which may hold any word or number.
    said = told.partition(" failed with exit code ")[2].replace(remote.url, "")
    if not said:  # it never ran
        return VersionControlError(told)
    for pattern, reason in _REFUSED.items():
        if re.search(pattern, said, re.IGNORECASE):
            return PublishingRefusedError(f"{remote.url}: {reason}: {told}")
    if _MOVED.search(said):
        return NotFastForwardError(
            f"{remote.url}: a branch has commits that are not in what is pushed; "
            "nothing was changed"
        )
    return RemoteFailedError(f"{remote.url}: {told}")
