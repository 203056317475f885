"""What is decided before and after the engine does its part, with an imitation of `docker`."""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.errors import SandboxError
from core.settings import SandboxLimits
from providers.sandbox import docker_engine
from providers.sandbox.docker import DockerSandbox
from providers.sandbox.docker_engine import is_alive, owner
from providers.sandbox.npm import node_folder
from providers.sandbox.sandbox import SandboxRun
from tests.providers.sandbox import docker_imitation


class Engine:
    """The imitation, and what it is told to say."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.program = state / "docker"
        script = f'#!/bin/sh\nexec "{sys.executable}" -I "{docker_imitation.__file__}" "$@"\n'
        self.program.write_text(script)
        self.program.chmod(0o755)

    def says(self, **told: Any) -> None:
        for name, value in told.items():
            (self.state / f"{name.replace('_', '-')}.json").write_text(json.dumps(value))

    @property
    def containers(self) -> list[str]:
        return [path.stem for path in self.state.glob("*.container")]

    def sandbox(self) -> DockerSandbox:
        variables = {
            "PATH": os.environ["PATH"],
            "DOCKER_IMITATION": str(self.state),
            "OPENAI_API_KEY": "secret",
        }
        return DockerSandbox("image", program=self.program, variables=variables)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    # A test may itself run in a container, which is not what is tested.
    monkeypatch.setattr(docker_engine, "_MARKS_OF_A_CONTAINER", (tmp_path / "mark",))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "engine"))
        listener.listen()
        yield Engine(tmp_path)


async def ran(engine: Engine, tmp_path: Path, *command: str, **options: Any) -> SandboxRun:
    tree = tmp_path / "tree"
    (tree / ".git").mkdir(parents=True, exist_ok=True)
    (tree / "a.txt").write_text("from the tree")
    given: dict[str, Any] = {
        "environment": {"PATH": "/usr/bin:/bin", "GIVEN": "yes"},
        "limits": SandboxLimits(),
    }
    return await engine.sandbox().run(command, folder=tree, **(given | options))


async def test_a_command_runs_over_a_copy_of_the_tree_and_leaves_no_container(
    engine: Engine, tmp_path: Path
):
    code = "cat a.txt; ls -A; echo written > /result; exit 3"
    run = await ran(engine, tmp_path, "sh", "-c", code)
    assert (run.exit_code, run.ended_by) == (3, "exit")
    assert run.output == "from the treea.txt\n"
    assert run.result == b"written\n"
    assert engine.containers == []


async def test_what_the_image_sets_is_taken_away(engine: Engine, tmp_path: Path):
    run = await ran(engine, tmp_path, "sh", "-c", 'echo "$FOREIGN$HOME$HOSTNAME"')
    assert run.output == "\n"


async def test_the_interpreter_is_that_of_the_image(engine: Engine):
    interpreter = await engine.sandbox().interpreter()
    assert "python" in interpreter.program
    assert interpreter.identity.startswith("sha256:1 3.")


@pytest.mark.parametrize(
    ("bounds", "command", "ending"),
    [
        ({"seconds": 1}, "sleep 3", "timeout"),
        ({}, "yes", "output"),
    ],
)
async def test_what_passes_a_bound_is_removed(
    engine: Engine, tmp_path: Path, bounds: dict[str, float], command: str, ending: str
):
    run = await ran(engine, tmp_path, "sh", "-c", command, limits=SandboxLimits(**bounds))  # pyright: ignore[reportArgumentType] -- numbers
    assert (run.ended_by, run.exit_code) == (ending, 137)
    assert engine.containers == []


async def test_a_process_may_set_aside_what_it_may_reserve(engine: Engine, tmp_path: Path):
    limits = SandboxLimits(memory_mb=1024, reserve_mb=2048)
    run = await ran(engine, tmp_path, "sh", "-c", "ulimit -d", limits=limits)
    assert run.output == f"{3072 * 1024}\n"


async def test_node_with_threads_runs_within_the_bounds_of_a_step(engine: Engine, tmp_path: Path):
    code = (
        "const { Worker, isMainThread } = require('worker_threads');"
        "if (isMainThread) for (let i = 0; i < 4; i++) new Worker(__filename);"
        "else console.log('works')"
    )
    program = tmp_path / "threads.js"
    program.write_text(code)
    node = str(node_folder() / "bin/node")
    limits = SandboxLimits(reserve_mb=16_384, seconds=30)  # as steps.py has it for Node
    run = await ran(engine, tmp_path, node, str(program), limits=limits)
    assert (run.exit_code, run.output) == (0, "works\n" * 4)


async def test_out_of_memory_is_told(engine: Engine, tmp_path: Path):
    engine.says(out_of_memory=True)
    assert (await ran(engine, tmp_path, "true")).ended_by == "memory"


async def test_a_folder_that_grows_too_much_ends_the_box(engine: Engine, tmp_path: Path):
    grown = tmp_path / "grown"
    grown.mkdir()
    run = await ran(
        engine,
        tmp_path,
        *("sh", "-c", "head -c 8000000 /dev/zero > /environment/x; sleep 5"),
        limits=SandboxLimits(disk_mb=4),
        writable={"/environment": grown},
    )
    assert run.ended_by == "disk"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"create_fails": "invalid mount"}, "`docker create` failed: invalid mount"),
        ({"start_fails": "no runtime"}, "the box could not be set up: no runtime"),
    ],
)
async def test_a_box_that_cannot_be_made_is_the_sandbox_failing(
    engine: Engine, tmp_path: Path, told: dict[str, str], said: str
):
    sandbox = engine.sandbox()
    assert await sandbox.usable() is None
    engine.says(**told)
    with pytest.raises(SandboxError, match=said):
        await sandbox.run(["true"], folder=tmp_path, environment={}, limits=SandboxLimits())
    assert engine.containers == []


async def test_a_container_that_cannot_be_removed_is_told(engine: Engine, tmp_path: Path):
    sandbox = engine.sandbox()
    assert await sandbox.usable() is None
    engine.says(remove_fails="device busy")
    with pytest.raises(SandboxError, match="device busy"):
        await sandbox.run(["true"], folder=tmp_path, environment={}, limits=SandboxLimits())


async def test_a_cancelled_run_leaves_no_container(engine: Engine, tmp_path: Path):
    task = asyncio.create_task(ran(engine, tmp_path, "sleep", "3"))
    while not engine.containers or (tmp_path / "removed").exists() is False:  # noqa: ASYNC110
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.3)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert engine.containers == []


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"host": "tcp://engine.example:2376"}, "is not on this machine"),
        ({"host": "unix:///no/such/socket"}, "no engine answers at '/no/such/socket'"),
        ({"security": ["name=rootless"]}, "the engine is rootless"),
        ({"missing_images": ["image"]}, "`make sandbox-image` builds it"),
        ({"start_fails": "no runtime"}, "could not be set up: no runtime"),
    ],
)
async def test_where_it_does_not_work_it_says_why(
    engine: Engine, tmp_path: Path, told: dict[str, Any], said: str
):
    engine.says(**told)
    sandbox = engine.sandbox()
    reason = await sandbox.usable()
    assert reason is not None
    assert said in reason
    with pytest.raises(SandboxError, match="Docker cannot be used on this machine"):
        await sandbox.interpreter()


async def test_without_the_program_it_does_not_work(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "/nowhere")
    assert await DockerSandbox("image").usable() == "no docker program is installed"


async def test_an_engine_that_our_container_does_not_see_is_refused(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(docker_engine, "listener_of", lambda _: 0)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType] -- a stand-in
    reason = await engine.sandbox().usable()
    assert reason is not None
    assert "must not be given to a worker" in reason


async def test_a_socket_that_is_mounted_into_our_container_is_refused(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "mark").touch()
    assert await engine.sandbox().usable() is None, "an engine of the container's own"
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 35 98:0 / {tmp_path}/engine rw - ext4 /dev/a rw\n")
    monkeypatch.setattr(docker_engine, "_MOUNTS", mounts)
    reason = await engine.sandbox().usable()
    assert reason is not None
    assert "runs in a container" in reason


async def test_what_dead_processes_left_is_removed_first(engine: Engine):
    for name, whose in (("mine", owner()), ("dead", "999999999-1"), ("older", f"{os.getpid()}-1")):
        container = {"words": "", "label": f"app-builder.sandbox={whose}"}
        (engine.state / f"{name}.container").write_text(json.dumps(container))
    assert await engine.sandbox().usable() is None
    assert engine.containers == ["mine"]


def test_a_process_is_known_by_its_number_and_its_start():
    assert is_alive(owner())
    assert not is_alive(f"{os.getpid()}-0")
    assert not is_alive("0-dead")
    assert not is_alive("nonsense")


async def test_values_that_docker_cannot_be_given_are_refused(engine: Engine, tmp_path: Path):
    with pytest.raises(SandboxError, match="the variable 'A' cannot be given"):
        await ran(engine, tmp_path, "true", environment={"A": "two\nlines"})
    odd = tmp_path / "a,b"
    odd.mkdir()
    with pytest.raises(SandboxError, match="because of its name"):
        await ran(engine, tmp_path, "true", read_only={"/x": odd})
    with pytest.raises(SandboxError, match="cannot be copied into a box"):
        await engine.sandbox().run(
            ["true"], folder=tmp_path / "missing", environment={}, limits=SandboxLimits()
        )


async def test_an_engine_that_hangs_is_not_waited_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(docker_engine, "_ANSWER_SECONDS", 0.2)
    engine.program.write_text("#!/bin/sh\nexec sleep 60\n")
    reason = await engine.sandbox().usable()
    assert reason == "`docker context` does not answer within 0.2 s"
