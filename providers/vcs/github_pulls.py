"""Pull requests on GitHub: one a branch, with the newest text, closed when it is done."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import islice
from typing import Any

from github import GithubException
from github.PullRequest import PullRequest
from github.Repository import Repository

from core.errors import PublishingRefusedError
from providers.vcs.github_errors import messages_of, told
from providers.vcs.release import Release

_BODY_CHARACTERS = 60_000
"""Of a pull request's text; GitHub takes 65,536."""

_LEAST_CHARACTERS = 2_000
"""Of our part of it, however much people wrote around it."""

_BEGIN = "<!-- app-builder: what stands from here on is written anew with each attempt -->"
_END = "<!-- app-builder: what stands from here on is yours -->"
_MARK = "<!-- app-builder:"
_OURS = re.compile(f"{_BEGIN}(?:(?!{_MARK}).)*{_END}", re.DOTALL)
"""What we wrote: between the two marks, and with no mark in it."""

_IN_THE_WAY = """## Conflicts

`{base}` has other changes of the same lines in these files:

{files}

Merge `{base}` into `{branch}`, say in these files what shall hold, push, and start the build again.
Nothing on `{base}` was changed.

"""

_LEFT_NAMES = """## Still named

This takes files away. Others, which this build did not write, seem to name them still:

{places}

Look at these before you merge.

"""
_PLACES_SHOWN = 20

_DONE = "The build `{build}` is verified now, and {place}.{left}\n"

_LEFT = " What people committed to `{branch}` alone is still there."

_LOOKED_AT = 300
"""Closed pull requests, the newest first: three requests at most."""


@dataclass(frozen=True, slots=True)
class MergedPull:
    """A pull request that people merged.

    Attributes:
        number: by which GitHub keeps what was to be merged, as `refs/pull/<number>/head`.
        tip: the commit that its branch pointed to.
        merge: the commit that brought it, whether merged, squashed or rebased.
    """

    number: int
    tip: str
    merge: str


@dataclass(frozen=True)
class PullText:
    """What a pull request says.

    Attributes:
        title: one line; of a pull request that is there, people may have given it another.
        report: Markdown that tells what is new.
        base: the branch it is to be merged into.
        branch: what is to be merged.
        conflicts: paths of the files that stand in the way of that.
        named: places in other files that seem to name what it takes away.
    """

    title: str
    report: str
    base: str
    branch: str
    conflicts: tuple[str, ...] = ()
    named: tuple[str, ...] = ()

    def body(self, before: str = "") -> str:
        """The whole text; people's own words stay where they are, before and after ours.

        Args:
            before: as it is now, if there is one. Where one of the marks around our part was taken
                away, nobody can tell what of it is people's: all of it stays, without the other
                mark, and our part stands at the end.
        """
        found = _OURS.search(before)
        if found is not None:
            opening, closing = before[: found.start()], before[found.end() :]
        else:
            opening, closing = before, ""
        # A mark that is left over would make people's words ours with the next attempt.
        opening, closing = (part.replace(_BEGIN, "") for part in (opening, closing))
        if found is None:
            is_own = _lines(opening) == _lines(self._own(_BODY_CHARACTERS))
            opening = f"{opening.rstrip()}\n\n" if opening.strip() and not is_own else ""
        room = max(_BODY_CHARACTERS - len(opening) - len(closing), _LEAST_CHARACTERS)
        return f"{opening}{_BEGIN}\n{self._own(room)}\n{_END}{closing}"

    def _own(self, room: int) -> str:
        text = f"{self._warning}{self.report}".replace(_MARK, "<!-- app builder:").strip()
        if len(text) <= room:
            return text
        return f"{text[:room]}\n\n… the rest is in the build's report."

    @property
    def _warning(self) -> str:
        text = ""
        if self.conflicts:
            files = "\n".join(f"- `{path}`" for path in self.conflicts)
            text = _IN_THE_WAY.format(base=self.base, branch=self.branch, files=files)
        if self.named:
            places = [f"- `{place}`" for place in self.named[:_PLACES_SHOWN]]
            more = len(self.named) - _PLACES_SHOWN
            places += [f"- and {more} more"] if more > 0 else []
            text += _LEFT_NAMES.format(places="\n".join(places))
        return text


