"""A project's builds on their way to a small GitHub, and what a person does there meanwhile."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp

from github import Auth

from providers.vcs.github import GitHubPublisher
from providers.vcs.github_account import GitHubAccount
from providers.vcs.github_retry import CappedRetry
from providers.vcs.history import Commit, FileChange, head, write_history
from providers.vcs.publisher import Publication
from providers.vcs.release import Release
from tests.providers.vcs.github_server import TOKEN, Hub

PlainGit = Callable[..., str]
NAME = "ann/shop"
FILES = {"a.txt": "1\n2\n3\n4\n5\n", "b.txt": "b\n"}


@dataclass
class Desk:
    """A project's builds, and the way to publish them."""

    hub: Hub
    folder: Path
    git: PlainGit
    token: str = TOKEN
    owner: str = ""
    topics: tuple[str, ...] = ("generated",)
    default_branch: str = "main"
    report: str = "# Report\n\nWhat is missing."

    async def publish(
        self, build: str, texts: Mapping[str, str | None], *, green: bool = True, onto: str = ""
    ) -> Publication:
        """Publish a build of these files, each written by a commit of its own.

        Args:
            build: its id.
            texts: what it writes, or takes away; with `onto` only what it does again.
            green: whether it is verified.
            onto: the build whose history it goes on from, whatever was published since.
        """
        source = self.folder / f"{build}.git"
        if onto and not source.exists():
            shutil.copytree(self.folder / f"{onto}.git", source)
        parent = await head(self.folder / f"{onto}.git", "build") if onto else None
        commits = [Commit(f"Write {path}", (FileChange(path, texts[path]),)) for path in texts]
        ids = await write_history(source, commits, branch="build", parent=parent)
        last = ids[-1] if ids else await head(source, "build")
        assert last is not None
        return await self.publish_commit(build, last, green=green)

    async def publish_commit(self, build: str, commit: str, *, green: bool = True) -> Publication:
        """Publish a commit of a build's repository."""
        account = GitHubAccount(
            Auth.Token(self.token),
            owner=self.owner,
            topics=self.topics,
            default_branch=self.default_branch,
            api=f"{self.hub.url}/api/v3",
            writes_apart=0,
            retry=CappedRetry.patient(longest=2, backoff=0, attempts=2),
        )
        release = Release(
            project="shop",
            build=build,
            name="shop",
            commit=commit,
            green=green,
            title=f"Build {build}",
            description='A "shop"\nfor {{ everyone }}',
            report=self.report,
        )
        return await GitHubPublisher(account).publish(self.folder / f"{build}.git", release)

    def person_commits(self, path: str, text: str, branch: str = "main") -> str:
        """Somebody else's commit on a branch."""
        clone = Path(mkdtemp(dir=self.folder))
        self.git("clone", "--quiet", "-b", branch, self.hub.folder / f"{NAME}.git", clone)
        (clone / path).write_text(text)
        self.git("-C", clone, "add", path)
        self.git("-C", clone, "commit", "--quiet", "-m", "A person's")
        self.git("-C", clone, "push", "--quiet", "origin", "HEAD")
        return self.git("-C", clone, "rev-parse", "HEAD")

    def person_removes(self, path: str) -> None:
        """Somebody takes a file off the default branch."""
        clone = Path(mkdtemp(dir=self.folder))
        self.git("clone", "--quiet", self.hub.folder / f"{NAME}.git", clone)
        self.git("-C", clone, "rm", "--quiet", path)
        self.git("-C", clone, "commit", "--quiet", "-m", "A person's")
        self.git("-C", clone, "push", "--quiet", "origin", "HEAD")

    def rename(self, new: str) -> None:
        """What a person's renaming of the repository does; the old name leads to the new one."""
        made = self.hub.repositories.pop(NAME)
        made |= {"name": new.partition("/")[2], "full_name": new}
        for address in ("url", "html_url", "clone_url"):
            made[address] = made[address].replace(NAME, new)
        self.hub.repositories[new] = made
        self.hub.renamed[NAME] = new
        (self.hub.folder / f"{NAME}.git").rename(self.hub.folder / f"{new}.git")

    def files(self, branch: str) -> dict[str, str]:
        """Texts of a branch on the server."""
        paths = self.hub.git(NAME, "ls-tree", "-r", "--name-only", branch).splitlines()
        return {path: self.hub.git(NAME, "show", f"{branch}:{path}") for path in paths}

    def branches(self) -> list[str]:
        """Names of the branches on the server."""
        return self.hub.git(NAME, "branch", "--format=%(refname:short)").splitlines()

    def merge(self, branch: str) -> None:
        """What a person's merge of a pull request does."""
        self.hub.git(NAME, "update-ref", "refs/heads/main", f"refs/heads/{branch}")
        self.hub.note_merged(NAME, branch, self.hub.git(NAME, "rev-parse", "main"))

    def resolve(self, branch: str, texts: dict[str, str]) -> str:
        """What a person does about conflicts: merge the default branch, and say what shall hold."""
        clone = Path(mkdtemp(dir=self.folder))
        self.git("clone", "--quiet", "-b", branch, self.hub.folder / f"{NAME}.git", clone)
        # Files in conflict are written below, all of them.
        self.git("-C", clone, "merge", "--quiet", "--no-commit", "-s", "ours", "origin/main")
        for path, text in texts.items():
            (clone / path).write_text(text)
        self.git("-C", clone, "add", "--all")
        self.git("-C", clone, "commit", "--quiet", "-m", "Merge main")
        self.git("-C", clone, "push", "--quiet", "origin", "HEAD")
        return self.git("-C", clone, "rev-parse", "HEAD")

    def squash(self, branch: str) -> None:
        """What "Squash and merge" does, with the branch deleted afterwards, as GitHub offers."""
        tree = self.hub.git(NAME, "merge-tree", "--write-tree", "main", branch)
        person = ("-c", "user.name=Person", "-c", "user.email=person@example.com")
        words = ("commit-tree", tree, "-p", "main", "-m", f"Squash {branch} (#1)")
        commit = self.hub.git(NAME, *person, *words)
        self.hub.git(NAME, "update-ref", "refs/heads/main", commit)
        self.hub.note_merged(NAME, branch, commit)
        self.hub.git(NAME, "update-ref", "-d", f"refs/heads/{branch}")
