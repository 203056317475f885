import asyncio
import fcntl
import os
import shutil
import tarfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import SandboxError
from core.settings import SandboxLimits
from providers.sandbox import environment
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.environment import PythonEnvironment, PythonEnvironments
from providers.sandbox.install_box import InstallFailure
from providers.sandbox.sandbox import Interpreter, SandboxRun


@pytest.fixture
def variables(tmp_path: Path, wheels: Path) -> dict[str, str]:
    """Settings of an installer that has only our own wheels."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "UV_OFFLINE": "1",
        "UV_FIND_LINKS": str(wheels),
        "UV_COMPILE_BYTECODE": "1",  # of operators who want it for themselves
    }


@pytest.fixture
def offline(
    tmp_path: Path, sandbox: BubblewrapSandbox, variables: dict[str, str]
) -> PythonEnvironments:
    return PythonEnvironments(tmp_path / "cache", sandbox=sandbox, variables=variables)


class CountingSandbox(BubblewrapSandbox):
    """Real boxes, counted."""

    def __init__(self) -> None:
        super().__init__()
        self.runs = 0

    async def run(self, *arguments: Any, **options: Any) -> SandboxRun:
        self.runs += 1
        return await super().run(*arguments, **options)


@pytest.fixture
def uv_program(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Puts a shell script in uv's place in the box."""

    def put(script: str) -> None:
        program = tmp_path / "uv"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        monkeypatch.setattr(environment, "find_uv_bin", lambda: str(program))

    return put


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


async def test_what_is_installed_need_not_be_compiled_at_every_start(
    offline: PythonEnvironments, sandbox: BubblewrapSandbox, tmp_path: Path
):
    result = await made(offline, "greeter")
    tree = tmp_path / "tree"
    tree.mkdir()
    run = await sandbox.run(
        [result.python, "-v", "-c", "import greeter"],
        folder=tree,
        environment={},
        limits=SandboxLimits(),
        read_only=result.mounts,
    )
    read = [line for line in run.output.splitlines() if "greeter" in line and ".pyc" in line]
    assert any(" matches " in line for line in read), run.output


async def test_without_a_network_what_was_fetched_before_is_enough(
    tmp_path: Path, sandbox: BubblewrapSandbox, variables: dict[str, str]
) -> None:
    del variables["UV_OFFLINE"]
    variables |= {"UV_DEFAULT_INDEX": "http://127.0.0.1:9/simple", "UV_HTTP_RETRIES": "0"}
    environments = PythonEnvironments(tmp_path / "cache", sandbox=sandbox, variables=variables)
    await made(environments, "greeter")
    failure = await environments.prepare(["no-such-package"], seconds=60)
    assert isinstance(failure, InstallFailure)
    assert "127.0.0.1:9" in failure.reason, "the reason is that of the first try"


async def test_the_second_time_needs_no_box_and_no_time(tmp_path: Path, variables: dict[str, str]):
    sandbox = CountingSandbox()
    environments = PythonEnvironments(tmp_path / "cache", sandbox=sandbox, variables=variables)
    first = await made(environments, "greeter")
    assert sandbox.runs == 1
    begun = time.monotonic()
    assert await made(environments, "greeter") == first
    assert time.monotonic() - begun < 0.1
    assert sandbox.runs == 1


async def test_builds_at_the_same_time_make_one_environment(
    tmp_path: Path, variables: dict[str, str]
):
    sandbox = CountingSandbox()
    environments = PythonEnvironments(tmp_path / "cache", sandbox=sandbox, variables=variables)
    results = await asyncio.gather(*(made(environments, "greeter") for _ in range(4)))
    assert len({result.folder for result in results}) == 1
    assert sandbox.runs == 1


async def test_what_a_killed_build_left_is_made_anew(offline: PythonEnvironments):
    first = await made(offline, "greeter")
    partial = first.folder.with_suffix(".partial")
    first.folder.rename(partial)
    (partial / "bin/python").unlink()
    result = await made(offline, "greeter")
    assert result.folder == first.folder
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
    source = tmp_path / "setup.py"
    source.write_text(f"open({str(tmp_path / 'built')!r}, 'w')")
    with tarfile.open(wheels / "builder-1.0.tar.gz", "w:gz") as archive:
        archive.add(source, "builder-1.0/setup.py")
    result = await offline.prepare(["builder"], seconds=60)
    assert isinstance(result, InstallFailure)
    assert "builder" in result.reason
    assert not (tmp_path / "built").exists()


