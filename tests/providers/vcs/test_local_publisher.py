import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.errors import VersionControlError
from providers.vcs.history import Commit, FileChange, head, read_tree, write_history
from providers.vcs.local_publisher import LocalPublisher
from providers.vcs.publisher import Publication, Publisher
from providers.vcs.release import Release

PlainGit = Callable[..., str]


def history(*texts: str) -> list[Commit]:
    return [Commit(f"Write {text}", (FileChange("a.txt", text),)) for text in texts]


def release(commit: str, *, branch: str = "main", name: str = "app") -> Release:
    """What is published to the default branch, or to another one below `review/`."""
    return Release(
        project="app",
        build=branch.removeprefix("review/"),
        name=name,
        commit=commit,
        green=branch == "main",
        title="Build app",
    )


@dataclass
class Place:
    """A build's repository, and the place it is published to."""

    source: Path
    folder: Path
    git: PlainGit

    @property
    def published(self) -> Path:
        return self.folder / "app.git"

    async def publish(self, commit: str, branch: str = "main", name: str = "app") -> Publication:
        publisher: Publisher = LocalPublisher(self.folder)
        return await publisher.publish(self.source, release(commit, branch=branch, name=name))

    async def build(self, *texts: str) -> list[str]:
        return await write_history(self.source, history(*texts), branch="build")

    def branches(self) -> dict[str, str]:
        lines = self.git(
            f"--git-dir={self.published}", "branch", "--format=%(refname:short) %(objectname)"
        )
        return dict(line.split() for line in lines.splitlines())

    def clone(self, target: Path) -> str:
        """What a plain clone checks out: branch and the file's text."""
        self.git("-c", "transfer.fsckObjects=true", "clone", "--quiet", self.published, target)
        branch = self.git("-C", target, "rev-parse", "--abbrev-ref", "HEAD")
        return f"{branch}: {(target / 'a.txt').read_text()}"


@pytest.fixture
def place(repository: Path, tmp_path: Path, plain_git: PlainGit) -> Place:
    return Place(repository, tmp_path / "published", plain_git)


async def test_publishes_what_can_be_cloned(place: Place, tmp_path: Path):
    ids = await place.build("1", "2")
    publication = await place.publish(ids[-1])
    assert publication == Publication(
        location=str(place.published), branch="main", commit=ids[-1], superseded=None
    )
    assert place.clone(tmp_path / "clone") == "main: 2"
    assert place.git("-C", tmp_path / "clone", "rev-list", "--reverse", "HEAD").split() == ids
    assert place.branches() == {"main": ids[-1]}
    assert place.git(f"--git-dir={place.published}", "fsck", "--strict") == ""


async def test_a_plain_clone_always_checks_out_something(place: Place, tmp_path: Path):
    ids = await place.build("1", "2", "3")
    await place.publish(ids[0], branch="review/a")
    assert place.clone(tmp_path / "one") == "review/a: 1"
    await place.publish(ids[1], branch="review/b")
    assert place.clone(tmp_path / "two") == "review/b: 2"
    await place.publish(ids[2])
    assert place.clone(tmp_path / "three") == "main: 3"
    await place.publish(ids[1], branch="review/c")
    assert place.clone(tmp_path / "four") == "main: 3"


async def test_another_branch_can_be_the_default(place: Place, tmp_path: Path):
    ids = await place.build("1")
    await LocalPublisher(place.folder).publish(
        place.source, release(ids[0]).model_copy(update={"default_branch": "trunk"})
    )
    assert place.clone(tmp_path / "clone") == "trunk: 1"


async def test_publishing_the_same_again_changes_nothing(place: Place):
    ids = await place.build("1", "2")
    first = await place.publish(ids[-1])
    before = snapshot(place.published)
    assert await place.publish(ids[-1]) == first
    assert snapshot(place.published) == before


async def test_a_history_that_goes_on_replaces_nothing(place: Place):
    ids = await place.build("1", "2", "3")
    await place.publish(ids[0])
    assert (await place.publish(ids[2])).superseded is None
    assert place.branches() == {"main": ids[2]}


async def test_a_history_done_again_keeps_the_old_one(place: Place, tmp_path: Path):
    old = (await place.build("1", "2"))[-1]
    await place.publish(old)
    new = (await place.build("1", "other"))[-1]
    publication = await place.publish(new)
    kept = f"superseded/{old[:12]}"
    assert publication.superseded == kept
    assert place.branches() == {"main": new, kept: old}
    assert await read_tree(place.published, old) == {"a.txt": "2"}
    assert place.clone(tmp_path / "clone") == "main: other"


async def test_going_back_and_forth_loses_nothing(place: Place):
    one = (await place.build("1", "2"))[-1]
    two = (await place.build("other"))[-1]
    first = one[:12]
    second = two[:12]
    await place.publish(one)
    assert (await place.publish(two)).superseded == f"superseded/{first}"
    assert (await place.publish(one)).superseded == f"superseded/{second}"
    assert (await place.publish(two)).superseded == f"superseded/{first}"
    assert place.branches() == {
        "main": two,
        f"superseded/{first}": one,
        f"superseded/{second}": two,
    }


async def test_an_earlier_commit_takes_the_branch_back_and_keeps_the_later(place: Place):
    ids = await place.build("1", "2")
    await place.publish(ids[1])
    publication = await place.publish(ids[0])
    assert publication.superseded == f"superseded/{ids[1][:12]}"
    assert await head(place.published, "main") == ids[0]


