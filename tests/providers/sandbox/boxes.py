"""Real boxes that run Python code, and a look at what they leave behind."""

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path

from core.settings import SandboxLimits
from providers.sandbox.sandbox import Sandbox, SandboxRun


@dataclass(frozen=True)
class Boxes:
    """Runs Python code over a folder, each time in a box of its own."""

    sandbox: Sandbox
    folder: Path

    async def python(
        self,
        code: str,
        *,
        limits: SandboxLimits | None = None,
        environment: dict[str, str] | None = None,
        writable: dict[str, Path] | None = None,
        outlet: Path | None = None,
    ) -> SandboxRun:
        interpreter = await self.sandbox.interpreter()
        return await self.sandbox.run(
            [interpreter.program, "-c", code],
            folder=self.folder,
            environment={"PATH": "/usr/bin:/bin"} if environment is None else environment,
            limits=limits or SandboxLimits(seconds=20),
            read_only=interpreter.mounts,
            writable=writable,
            outlet=outlet,
        )


def alive(mark: str) -> bool:
    """Whether any process on this machine has the mark in its command line."""
    for process in Path("/proc").iterdir():
        try:
            if mark.encode() in (process / "cmdline").read_bytes():
                return True
        except OSError:
            continue
    return False


async def becomes(condition: bool, mark: str, seconds: float = 10) -> bool:
    """Whether a process with the mark comes to life, or dies, within some seconds."""
    end = time.monotonic() + seconds
    while alive(mark) is not condition and time.monotonic() < end:  # noqa: ASYNC110 -- no event
        await asyncio.sleep(0.05)
    return alive(mark) is condition
