import asyncio
import os
import sys
import time
from pathlib import Path

import pytest

from core.errors import SandboxError
from core.settings import SandboxLimits
from providers.sandbox import environment, uv
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.environment import (
    InstallFailure,
    PythonEnvironment,
    PythonEnvironments,
    environment_key,
)


@pytest.fixture
def offline(tmp_path: Path, wheels: Path) -> PythonEnvironments:
    """Environments that can be made of our own wheels only."""
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_OFFLINE": "1",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_FIND_LINKS": str(wheels),
    }
    return PythonEnvironments(tmp_path / "cache", variables=variables)


def no_uv() -> str:
    raise AssertionError("uv must not be needed")


async def made(offline: PythonEnvironments, *requirements: str) -> PythonEnvironment:
    result = await offline.prepare(requirements, seconds=60)
    assert isinstance(result, PythonEnvironment), result
    return result


async def test_what_is_installed_can_be_used_in_a_box_and_ran_nowhere_else(
    offline: PythonEnvironments, sandbox: BubblewrapSandbox, tmp_path: Path
):
    result = await made(offline, "greeter>=1")
    assert not (tmp_path / "ran").exists()
    tree = tmp_path / "tree"
    tree.mkdir()
    run = await sandbox.run(
        [result.python, "-c", "import greeter, sys; print(greeter.GREETING, sys.prefix)"],
        folder=tree,
        environment={},
        limits=SandboxLimits(),
        read_only=result.mounts,
    )
    assert run.output.splitlines()[-1] == "hello /environment"
    assert not (tmp_path / "ran").exists()


async def test_without_a_network_what_was_fetched_before_is_enough(
    tmp_path: Path, wheels: Path
) -> None:
    variables = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple",  # nothing listens there
        "UV_HTTP_RETRIES": "0",
        "UV_CACHE_DIR": str(tmp_path / "uv-cache"),
        "UV_FIND_LINKS": str(wheels),
    }
    environments = PythonEnvironments(tmp_path / "cache", variables=variables)
    await made(environments, "greeter")
    failure = await environments.prepare(["no-such-package"], seconds=60)
    assert isinstance(failure, InstallFailure)
    assert "127.0.0.1:9" in failure.reason, "the reason is that of the first try"


async def test_the_second_time_needs_no_installer_and_no_time(
    offline: PythonEnvironments, monkeypatch: pytest.MonkeyPatch
):
    first = await made(offline, "greeter")
    monkeypatch.setattr(uv, "find_uv_bin", no_uv)
    begun = time.monotonic()
    assert await made(offline, "greeter") == first
    assert time.monotonic() - begun < 0.1


async def test_builds_at_the_same_time_make_one_environment(
    offline: PythonEnvironments, monkeypatch: pytest.MonkeyPatch
):
    installs = 0
    run_uv = environment.run_uv

    async def counted(*arguments: object, **options: object) -> tuple[int, str]:
        nonlocal installs
        installs += 1
        return await run_uv(*arguments, **options)  # pyright: ignore[reportArgumentType] -- as is

    monkeypatch.setattr(environment, "run_uv", counted)
    results = await asyncio.gather(*(made(offline, "greeter") for _ in range(4)))
    assert len(set(results)) == 1
    assert installs == 2  # one to make the environment, one to install


async def test_what_a_killed_build_left_is_made_anew(offline: PythonEnvironments, tmp_path: Path):
    partial = tmp_path / "cache" / f"{environment_key(['greeter'])}.partial"
    (partial / "home/bin").mkdir(parents=True)
    (partial / "home/bin/python").write_text("half")
    result = await made(offline, "greeter")
    assert (result.folder / "bin/python").is_symlink()
    assert not partial.exists()


async def test_a_failed_install_gives_the_reason_and_leaves_no_environment(
    offline: PythonEnvironments, tmp_path: Path
):
    result = await offline.prepare(["no-such-package>=3"], seconds=60)
    assert isinstance(result, InstallFailure)
    assert "no-such-package" in result.reason
    assert str(tmp_path) not in result.reason
    again = await offline.prepare(["no-such-package>=3"], seconds=60)
    assert again == result


async def test_a_source_distribution_is_not_built(
    offline: PythonEnvironments, wheels: Path, tmp_path: Path
):
    import tarfile

    source = tmp_path / "setup.py"
    source.write_text(f"open({str(tmp_path / 'built')!r}, 'w')")
    with tarfile.open(wheels / "builder-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, "builder-1.0/setup.py")
    result = await offline.prepare(["builder"], seconds=60)
    assert isinstance(result, InstallFailure)
    assert "builder" in result.reason
    assert not (tmp_path / "built").exists()


async def test_an_installer_that_says_nothing_is_quoted_by_its_exit_code(
    offline: PythonEnvironments, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(uv, "find_uv_bin", lambda: "/bin/false")
    result = await offline.prepare(["greeter"], seconds=60)
    assert result == InstallFailure("uv ended with exit code 1")


async def test_an_install_out_of_time_is_a_result(
    offline: PythonEnvironments, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nsleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(slow))
    result = await offline.prepare(["greeter"], seconds=0.3)
    assert result == InstallFailure("the install did not end within 0.3 s")


async def test_waiting_for_another_build_is_bounded_too(
    offline: PythonEnvironments, tmp_path: Path
):
    import fcntl

    (tmp_path / "cache").mkdir()
    with (tmp_path / "cache" / f"{environment_key(['greeter'])}.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = await offline.prepare(["greeter"], seconds=0.3)
    assert result == InstallFailure("the install did not end within 0.3 s")


async def test_a_cache_folder_that_cannot_be_made_is_the_sandbox_failing(tmp_path: Path):
    (tmp_path / "file").touch()
    environments = PythonEnvironments(tmp_path / "file" / "cache", variables={})
    with pytest.raises(SandboxError, match=r"no environment can be made in .*cache"):
        await environments.prepare(["greeter"], seconds=60)


def test_the_key_knows_requirements_and_interpreter_but_not_their_order(
    monkeypatch: pytest.MonkeyPatch,
):
    key = environment_key(["a", "b>=1"])
    assert key == environment_key(["b>=1", "a"])
    assert key != environment_key(["a", "b>=2"])
    monkeypatch.setattr(sys, "version", "3.99.0")
    assert key != environment_key(["a", "b>=1"])


def test_an_interpreter_outside_usr_is_shown_to_the_box_at_its_own_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(sys, "base_prefix", "/home/me/python")
    monkeypatch.setattr(sys, "base_exec_prefix", "/usr/local")
    assert PythonEnvironment(tmp_path).mounts == {
        "/environment": tmp_path,
        "/home/me/python": Path("/home/me/python"),
    }
