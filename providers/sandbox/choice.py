"""Chooses the sandbox by what works on this machine, or by what the operator says."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

from core.errors import SandboxError
from core.settings import SandboxKind, SandboxLimits
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.sandbox.docker import DockerSandbox
from providers.sandbox.sandbox import Interpreter, Sandbox, SandboxRun

_NONE = "APP_BUILDER_SANDBOX_KIND is none"


class ChosenSandbox:
    """The first of some sandboxes that works here, found at the first use.

    Args:
        candidates: in the order in which they are tried.
        reason: why there are none, where there are none.
    """

    def __init__(self, candidates: Sequence[Sandbox], reason: str = "no sandbox is known") -> None:
        self._candidates = tuple(candidates)
        self._lock = asyncio.Lock()
        self._chosen: Sandbox | None = None
        self._reason = "" if candidates else reason

    @property
    def name(self) -> str:
        """The name of the one that was chosen; `none` before, and where none works."""
        return "none" if self._chosen is None else self._chosen.name

    async def usable(self) -> str | None:
        """`None` when one works here, else of each why not."""
        async with self._lock:
            if self._chosen is None and not self._reason:
                await self._choose()
        return self._reason or None

    async def interpreter(self) -> Interpreter:
        """The Python of the one that was chosen."""
        return await (await self._sandbox()).interpreter()

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
        """Run a command in the one that was chosen; see `Sandbox.run`."""
        sandbox = await self._sandbox()
        return await sandbox.run(
            command,
            folder=folder,
            environment=environment,
            limits=limits,
            read_only=read_only,
            writable=writable,
            outlet=outlet,
        )

    async def _choose(self) -> None:
        reasons: list[str] = []
        for candidate in self._candidates:
            reason = await candidate.usable()
            if reason is None:
                self._chosen = candidate
                return
            reasons.append(f"{candidate.name}: {reason}")
        self._reason = "; ".join(reasons)

    async def _sandbox(self) -> Sandbox:
        reason = await self.usable()
        if self._chosen is None:
            raise SandboxError(f"no sandbox works on this machine: {reason}")
        return self._chosen


def choose_sandbox(kind: SandboxKind, image: str) -> ChosenSandbox:
    """The sandbox of a build; which one it is shows at its first use.

    Args:
        kind: what the operator wants; `auto` is bubblewrap where it works, which needs no engine
            and no image, else Docker.
        image: the image of Docker's boxes.
    """
    match kind:
        case "auto":
            return ChosenSandbox([BubblewrapSandbox(), DockerSandbox(image)])
        case "bubblewrap":
            return ChosenSandbox([BubblewrapSandbox()])
        case "docker":
            return ChosenSandbox([DockerSandbox(image)])
        case "none":
            return ChosenSandbox([], _NONE)
