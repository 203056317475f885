"""Publishes to GitHub: a repository a project, whole histories in one push, pull requests."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from github import Auth
from github.Repository import Repository

from providers.vcs.common_ground import Earlier
from providers.vcs.git_objects import is_ancestor
from providers.vcs.github_account import GitHubAccount
from providers.vcs.github_merges import merges_of
from providers.vcs.github_pulls import PullText, close_review, pull_request_of
from providers.vcs.github_retry import until_cancelled
from providers.vcs.joining import Branch, Joined, follow_up, initial_commit, joined, shown
from providers.vcs.left_names import left_names
from providers.vcs.names import check_branch, check_commit_id, check_slug
from providers.vcs.publishable import refuse_unpublishable
from providers.vcs.publisher import HaltedPublicationError, Publication
from providers.vcs.push import (
    HEADS,
    TAGS,
    NotFastForwardError,
    Remote,
    fetch_refs,
    push,
    remote_git,
    remote_refs,
)
from providers.vcs.release import Release

_BUILDS = f"{TAGS}build/"
_SHORT_ID = 12
_ATTEMPTS = 3


@dataclass(frozen=True)
class GitHubPublisher:
    """Publishes builds to an account on GitHub.

    Killed or failing at any point, publishing again ends with the same repository, history and
    pull request. Nothing is ever pushed by force, and nothing of others is touched.

    Attributes:
        account: where.
        held: secrets that must not be in what is published, besides the account's own; asked for
            when something is.
        allowed: fingerprints of findings that an operator says are no secrets.
    """

    account: GitHubAccount
    held: Callable[[], Collection[str]] = frozenset[str]
    allowed: Collection[str] = ()

    async def publish(self, source: Path, release: Release) -> Publication:
        """Publish a release.

        A verified one goes to the default branch where it can be fast-forwarded to it, else to
        `build/<build>` with a pull request. One that is not verified goes to `review/<build>` with
        a draft pull request that holds the report; verified later, it goes on from there, and the
        draft is closed. Where the default branch has other changes of
        the same lines, the release goes to its own branch without them, and the pull request says
        what is in the way: for people to merge, after which publishing again finds it done.

        Args:
            source: folder of the bare repository that has the commit.
            release: what is published.

        Raises:
            HaltedPublicationError: the default branch changed the same lines.
            PublishingRefusedError: the history holds what looks like a secret; or GitHub, its
                rules or what people did there do not allow it.
            RemoteFailedError: GitHub or the network failed; the next attempt goes on.
            VersionControlError: a name is not sound, git failed, or a rate limit lasts.
        """
        check_slug(release.name)
        check_commit_id(release.commit)
        for branch in (release.branch_of_change, self.account.default_branch):
            check_branch(branch)
        await refuse_unpublishable(source, release, self._held(), self.allowed)
        repository = await until_cancelled(self.account.repository_of, release)
        token = await until_cancelled(self.account.token)
        remote = Remote(repository.clone_url, token)
        return await _Publishing(self.account, source, release, repository, remote).run()

    def _held(self) -> set[str]:
        """Secrets that must not be in what is published; an app's token is made when it is used."""
        auth = self.account.auth
        own = {auth.token} if isinstance(auth, Auth.Token) else set[str]()
        return own.union(self.held())


def _is_ours(name: str, commit: str) -> bool:
    """Whether a tag is one of `_Publishing`, and not one that people or their tools made."""
    return name.startswith(_BUILDS) and name.endswith(f"-{commit[:_SHORT_ID]}")


def _build_of(tag: str) -> str:
    """The build that a tag of `_Publishing` tells of."""
    return tag.removeprefix(_BUILDS)[: -_SHORT_ID - 1]


