"""Pull requests on GitHub: one a branch, with the newest text, closed when it is done."""

from typing import Any

from github import GithubException
from github.PullRequest import PullRequest
from github.Repository import Repository

from core.errors import PublishingRefusedError
from providers.vcs.github_errors import messages_of, told
from providers.vcs.release import Release

_BODY_CHARACTERS = 60_000
"""Of a pull request's text; GitHub takes 65,536."""

_DONE = """The build `{build}` is verified now, and on the default branch. What people committed to
`{branch}` alone is still there.
"""


def pull_request_of(
    repository: Repository, release: Release, *, branch: str, base: str, draft: bool, moved: bool
) -> PullRequest:
    """The pull request of a branch, opened if there is none; its text is the release's.

    One that people closed is left closed as long as the branch has nothing new. Where drafts are
    not to be had, as in private repositories of some plans, it is an ordinary one.

    Args:
        repository: has the branch.
        release: what the pull request tells of.
        branch: what is to be merged.
        base: the branch it is to be merged into.
        draft: whether a new one is a draft.
        moved: whether the branch has something new.

    Raises:
        PublishingRefusedError: GitHub does not allow it.
        RemoteFailedError: GitHub or the network failed.
    """
    opened = _open_pull(repository, branch, moved=moved)
    if opened is not None:
        return _brought_up_to_date(opened, release)
    try:
        with told(f"open a pull request for {branch!r}"):
            return _opened(repository, release, branch=branch, base=base, draft=draft)
    except PublishingRefusedError:
        # It may be there by now: made by this very request, whose first answer was lost.
        opened = _open_pull(repository, branch, moved=True)
        if opened is None:
            raise
        return opened


def close_review(repository: Repository, release: Release) -> None:
    """Close the open pull request of a build that was not verified once, and say why.

    It is closed before that is said, so that it is never said twice.

    Raises:
        PublishingRefusedError: GitHub does not allow it.
        RemoteFailedError: GitHub or the network failed.
    """
    branch = release.branch_of_review
    pull = _open_pull(repository, branch, moved=True)
    if pull is not None:
        with told(f"close the pull request of {branch!r}"):
            pull.edit(state="closed")
            pull.create_issue_comment(_DONE.format(build=release.build, branch=branch))


def _open_pull(repository: Repository, branch: str, *, moved: bool) -> PullRequest | None:
    """The open pull request of a branch; where the branch has nothing new, a closed one will do."""
    owner = repository.full_name.partition("/")[0]
    with told(f"look for the pull request of {branch!r}"):
        there = list(repository.get_pulls(state="all", head=f"{owner}:{branch}"))
    found = [pull for pull in there if pull.state == "open"] or ([] if moved else there)
    return found[0] if found else None


def _brought_up_to_date(pull: PullRequest, release: Release) -> PullRequest:
    wanted = {"title": release.title, "body": _body(release.report)}
    there = {"title": pull.title, "body": pull.body or ""}
    if pull.state == "open" and _lines(there) != _lines(wanted):
        with told(f"write the text of the pull request {pull.number}"):
            pull.edit(title=wanted["title"], body=wanted["body"])
    return pull


def _lines(texts: dict[str, str]) -> list[list[str]]:
    """Texts without what may change on their way: ends of lines, and space at the ends."""
    return [text.strip().splitlines() for text in texts.values()]


def _opened(
    repository: Repository, release: Release, *, branch: str, base: str, draft: bool
) -> PullRequest:
    wanted: dict[str, Any] = {
        "title": release.title,
        "body": _body(release.report),
        "base": base,
        "head": branch,
    }
    try:
        return repository.create_pull(**wanted, draft=draft)
    except GithubException as error:
        if not draft or not any("raft" in said for said in messages_of(error)):
            raise
    return repository.create_pull(**wanted)


def _body(report: str) -> str:
    if len(report) <= _BODY_CHARACTERS:
        return report
    return f"{report[:_BODY_CHARACTERS]}\n\n… the rest is in the build's report."
