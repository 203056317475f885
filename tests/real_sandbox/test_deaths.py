"""Containers end and are removed, whatever becomes of the process that made them."""

import asyncio
import os
import signal
import subprocess
import sys
import tarfile
import time
import uuid
from pathlib import Path

import pytest

from core.settings import SandboxLimits
from providers.sandbox import docker_command
from providers.sandbox.box_files import write_box_files
from providers.sandbox.docker import DockerSandbox
from providers.sandbox.docker_command import Container, create_arguments
from tests.providers.sandbox.boxes import Boxes, alive, becomes
from tests.real_sandbox.conftest import ROOT, docker

DRIVER = """
import asyncio, pathlib, sys
from core.settings import SandboxLimits
from providers.sandbox.docker import DockerSandbox
asyncio.run(DockerSandbox(sys.argv[1]).run(
    ['sh', '-c', 'sleep 600; echo ' + sys.argv[3]], folder=pathlib.Path(sys.argv[2]),
    environment={'PATH': '/usr/bin:/bin'}, limits=SandboxLimits(seconds=600)))
"""


def containers() -> list[str]:
    listed = docker(
        "ps", "--all", "--filter", "label=app-builder.sandbox", "--format", "{{.Names}}"
    )
    return listed.split()


async def test_nothing_is_left_of_a_run(image: str, tmp_path: Path):
    sandbox = DockerSandbox(image)
    assert await sandbox.usable() is None
    boxes = Boxes(sandbox, tmp_path)
    before = containers()
    await boxes.python("print(1)")
    await boxes.python("import time; time.sleep(60)", limits=SandboxLimits(seconds=1))
    assert containers() == before


async def test_what_a_killed_process_left_is_removed_by_the_next(image: str, tmp_path: Path):
    mark = f"killed-{uuid.uuid4().hex}"
    before = set(containers())
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", DRIVER, image, str(tmp_path), mark),
        env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path)},
    )
    boxed = f"sleep 600; echo {mark}"
    async with asyncio.timeout(60):  # the command that makes the box has the mark before the box
        while not (mine := set(containers()) - before):  # noqa: ASYNC110 -- no event
            await asyncio.sleep(0.1)
    assert await becomes(True, boxed, seconds=30)
    other = DockerSandbox(image)
    assert await other.usable() is None
    assert alive(boxed), "the box of a living process is left alone"
    process.send_signal(signal.SIGKILL)
    await process.wait()
    assert await DockerSandbox(image).usable() is None
    assert await becomes(False, boxed)
    assert not mine & set(containers())


def test_a_box_whose_maker_is_dead_ends_by_its_own_clock(
    image: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(docker_command, "_SOONER_OR_LATER", 1)
    files = tmp_path / "files"
    files.mkdir()
    write_box_files(files, 61_200)
    (files / "variables").write_text("PATH=/usr/bin:/bin\n")
    container = Container(
        name=f"app-builder-{uuid.uuid4().hex}",
        owner="0-dead",
        image=image,
        user=61_200,
        foreign=frozenset(),
        limits=SandboxLimits(seconds=1),
    )
    docker(*create_arguments(container, ("sleep", "600"), {}, files))
    try:
        with tarfile.open(tmp_path / "empty.tar", "w"):
            pass
        started = time.monotonic()
        with (tmp_path / "empty.tar").open("rb") as tree:
            subprocess.run(
                ["docker", "start", "--attach", "--interactive", container.name],
                stdin=tree,
                capture_output=True,
                timeout=60,
                check=False,
            )
        assert time.monotonic() - started < 20
        assert docker("inspect", "--format", "{{.State.ExitCode}}", container.name) == "137"
    finally:
        docker("rm", "--force", container.name)
