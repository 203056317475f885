"""What every sandbox offers: one command over one folder, bounded, with nothing of ours inside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

from core.settings import SandboxLimits

WORK_FOLDER = "/work"
"""Where a command finds its copy of the folder it was given; also its current folder."""

TEMPORARY_FOLDER = "/tmp"  # noqa: S108 -- a path inside the box, private to it
"""Where a command may keep temporary files; also its home."""

RESULT_PATH = "/result"
"""The one file whose content a command can hand out, as `SandboxRun.result`."""

RESULT_BYTES = 16 * 1024 * 1024
"""Most bytes of a result; one more is handed out, so that a reader sees that it is too long."""

Ending = Literal["exit", "timeout", "memory", "disk", "output"]
"""`exit`: the command ended by itself; else the bound at which everything inside was killed."""


@dataclass(frozen=True, slots=True)
class SandboxRun:
    """How one command ended.

    Attributes:
        exit_code: the command's exit code; 128 + n when signal n killed it.
        output: the last part of what it printed, both streams in the order they were written,
            without control characters.
        seconds: wall time, set-up of the box included.
        ended_by: why it ended.
        result: what it wrote to `RESULT_PATH`, at most `RESULT_BYTES` and one byte more.
    """

    exit_code: int
    output: str
    seconds: float
    ended_by: Ending
    result: bytes = b""


@dataclass(frozen=True, slots=True)
class Interpreter:
    """The Python that boxes have.

    Attributes:
        program: its path inside.
        identity: another text where environments made for one do not fit the other.
        mounts: what it needs to be shown, as `read_only` of `Sandbox.run`.
    """

    program: str
    identity: str
    mounts: Mapping[str, Path] = field(default_factory=dict[str, Path])


class Sandbox(Protocol):
    """A place where generated code may run."""

    @property
    def name(self) -> str:
        """The name that reports give it, such as `bubblewrap`."""
        ...

    async def usable(self) -> str | None:
        """`None` when boxes work on this machine, else why not, in one sentence."""
        ...

    async def interpreter(self) -> Interpreter:
        """The Python that boxes have.

        Raises:
            SandboxError: no box works here.
        """
        ...

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
        """Run a command over a copy of a folder; when this returns, nothing of it is alive.

        What the command writes dies with the box, except for `RESULT_PATH` and what `writable`
        names. Our own environment, files and processes do not exist inside. It has a loopback
        interface of its own and no network.

        Args:
            command: program and arguments as they are inside.
            folder: appears as `WORK_FOLDER`, without its `.git`; the original is never written to.
            environment: the command's environment variables, all of them.
            limits: bounds of the run.
            read_only: files and folders of this machine, by their path inside.
            writable: folders of this machine that the command may write to, by their path inside;
                together they may grow by `limits.disk_mb`. Only for programs of ours: generated
                code gets none.
            outlet: a Unix socket that appears as `providers.sandbox.outlet.SOCKET`, the one way out
                of the box; also only for programs of ours.

        Raises:
            SandboxError: the box could not be set up; how the command fares is a result.
        """
        ...