class _Publishing:
    """One release on its way into one repository."""

    def __init__(
        self,
        account: GitHubAccount,
        source: Path,
        release: Release,
        repository: Repository,
        remote: Remote,
    ) -> None:
        self._account = account
        self._release = release
        self._repository = repository
        self._remote = remote
        self._git = remote_git(source, remote)

    async def run(self) -> Publication:
        """Bring it there, beginning anew where somebody pushes at the same time."""
        for _ in range(_ATTEMPTS - 1):
            try:
                return await self._attempt()
            except NotFastForwardError:
                continue
        return await self._attempt()

    async def _attempt(self) -> Publication:
        refs = await remote_refs(self._git, self._remote)
        base = self._default_branch(refs)
        head = refs.get(HEADS + base)
        if head is None and self._release.green:
            first = Joined(self._release.commit, self._release.commit)
            return await self._close_review(refs, await self._push(base, first))
        if head is None:
            head = await initial_commit(self._git, self._release)
            await push(self._git, self._remote, {HEADS + base: head})
        branch = self._release.branch_of_change
        earlier = await self._earlier(refs, base)
        release = await joined(self._git, self._release, head, earlier)
        if await is_ancestor(self._git, release.commit, head):
            return await self._close_review(refs, self._publication(base, head))
        if self._release.green and release.is_first and not release.conflicts:
            return await self._close_review(refs, await self._push(base, release))
        # What people committed to the review of a build is of the build that is verified as well.
        tips = (branch, self._release.branch_of_review)
        own = [Branch(name, refs[HEADS + name]) for name in tips if HEADS + name in refs]
        if own:
            release = await follow_up(
                self._git, self._release, release, head=head, own=own[0], earlier=earlier
            )
        publication = await self._push(branch, release)
        moved = refs.get(HEADS + branch) != release.commit
        named = await self._left_names(head, release)
        text = PullText(
            *(self._release.title, self._release.report, base, branch), release.conflicts, named
        )
        address = await self._ask_for(text, moved=moved)
        publication = publication.model_copy(update={"pull_request": address})
        await self._close_review(refs, publication)
        if release.conflicts:
            raise HaltedPublicationError(
                f"the branch {base!r} has other changes of the same lines as this build: "
                f"{shown(release.conflicts)}; nothing of them was changed. The build is on "
                f"{branch!r}: merge {base!r} into it, say in these files what shall hold, push, "
                f"and start the build again; the pull request is {address}",
                publication,
            )
        return publication

    async def _earlier(self, refs: Mapping[str, str], base: str) -> Earlier:
        """What is known of the builds before, all of it fetched; and the branches of this one."""
        tags = {name: _build_of(name) for name, commit in refs.items() if _is_ours(name, commit)}
        own = (self._release.branch_of_change, self._release.branch_of_review)
        wanted = dict.fromkeys((HEADS + base, *(HEADS + name for name in own), *tags))
        await fetch_refs(self._git, self._remote, [name for name in wanted if name in refs])
        builds = {refs[name]: build for name, build in tags.items()}
        head = refs.get(HEADS + base)
        if head is None:
            return Earlier(builds)
        merges = await merges_of(self._git, self._remote, self._repository, head, builds)
        return Earlier(builds, merges)

    async def _push(self, branch: str, joined: Joined) -> Publication:
        """Push the branch, and the tag by which a later build finds what this one generated."""
        targets = {HEADS + branch: joined.commit}
        if joined.generated is not None:
            tag = f"{_BUILDS}{self._release.build}-{joined.generated[:_SHORT_ID]}"
            targets[tag] = joined.generated
        await push(self._git, self._remote, targets)
        return self._publication(branch, joined.commit)

    async def _left_names(self, head: str, joined: Joined) -> tuple[str, ...]:
        """What other files still name; as long as there are conflicts, theirs are not in it."""
        if joined.conflicts:
            return ()
        return await left_names(self._git, self._release.commit, head, joined.commit)

    async def _ask_for(self, text: PullText, *, moved: bool) -> str:
        """The address of the pull request, opened if none is open for what the branch has."""
        request = await until_cancelled(
            pull_request_of,
            self._repository,
            text,
            draft=not self._release.green,
            moved=moved,
        )
        return request.html_url

    async def _close_review(self, refs: Mapping[str, str], publication: Publication) -> Publication:
        """Close the review of a build that is verified now.

        Args:
            refs: what the server has.
            publication: of the verified build; without a pull request on the default branch.
        """
        address = publication.pull_request
        tip = refs.get(HEADS + self._release.branch_of_review)
        if self._release.green and tip is not None:
            await until_cancelled(
                close_review,
                self._repository,
                self._release,
                place=f"goes on in {address}" if address else "on the default branch",
                is_whole=bool(address) and await is_ancestor(self._git, tip, publication.commit),
            )
        return publication

    def _publication(self, branch: str, commit: str) -> Publication:
        return Publication(location=self._repository.clone_url, branch=branch, commit=commit)

    def _default_branch(self, refs: Mapping[str, str]) -> str:
        """GitHub's own word where that branch is there; of an empty repository it is a guess."""
        named = self._repository.default_branch
        return named if HEADS + named in refs else self._account.default_branch