async def test_what_somebody_pushed_is_kept(place: Place, tmp_path: Path):
    old = (await place.build("1"))[-1]
    await place.publish(old)
    work = tmp_path / "work"
    place.clone(work)
    place.git("-C", work, "commit", "--quiet", "--allow-empty", "--message=By hand")
    place.git("-C", work, "push", "--quiet")
    pushed = place.git("-C", work, "rev-parse", "HEAD")
    new = (await place.build("1", "2"))[-1]
    publication = await place.publish(new)
    assert publication.superseded == f"superseded/{pushed[:12]}"
    assert place.branches() == {"main": new, f"superseded/{pushed[:12]}": pushed}


async def test_a_kept_branch_is_never_overwritten(place: Place):
    old, other = await place.build("1", "2")
    await place.publish(other)
    await place.publish(old, branch="review")
    here = f"--git-dir={place.published}"
    place.git(here, "update-ref", f"refs/heads/superseded/{other[:12]}", old)
    new = (await place.build("3"))[-1]
    with pytest.raises(VersionControlError, match="git update-ref"):
        await place.publish(new)
    assert await head(place.published, "main") == other
    assert await head(place.published, f"superseded/{other[:12]}") == old


async def test_publishes_only_what_the_commit_stands_on(place: Place):
    ids = await place.build("1", "2")
    secret = (await write_history(place.source, history("later"), branch="later"))[-1]
    await place.publish(ids[0])
    objects = place.git(
        f"--git-dir={place.published}", "cat-file", "--batch-all-objects", "--batch-check"
    )
    assert ids[0] in objects
    assert ids[1] not in objects
    assert secret not in objects


async def test_publishers_at_once_wait_for_each_other(place: Place):
    ids = await place.build("1", "2", "3", "4")
    await asyncio.gather(
        *(place.publish(commit, branch=f"review/b{number}") for number, commit in enumerate(ids))
    )
    assert place.branches() == {f"review/b{number}": commit for number, commit in enumerate(ids)}


@pytest.mark.parametrize("name", ["", "../app", "App", "a/b", "app.git", "-x", ".hidden"])
async def test_the_name_is_held_to_a_slug(place: Place, name: str):
    ids = await place.build("1")
    with pytest.raises(VersionControlError, match="cannot name a repository"):
        await place.publish(ids[0], name=name)
    assert snapshot(place.folder) == {}


@pytest.mark.parametrize("branch", ["superseded", "superseded/x", "", "-f", "a b", "HEAD"])
async def test_the_branch_is_held_to_rules(place: Place, branch: str):
    ids = await place.build("1")
    with pytest.raises(VersionControlError, match="branch"):
        await LocalPublisher(place.folder).publish(
            place.source, release(ids[0]).model_copy(update={"default_branch": branch})
        )
    assert snapshot(place.folder) == {}


@pytest.mark.parametrize("commit", ["main", "0" * 40])
async def test_a_commit_that_is_not_there_publishes_nothing(place: Place, commit: str):
    await place.build("1")
    with pytest.raises(VersionControlError, match=r"not a full commit id|git fetch"):
        await place.publish(commit)
    assert not place.published.exists()


async def test_a_source_that_is_not_there_publishes_nothing(place: Place):
    with pytest.raises(VersionControlError, match=r"git fetch .* failed"):
        await place.publish("0" * 40)
    assert [path.name for path in place.folder.iterdir()] == [".app.git.lock"]


async def test_what_is_not_a_commit_is_not_published(place: Place):
    await place.build("1")
    tree = place.git(f"--git-dir={place.source}", "rev-parse", "build^{tree}")
    with pytest.raises(VersionControlError, match="non-commit object"):
        await place.publish(tree)
    assert not place.published.exists()


async def test_refuses_a_tree_that_would_harm_who_clones_it(place: Place):
    await place.build("1")
    here = f"--git-dir={place.source}"
    blob = place.git(here, "rev-parse", "build:a.txt")
    hidden = place.git(here, "mktree", stdin=f"100644 blob {blob}\tconfig\n")
    tree = place.git(here, "mktree", stdin=f"040000 tree {hidden}\t.g\u200cit\n")
    commit = place.git(here, "commit-tree", tree, "-m", "Hide")
    with pytest.raises(VersionControlError, match="hasDotgit"):
        await place.publish(commit)
    assert not place.published.exists()


async def test_places_with_unusual_names_work(tmp_path: Path, plain_git: PlainGit):
    odd = tmp_path / 'it\'s a "place": $HOME `é` *'
    place = Place(odd / "r.git", odd / "published", plain_git)
    ids = await place.build("1")
    await place.publish(ids[0])
    assert place.clone(tmp_path / "clone") == "main: 1"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
async def test_publishes_between_folders_of_other_users(place: Place):
    ids = await place.build("1", "2")
    await place.publish(ids[0])
    for folder in (place.source, place.published):
        for path in (folder, *folder.rglob("*")):
            os.chown(path, 65_534, 65_534)
    await place.publish(ids[1])
    assert await head(place.published, "main") == ids[1]


def snapshot(folder: Path) -> dict[str, tuple[int, int]]:
    """Every file with its size and time of change."""
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in folder.rglob("*")}


async def test_a_change_leaves_the_default_branch_to_people(place: Place) -> None:
    first, second = await place.build("1", "2")
    await place.publish(first)
    change = release(second).model_copy(update={"is_change": True, "build": "b-2"})
    published = await LocalPublisher(place.folder).publish(place.source, change)
    assert published.branch == "build/b-2"
    assert place.branches() == {"main": first, "build/b-2": second}


async def test_a_change_of_what_was_published_elsewhere_is_the_default_branch(
    place: Place,
) -> None:
    (only,) = await place.build("1")
    change = release(only).model_copy(update={"is_change": True})
    assert (await LocalPublisher(place.folder).publish(place.source, change)).branch == "main"
