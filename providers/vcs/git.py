"""The git command, cut off from the settings of the person and the machine it runs on."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from core.errors import VersionControlError

CONFIGURATION = (
    # Another user may own the folder, as in a container with a mounted volume.
    "safe.directory=*",
    f"core.hooksPath={os.devnull}",
    "core.fsmonitor=false",
    # Refuses objects that could harm whoever clones them, such as a disguised `.git` in a tree.
    "fetch.fsckObjects=true",
    # Clean-up in the background would outlive the command, and hold the repository's lock.
    "gc.auto=0",
    "maintenance.auto=false",
)
_LAST_LINES = 6
_LINE_CHARACTERS = 330


@dataclass(frozen=True, slots=True)
class Git:
    """Runs git on one repository, which is named outright and never searched for.

    Attributes:
        folder: the git directory, absolute; a bare repository's own folder.
        lock: descriptor of the repository's lock. Every command inherits it, so that the lock is
            held until the last one has ended, even where the process that started it was killed.
        settings: further configuration, as `name=value`; later ones win.
        variables: further environment of every command; never shown.
        descriptors: further open files that every command inherits.
        error_lines: how many of the last lines of a failed command its error has.
    """

    folder: Path
    lock: int | None = None
    settings: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    descriptors: tuple[int, ...] = ()
    error_lines: int = _LAST_LINES

    def with_variables(self, variables: Mapping[str, str]) -> "Git":
        """The same repository, with further environment."""
        return replace(self, variables={**self.variables, **variables})

    async def run(
        self, *arguments: str, stdin: bytes = b"", accepted: Collection[int] = (0,)
    ) -> bytes:
        """Run one git command and wait for it.

        Args:
            *arguments: the command and its arguments.
            stdin: what the command reads.
            accepted: exit codes that are no failure.

        Returns:
            What the command printed.

        Raises:
            VersionControlError: git is missing, or the command failed; has its last lines.
        """
        process = await self._started(arguments)
        try:
            output, errors = await process.communicate(stdin)
        except BaseException:
            await _kill(process)
            raise
        if process.returncode not in accepted:
            raise VersionControlError(
                f"git {arguments[0]} on {str(self.folder)!r} failed with exit code "
                f"{process.returncode}: {_last_lines(errors, self.error_lines)}"
            )
        return output

    async def _started(self, arguments: tuple[str, ...]) -> asyncio.subprocess.Process:
        """Start it; cancelled meanwhile, end it with its children.

        asyncio would end the command alone, and wait for its pipes, which its children hold open.
        """
        starting = asyncio.ensure_future(self._start(arguments))
        try:
            return await asyncio.shield(starting)
        except asyncio.CancelledError:
            await _kill(await starting)
            raise

    async def _start(self, arguments: tuple[str, ...]) -> asyncio.subprocess.Process:
        settings = [
            word for setting in (*CONFIGURATION, *self.settings) for word in ("-c", setting)
        ]
        try:
            return await asyncio.create_subprocess_exec(
                "git",
                f"--git-dir={self.folder}",
                *settings,
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                env={**_environment(), **self.variables},
                pass_fds=(*self.descriptors, *(() if self.lock is None else (self.lock,))),
                # Of its own, so that Ctrl-C reaches git only through us, and its children with it.
                start_new_session=True,
            )
        except OSError as error:
            raise VersionControlError(
                f"git {arguments[0]} could not be started: {error}; install git 2.38 or newer"
            ) from error


def _environment() -> dict[str, str]:
    """Everything git sees of the environment: where programs are, and nothing of a person."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LC_ALL": "C",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_ALLOW_PROTOCOL": "file",
        # Later versions of git may have other defaults; ids and files must stay the same.
        "GIT_DEFAULT_HASH": "sha1",
        "GIT_DEFAULT_REF_FORMAT": "files",
    }


async def _kill(process: asyncio.subprocess.Process) -> None:
    """End a command and whatever it started, and wait until its pipes are closed."""
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
        os.killpg(process.pid, signal.SIGKILL)
    await process.communicate()


def _last_lines(errors: bytes, number: int) -> str:
    lines = errors.decode(errors="replace").strip().splitlines()[-number:]
    return "\n".join(lines)[-number * _LINE_CHARACTERS :] or "it said nothing"
