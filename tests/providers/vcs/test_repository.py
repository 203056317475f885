import asyncio
import os
from pathlib import Path

import pytest

from core.errors import VersionControlError
from providers.vcs.history import Commit, FileChange, head, write_history
from providers.vcs.repository import opened

COMMITS = [Commit("Write", (FileChange("a", "1"),))]


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_new_repository_has_its_name_only_when_all_went_well(repository: Path):
    class StopError(Exception):
        pass

    async def stop() -> None:
        async with opened(repository) as git:
            assert git.folder != repository
            raise StopError

    with pytest.raises(StopError):
        await stop()
    assert names_in(repository.parent) == [".repository.git.lock"]
    async with opened(repository):
        pass
    assert names_in(repository.parent) == [".repository.git.lock", "repository.git"]


async def test_an_empty_folder_becomes_a_repository(repository: Path):
    await asyncio.to_thread(repository.mkdir, parents=True)
    ids = await write_history(repository, COMMITS, branch="main")
    assert await head(repository, "main") == ids[-1]


async def test_clears_away_what_a_killed_writer_left(repository: Path):
    half_made = repository.with_name(".repository.git.new")
    half_made.mkdir(parents=True)
    (half_made / "HEAD").write_text("half")
    first = await write_history(repository, COMMITS, branch="feature/x")
    left = ["HEAD.lock", "packed-refs.lock", "refs/heads/feature/x.lock", "refs/heads/main.lock"]
    for name in left:
        (repository / name).touch()
    second = await write_history(repository, COMMITS, branch="main")
    again = await write_history(
        repository, [Commit("More", ())], branch="feature/x", parent=first[-1]
    )
    assert await head(repository, "main") == second[-1]
    assert await head(repository, "feature/x") == again[-1]
    assert not half_made.exists()


async def test_leaves_a_folder_alone_that_is_no_repository(tmp_path: Path):
    folder = tmp_path / "project"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "poetry.lock").touch()
    with pytest.raises(VersionControlError, match="not a git repository"):
        await write_history(folder, COMMITS, branch="main")
    assert [path.name for path in folder.rglob("*")] == ["refs", "poetry.lock"]


async def test_refuses_the_git_folder_of_a_working_tree(tmp_path: Path, repository: Path):
    async with opened(repository) as git:
        await git.run("config", "core.bare", "false")
    with pytest.raises(VersionControlError, match="is not a bare repository"):
        await write_history(repository, COMMITS, branch="main")


async def test_says_so_where_nothing_can_be_written(tmp_path: Path):
    (tmp_path / "file").touch()
    for place in (tmp_path / "file", tmp_path / "file" / "below.git"):
        with pytest.raises(VersionControlError, match="cannot write the repository"):
            await write_history(place, COMMITS, branch="main")
    assert (tmp_path / "file").is_file()


async def test_the_lock_is_held_until_the_last_command_has_ended(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """A command that outlives its writer, because the writer was killed, still keeps others out."""
    finish = tmp_path / "finish"
    command = tmp_path / "git"
    command.write_text(
        f"#!/bin/sh\n(exec >/dev/null 2>&1; while [ ! -e '{finish}' ]; do sleep 0.01; done) &\n"
    )
    command.chmod(0o755)
    async with opened(repository) as git:
        with monkeypatch.context() as patched:
            patched.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
            await git.run("anything")
    waiting = asyncio.create_task(write_history(repository, COMMITS, branch="main"))
    done, _ = await asyncio.wait([waiting], timeout=0.2)
    assert not done
    finish.touch()
    ids = await asyncio.wait_for(waiting, timeout=30)
    assert await head(repository, "main") == ids[-1]