def pull_request_of(
    repository: Repository, text: PullText, *, draft: bool, moved: bool
) -> PullRequest:
    """The pull request of a branch, opened if there is none; our part of its text is the newest.

    One that people closed is left closed as long as the branch has nothing new. Where drafts are
    not to be had, as in private repositories of some plans, it is an ordinary one.

    Args:
        repository: has the branch.
        text: what the pull request says, and of which branch.
        draft: whether a new one is a draft.
        moved: whether the branch has something new.

    Raises:
        PublishingRefusedError: GitHub does not allow it.
        RemoteFailedError: GitHub or the network failed.
    """
    opened = _open_pull(repository, text.branch, moved=moved)
    if opened is not None:
        return _brought_up_to_date(opened, text)
    try:
        with told(f"open a pull request for {text.branch!r}"):
            return _opened(repository, text, draft=draft)
    except PublishingRefusedError:
        # It may be there by now: made by this very request, whose first answer was lost.
        opened = _open_pull(repository, text.branch, moved=True)
        if opened is None:
            raise
        return opened


def merged_pulls(repository: Repository, branches: Collection[str]) -> list[MergedPull]:
    """The merged pull requests of some branches of the repository, also of deleted ones.

    Raises:
        PublishingRefusedError: GitHub does not allow it.
        RemoteFailedError: GitHub or the network failed.
    """
    owner = repository.full_name.partition("/")[0]
    labels = {f"{owner}:{branch}" for branch in branches}  # a fork's branch has another owner
    with told("look for the pull requests that were merged"):
        return [
            MergedPull(pull.number, pull.head.sha, pull.merge_commit_sha)
            for pull in islice(repository.get_pulls(state="closed"), _LOOKED_AT)
            if pull.merged_at is not None and pull.head.label in labels
        ]


def close_review(repository: Repository, release: Release, *, place: str, is_whole: bool) -> None:
    """Close the open pull request of a build that was not verified once, and say why.

    It is closed before that is said, so that it is never said twice.

    Args:
        repository: has the branch.
        release: the build, verified now.
        place: where it is now.
        is_whole: whether all that people committed to the branch is there as well.

    Raises:
        PublishingRefusedError: GitHub does not allow it.
        RemoteFailedError: GitHub or the network failed.
    """
    branch = release.branch_of_review
    pull = _open_pull(repository, branch, moved=True)
    if pull is not None:
        with told(f"close the pull request of {branch!r}"):
            pull.edit(state="closed")
            left = "" if is_whole else _LEFT.format(branch=branch)
            pull.create_issue_comment(_DONE.format(build=release.build, place=place, left=left))


def _open_pull(repository: Repository, branch: str, *, moved: bool) -> PullRequest | None:
    """The open pull request of a branch; where the branch has nothing new, a closed one will do."""
    owner = repository.full_name.partition("/")[0]
    with told(f"look for the pull request of {branch!r}"):
        there = list(repository.get_pulls(state="all", head=f"{owner}:{branch}"))
    found = [pull for pull in there if pull.state == "open"] or ([] if moved else there)
    return found[0] if found else None


def _brought_up_to_date(pull: PullRequest, text: PullText) -> PullRequest:
    there = pull.body or ""
    wanted = text.body(there)
    if pull.state == "open" and _lines(there) != _lines(wanted):
        with told(f"write the text of the pull request {pull.number}"):
            pull.edit(body=wanted)
    return pull


def _lines(text: str) -> list[str]:
    """A text without what may change on its way: ends of lines, and space at the ends."""
    return text.strip().splitlines()


def _opened(repository: Repository, text: PullText, *, draft: bool) -> PullRequest:
    wanted: dict[str, Any] = {
        "title": text.title,
        "body": text.body(),
        "base": text.base,
        "head": text.branch,
    }
    try:
        return repository.create_pull(**wanted, draft=draft)
    except GithubException as error:
        if not draft or not any("raft" in said for said in messages_of(error)):
            raise
    return repository.create_pull(**wanted)