async def test_an_installer_that_says_nothing_is_quoted_by_its_exit_code(
    offline: PythonEnvironments, uv_program: Callable[[str], None]
):
    uv_program("exit 3")
    result = await offline.prepare(["greeter"], seconds=60)
    assert result == InstallFailure("the installer ended with exit code 3")


async def test_an_install_out_of_time_is_a_result(
    offline: PythonEnvironments, uv_program: Callable[[str], None]
):
    uv_program("sleep 60")
    result = await offline.prepare(["greeter"], seconds=1)
    assert result == InstallFailure("the install did not end within 1 s")


async def test_an_installer_sees_neither_our_environment_nor_our_files(
    offline: PythonEnvironments,
    uv_program: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
):
    monkeypatch.setenv("PLANTED_KEY", "planted-secret")
    (tmp_path / "secret").write_text("planted-secret")
    uv_program(f"env; cat {tmp_path}/secret; ls /root /home; id -u; exit 1")
    result = await offline.prepare(["greeter"], seconds=60)
    assert isinstance(result, InstallFailure)
    assert "planted-secret" not in result.reason
    assert "PLANTED" not in result.reason
    assert "UV_CACHE_DIR=/cache" in result.reason


async def test_an_install_that_fills_the_disk_is_ended(
    tmp_path: Path,
    sandbox: BubblewrapSandbox,
    variables: dict[str, str],
    uv_program: Callable[[str], None],
):
    uv_program(
        "while :; do n=$((n + 1)); head -c 8000000 /dev/zero > /environment/$n; sleep 0.05; done"
    )
    environments = PythonEnvironments(
        tmp_path / "cache",
        sandbox=sandbox,
        limits=SandboxLimits(install_disk_mb=64),
        variables=variables,
    )
    result = await environments.prepare(["greeter"], seconds=30)
    assert isinstance(result, InstallFailure)
    assert result.reason == "the install took more than 64 MiB of disk space"
    assert not list((tmp_path / "cache").glob("*/"))


async def test_waiting_for_another_build_is_bounded_too(offline: PythonEnvironments):
    first = await made(offline, "greeter")
    shutil.rmtree(first.folder)
    with first.folder.with_suffix(".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        result = await offline.prepare(["greeter"], seconds=0.3)
    assert result == InstallFailure("the install did not end within 0.3 s")


async def test_a_cache_folder_that_cannot_be_made_is_the_sandbox_failing(
    tmp_path: Path, sandbox: BubblewrapSandbox
):
    (tmp_path / "file").touch()
    environments = PythonEnvironments(tmp_path / "file/cache", sandbox=sandbox, variables={})
    with pytest.raises(SandboxError, match=r"no environment can be made in .*cache"):
        await environments.prepare(["greeter"], seconds=60)


async def test_where_uv_is_missing_the_sandbox_fails(
    offline: PythonEnvironments, monkeypatch: pytest.MonkeyPatch
):
    def missing() -> str:
        raise FileNotFoundError("/bin/uv")

    monkeypatch.setattr(environment, "find_uv_bin", missing)
    with pytest.raises(SandboxError, match="uv cannot be started: /bin/uv"):
        await offline.prepare(["greeter"], seconds=60)


async def test_the_order_of_the_requirements_makes_no_other_environment(
    offline: PythonEnvironments,
):
    first = await made(offline, "greeter", "greeter>=1")
    assert await made(offline, "greeter>=1", "greeter") == first
    assert await made(offline, "greeter") != first


def test_an_environment_is_shown_with_its_interpreter(tmp_path: Path):
    interpreter = Interpreter("/own/bin/python", "3.99", {"/own": Path("/home/me/python")})
    made = PythonEnvironment(tmp_path, interpreter)
    assert made.mounts == {"/environment": tmp_path, "/own": Path("/home/me/python")}
    assert made.python == "/environment/bin/python"
