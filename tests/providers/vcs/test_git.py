import asyncio
import os
import signal
from pathlib import Path

import pytest

from core.errors import VersionControlError
from providers.vcs.git import Git
from providers.vcs.repository import opened


async def test_returns_what_git_prints(repository: Path):
    async with opened(repository) as git:
        blob = await git.run("hash-object", "-w", "--stdin", stdin=b"hello\n")
        assert blob.decode().strip() == "ce013625030ba8dba906f756967f9e9ca394464a"


async def test_a_failure_says_command_place_code_and_last_lines(repository: Path):
    async with opened(repository):
        pass
    with pytest.raises(
        VersionControlError, match="exit code 128: fatal: Not a valid object"
    ) as error:
        await Git(repository).run("ls-tree", "nothing")
    assert str(error.value).startswith(f"git ls-tree on {str(repository)!r} failed")
    with pytest.raises(VersionControlError, match="exit code 1: it said nothing"):
        await Git(repository).run("show-ref", "--quiet", "--verify", "refs/heads/none")


async def test_never_searches_for_a_repository_around_the_folder(tmp_path: Path, repository: Path):
    async with opened(repository):
        pass
    inside = repository / "inside"
    inside.mkdir()
    with pytest.raises(VersionControlError, match="not a git repository"):
        await Git(inside).run("rev-parse", "--git-dir")


async def test_sees_nothing_of_the_persons_settings(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    settings = tmp_path / ".gitconfig"
    settings.write_text("[user]\nname = Somebody\n[init]\ndefaultBranch = other\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "1999-01-01T00:00:00Z")
    async with opened(repository) as git:
        listing = await git.run("config", "--list", "--show-origin")
        assert b"Somebody" not in listing
        assert b"defaultbranch" not in listing.lower()
        assert await git.run("symbolic-ref", "HEAD") == b"refs/heads/main\n"


async def test_runs_no_hook(repository: Path, tmp_path: Path):
    async with opened(repository) as git:
        tree = (await git.run("mktree")).decode().strip()
        identity = f"tree {tree}\nauthor A <a@b> 0 +0000\ncommitter A <a@b> 0 +0000\n\nx\n"
        commit = (
            (await git.run("hash-object", "-t", "commit", "-w", "--stdin", stdin=identity.encode()))
            .decode()
            .strip()
        )
        hook = git.folder / "hooks" / "reference-transaction"
        hook.parent.mkdir()
        hook.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        hook.chmod(0o755)
        await git.run("update-ref", "refs/heads/main", commit)
    assert not (tmp_path / "ran").exists()


async def test_says_what_to_install_where_git_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(VersionControlError, match="install git"):
        await Git(tmp_path).run("version")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
async def test_takes_a_repository_that_belongs_to_another_user(repository: Path):
    async with opened(repository):
        pass
    os.chown(repository, 65_534, 65_534)
    async with opened(repository) as git:
        assert await git.run("rev-parse", "--is-bare-repository") == b"true\n"


async def test_a_cancelled_command_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started = tmp_path / "started"
    command = tmp_path / "git"
    command.write_text(
        f"#!/bin/sh\nsleep 1000 & echo $$ $! > '{started}.new'\n"
        f"mv '{started}.new' '{started}'\nwait\n"
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    running = asyncio.create_task(Git(tmp_path).run("anything", stdin=b"x" * 1_000_000))
    await appearance(started)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    for process in map(int, started.read_text().split()):
        assert not is_running(process)


async def test_cancelled_while_it_starts_it_is_ended_with_all_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    started = tmp_path / "started"
    command = tmp_path / "git"
    command.write_text(f"#!/bin/sh\nsleep 1000 &\necho $$ $! >> '{started}'\nwait\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    for steps in range(12):
        running = asyncio.create_task(Git(tmp_path).run("anything"))
        for _ in range(steps):
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            async with asyncio.timeout(60):
                await running
    processes = started.read_text().split() if started.exists() else []
    assert not any(map(is_running, map(int, processes)))


async def test_git_that_ended_before_it_could_be_killed_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    command = tmp_path / "git"
    # The child holds the pipes open after the command itself has ended.
    command.write_text(f"#!/bin/sh\nsetsid sleep 0.5 &\ntouch '{tmp_path}/ended'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    running = asyncio.create_task(Git(tmp_path).run("anything"))
    await appearance(tmp_path / "ended")
    await asyncio.sleep(0.1)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_says_so_when_git_itself_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    command = tmp_path / "git"
    command.write_text("#!/bin/sh\nkill -9 $$\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(VersionControlError, match=f"exit code -{signal.SIGKILL.value}"):
        await Git(tmp_path).run("anything")


async def appearance(file: Path) -> None:
    while not file.exists():  # noqa: ASYNC110, ASYNC240 -- another process makes it
        await asyncio.sleep(0.01)


def is_running(process: int) -> bool:
    """Whether a process is there and no zombie."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
