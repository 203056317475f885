"""Real boxes that run Python code, and a look at what they leave behind."""

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from core.settings import SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.environment import INSIDE, PythonEnvironment
from providers.sandbox.sandbox import SandboxRun

INTERPRETER = os.path.realpath(sys.executable)


@dataclass(frozen=True)
class Boxes:
    """Runs Python code over a folder, each time in a box of its own."""

    sandbox: BubblewrapSandbox
    folder: Path

    async def python(
        self,
        code: str,
        *,
        limits: SandboxLimits | None = None,
        environment: dict[str, str] | None = None,
        network: bool = False,
    ) -> SandboxRun:
        mounts = PythonEnvironment(self.folder).mounts
        del mounts[INSIDE]
        return await self.sandbox.run(
            [INTERPRETER, "-c", code],
            folder=self.folder,
            environment={"PATH": "/usr/bin:/bin"} if environment is None else environment,
            limits=limits or SandboxLimits(seconds=20),
            read_only=mounts,
            network=network,
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
