"""Boxes made with Docker: containers of an engine on this machine."""

import asyncio
import json
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import SandboxError
from core.printable import printable
from core.settings import SandboxLimits
from providers.sandbox.box_bounds import OWNER, READY, box_user
from providers.sandbox.box_files import read_result, write_box_files
from providers.sandbox.disk_use import watch_growth
from providers.sandbox.docker_command import Container, create_arguments, variables_file
from providers.sandbox.docker_engine import DockerEngine, owner
from providers.sandbox.sandbox import Ending, Interpreter, SandboxRun
from providers.sandbox.supervision import OutputTail, ending, read_head
from providers.sandbox.tree_archive import write_archive

_TRIAL_LIMITS = SandboxLimits(seconds=30, memory_mb=256)
_TRIAL = (
    "import json, sys; json.dump([sys.executable, sys.version, sys.base_prefix],"
    " open('/result', 'w'))"
)


class DockerSandbox:
    """Runs commands in containers; one instance serves any number of runs at once.

    Args:
        image: the image of boxes; it has `/bin/sh`, coreutils, tar and `python3`.
        program: the `docker` program; default: the one on the path.
        variables: environment variables that say where the engine is; default: ours.
    """

    name = "docker"

    def __init__(
        self,
        image: str,
        *,
        program: Path | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._image = image
        self._program = program
        self._variables = os.environ if variables is None else variables
        self._lock = asyncio.Lock()
        self._engine: DockerEngine | None = None
        self._interpreter: Interpreter | None = None
        self._reason: str | None = None
        self._foreign: frozenset[str] = frozenset()

    async def usable(self) -> str | None:
        """`None` when boxes work here, else why not; a real one is tried once per instance."""
        async with self._lock:
            if self._interpreter is None and self._reason is None:
                try:
                    self._reason = await self._try()
                except SandboxError as error:
                    self._reason = str(error)
        return self._reason

    async def interpreter(self) -> Interpreter:
        """The `python3` of the image."""
        reason = await self.usable()
        if self._interpreter is None:
            raise SandboxError(f"Docker cannot be used on this machine: {reason}")
        return self._interpreter

    async def run(
        self,
        command: Sequence[str],
        *,
        folder: Path,
        environment: Mapping[str, str],
        limits: SandboxLimits,
        read_only: Mapping[str, Path] | None = None,
        writable: Mapping[str, Path] | None = None,
        outlet: Path | None = None,
    ) -> SandboxRun:
        """Run a command in a container of its own; see `Sandbox.run`."""
        await self.interpreter()
        if self._engine is None:
            raise SandboxError("Docker cannot be used on this machine")
        container = self._container(limits, read_only or {}, writable or {}, outlet)
        return await _run(self._engine, container, command, folder, environment)

    def _container(
        self,
        limits: SandboxLimits,
        read_only: Mapping[str, Path],
        writable: Mapping[str, Path],
        outlet: Path | None,
    ) -> Container:
        number = os.geteuid()
        if number == 0:
            number = OWNER if writable else box_user(secrets.randbits(32))
            for path in writable.values():
                os.chown(path, number, number)
        return Container(
            name=f"app-builder-{secrets.token_hex(8)}",
            owner=owner(),
            image=self._image,
            user=number,
            foreign=self._foreign,
            limits=limits,
            read_only=read_only,
            writable=writable,
            outlet=outlet,
        )

    async def _try(self) -> str | None:
        program = self._program or shutil.which("docker")
        if program is None:
            return "no docker program is installed"
        engine = DockerEngine(Path(program), self._variables)
        if reason := await engine.unfit():
            return reason
        await engine.sweep()
        try:
            image = json.loads(await engine.ask("image", "inspect", self._image))[0]
        except SandboxError as error:
            return (
                f"the engine has no image {self._image!r} ({error}): `make sandbox-image` builds "
                "it, and APP_BUILDER_SANDBOX_IMAGE names another"
            )
        set_by_image = (text.partition("=")[0] for text in image["Config"]["Env"] or ())
        self._foreign = frozenset({*set_by_image, "HOME", "HOSTNAME"})
        container = self._container(_TRIAL_LIMITS, {}, {}, None)
        command = ("python3", "-I", "-c", _TRIAL)
        with tempfile.TemporaryDirectory(prefix="sandbox-probe-") as empty:
            run = await _run(engine, container, command, Path(empty), {"PATH": os.defpath})
        try:
            path, version, prefix = json.loads(run.result)
        except ValueError:
            said = f"exit code {run.exit_code}: {run.output.strip()}"
            return f"a trial command in the image {self._image!r} ended by {run.ended_by}, {said}"
        self._engine = engine
        self._interpreter = Interpreter(program=path, identity=f"{image['Id']} {version} {prefix}")
        return None


async def _run(
    engine: DockerEngine,
    container: Container,
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
) -> SandboxRun:
    started = time.monotonic()
    tail = OutputTail()
    with tempfile.TemporaryDirectory(prefix="sandbox-") as name:
        files = Path(name)
        (files / "variables").write_text(variables_file(environment))
        write_box_files(files, container.user)
        await asyncio.to_thread(write_archive, folder, files / "tree.tar")
        try:
            await engine.ask(*create_arguments(container, command, environment, files))
            process = await _start(engine, container.name, files / "tree.tar")
            setup = asyncio.create_task(read_head(process.stderr))
            ended_by = await _supervise(engine, process, container, tail)
            exit_code, out_of_memory = await _outcome(engine, container.name, ended_by)
        finally:
            await engine.remove([container.name])
        said = printable((await setup).decode(errors="replace"))
        await process.wait()
        if READY not in said.splitlines() and ended_by == "exit":
            raise SandboxError(f"the box could not be set up: {said.strip() or 'no reason given'}")
        return SandboxRun(
            exit_code=exit_code,
            output=tail.text,
            seconds=time.monotonic() - started,
            ended_by="memory" if out_of_memory else ended_by,
            result=read_result(files),
        )


async def _start(engine: DockerEngine, name: str, archive: Path) -> asyncio.subprocess.Process:
    with archive.open("rb") as tree:
        return await asyncio.create_subprocess_exec(
            *(engine.program, "start", "--attach", "--interactive", name),
            stdin=tree,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=engine.variables,
            cwd="/",
            start_new_session=True,
        )


async def _supervise(
    engine: DockerEngine,
    process: asyncio.subprocess.Process,
    container: Container,
    tail: OutputTail,
) -> Ending:
    """Let a container run until it ends or passes a bound; afterwards nothing in it is alive."""
    limits = container.limits
    tasks: list[asyncio.Task[Ending]] = [asyncio.create_task(ending(process, tail))]
    if container.writable:
        folders = tuple(container.writable.values())
        tasks.append(asyncio.create_task(watch_growth(folders, limits.disk_mb)))
    try:
        done, _ = await asyncio.wait(
            tasks, timeout=limits.seconds, return_when=asyncio.FIRST_COMPLETED
        )
        for task in tasks:
            if task in done:
                return task.result()
        return "timeout"
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # First the program that takes its output: the engine waits for that to be taken.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.kill()
        while process.stdout is not None and await process.stdout.read(64 * 1024):
            pass  # asyncio reports no exit while a pipe is full


async def _outcome(engine: DockerEngine, name: str, ended_by: Ending) -> tuple[int, bool]:
    """The exit code as a shell gives it, and whether the kernel killed for want of memory."""
    if ended_by != "exit":
        return 137, False
    said = await engine.ask("inspect", "--format", "{{json .State}}", name)
    state = json.loads(said)
    return int(state["ExitCode"]), bool(state["OOMKilled"])
