"""Installs what the projects of a repository declare, and says what their steps run with."""

import asyncio
from pathlib import Path

from core.artifacts.run_plan import Step
from core.errors import InputError
from core.settings import SandboxLimits
from providers.sandbox.environment import InstallFailure, PythonEnvironments
from providers.sandbox.requirements import read_requirements
from providers.sandbox.sandbox import Sandbox
from providers.sandbox.steps import Toolchain


class Unavailable(str):
    """Why no step of a project can be run on this machine, as part of a sentence."""


class Installs:
    """Makes the toolchain of each project of one tree, once.

    Args:
        tree: the repository's working tree; it is read, and nothing of it is run.
        root: folder for everything that is kept on this machine.
        sandbox: where the steps will run, and where the installs do.
        limits: bounds of each install.
    """

    def __init__(self, tree: Path, root: Path, sandbox: Sandbox, limits: SandboxLimits) -> None:
        self._tree = tree
        self._limits = limits
        self._python = PythonEnvironments(root / "environments", sandbox=sandbox, limits=limits)

    async def prepare(self, step: Step) -> Toolchain | InstallFailure | Unavailable:
        """What a step's project needs, installed.

        Raises:
            SandboxError: the installer itself failed.
        """
        if step.ecosystem == "python":
            return await self._of_python(self._tree / step.folder)
        return Unavailable(f"there is no {step.ecosystem} here")

    async def _of_python(self, folder: Path) -> Toolchain | InstallFailure:
        try:
            requirements = await asyncio.to_thread(read_requirements, folder)
        except InputError as error:
            return InstallFailure(f"The dependencies cannot be told: {error}.")
        made = await self._python.prepare(requirements, seconds=self._limits.install_seconds)
        return made if isinstance(made, InstallFailure) else Toolchain.of_python(made)
