"""Talks to a Docker engine of this machine by the `docker` program."""

import asyncio
import os
import socket
import struct
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from core.errors import SandboxError
from core.printable import printable

LABEL = "app-builder.sandbox"
"""Label of every container of ours; its value says whose it is."""

_ANSWER_SECONDS = 30.0
_UNIX = "unix://"
_PEER = struct.Struct("3i")  # struct ucred: process, user, group
_MARKS_OF_A_CONTAINER = (Path("/.dockerenv"), Path("/run/.containerenv"))
_MOUNTS = Path("/proc/self/mountinfo")
_PASSED = frozenset({"HOME", "LANG", "PATH", "XDG_RUNTIME_DIR"})


class DockerEngine:
    """The engine that the `docker` program is configured for.

    Args:
        program: the `docker` program.
        variables: our environment variables; it gets those that say where the engine is.
    """

    def __init__(self, program: Path, variables: Mapping[str, str]) -> None:
        self.program = program
        self.variables = {
            name: value
            for name, value in variables.items()
            if name in _PASSED or name.startswith("DOCKER_")
        }

    async def ask(self, *arguments: str) -> str:
        """Run a command of `docker` to its end; what it prints.

        Raises:
            SandboxError: it failed or does not answer; its own words.
        """
        try:
            process = await asyncio.create_subprocess_exec(
                *(self.program, *arguments),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env=self.variables,
                cwd="/",
            )
        except OSError as error:
            raise SandboxError(f"{str(self.program)!r} cannot be started: {error}") from error
        try:
            async with asyncio.timeout(_ANSWER_SECONDS):
                said, complaint = await process.communicate()
        except TimeoutError as error:
            raise SandboxError(
                f"`docker {arguments[0]}` does not answer within {_ANSWER_SECONDS:g} s"
            ) from error
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode != 0:
            words = printable(complaint.decode(errors="replace")).strip()
            raise SandboxError(f"`docker {arguments[0]}` failed: {words or 'no reason given'}")
        return said.decode(errors="replace").strip()

    async def unfit(self) -> str | None:
        """Why boxes must not be made with this engine, or `None`.

        Raises:
            SandboxError: it does not answer.
        """
        host = await self.ask("context", "inspect", "--format", "{{.Endpoints.docker.Host}}")
        if not host.startswith(_UNIX):
            return f"the engine at {host!r} is not on this machine, whose files boxes are shown"
        path = Path(host.removeprefix(_UNIX))
        try:
            peer = await asyncio.to_thread(listener_of, path)
        except OSError as error:
            return f"no engine answers at {str(path)!r}: {error.strerror}"
        if peer == 0 or (_in_container() and _is_mounted(path)):
            return (
                f"this process runs in a container, and the engine of {str(path)!r} outside of it: "
                "whoever reaches that socket rules the whole machine, so it must not be given to a "
                "worker; use bubblewrap with the seccomp profile for workers instead"
            )
        if "rootless" in await self.ask("info", "--format", "{{json .SecurityOptions}}"):
            return "the engine is rootless, where the users of boxes are not those of this machine"
        return None

    async def sweep(self) -> None:
        """Remove the containers of ours whose makers are dead.

        Raises:
            SandboxError: the engine does not answer.
        """
        line = f'{{{{.ID}}}} {{{{.Label "{LABEL}"}}}}'
        listed = await self.ask(
            *("ps", "--all", "--no-trunc", "--filter", f"label={LABEL}", "--format", line)
        )
        pairs = [text.split(" ", 1) for text in listed.splitlines()]
        dead = [pair[0] for pair in pairs if len(pair) > 1 and not is_alive(pair[1])]
        await self.remove(dead)

    async def remove(self, containers: Sequence[str]) -> None:
        """Kill and remove containers, as far as they exist.

        Raises:
            SandboxError: the engine does not answer, or cannot remove one.
        """
        for container in containers:
            try:
                await self.ask("rm", "--force", "--volumes", container)
            except SandboxError as error:
                if "No such container" not in str(error):
                    raise


def owner() -> str:
    """Who we are, for `LABEL`: our process number and when it began."""
    return f"{os.getpid()}-{_began(os.getpid())}"


def is_alive(owner: str) -> bool:
    """Whether the process that `owner` told of itself still runs."""
    number, _, began = owner.partition("-")
    return number.isdigit() and _began(int(number)) == began


def _began(process: int) -> str:
    """When a process began, in the kernel's ticks; nothing when there is none."""
    with suppress(OSError):
        # The name before the last parenthesis can hold anything; this is the 22nd field in all.
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def listener_of(path: Path) -> int:
    """Number of the process that listens on a socket; 0 for one that our container does not see.

    Raises:
        OSError: nobody listens there, or we may not connect.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(_ANSWER_SECONDS)
        connection.connect(str(path))
        said = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    return int(_PEER.unpack(said)[0])


def _in_container() -> bool:
    return any(mark.exists() for mark in _MARKS_OF_A_CONTAINER)


def _is_mounted(path: Path) -> bool:
    """Whether a path is a mount of its own, as a socket given to a container is."""
    places = [line.split(" ")[4] for line in _MOUNTS.read_text().splitlines()]
    return str(path.resolve()) in places
