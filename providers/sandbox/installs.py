"""Installs what the projects of a repository declare, and says what their steps run with."""

import asyncio
import re
from pathlib import Path

from core.artifacts.run_plan import Step
from core.errors import ConfigurationError, InputError
from core.settings import SandboxLimits
from providers.sandbox.environment import PythonEnvironments
from providers.sandbox.install_box import InstallFailure
from providers.sandbox.node_environment import NodeEnvironments
from providers.sandbox.requirements import read_requirements
from providers.sandbox.sandbox import Sandbox
from providers.sandbox.steps import Toolchain, run_step

_GO_SECONDS = 30.0
_GO_MANIFEST = "go.mod"
_GO_REQUIRES = re.compile(r"(?m)^\s*require\b")


class Unavailable(str):
    """Why no step of a project can be run on this machine, as part of a sentence."""


class Installs:
    """Makes the toolchain of each project of one tree.

    Args:
        tree: the repository's working tree; it is read, and nothing of it is run.
        root: folder for everything that is kept on this machine.
        sandbox: where the steps will run, and where the installs do.
        limits: bounds of each install.
    """

    def __init__(self, tree: Path, root: Path, sandbox: Sandbox, limits: SandboxLimits) -> None:
        self._tree = tree
        self._sandbox = sandbox
        self._limits = limits
        folder = root / "environments"
        self._python = PythonEnvironments(folder, sandbox=sandbox, limits=limits)
        self._node = NodeEnvironments(folder, sandbox=sandbox, limits=limits)

    async def prepare(self, step: Step) -> Toolchain | InstallFailure | Unavailable:
        """What a step's project needs, installed.

        Raises:
            SandboxError: the installer itself failed.
            ConfigurationError: the installer's settings cannot be understood.
        """
        folder = self._tree / step.folder
        try:
            match step.ecosystem:
                case "python":
                    return await self._of_python(folder)
                case "npm":
                    return await self._of_node(folder)
                case "go":
                    return await self._of_go(folder, step)
        except ConfigurationError:
            raise
        except InputError as error:
            return InstallFailure(f"The dependencies cannot be told: {error}.")

    async def _of_python(self, folder: Path) -> Toolchain | InstallFailure:
        requirements = await asyncio.to_thread(read_requirements, folder)
        made = await self._python.prepare(requirements, seconds=self._limits.install_seconds)
        return made if isinstance(made, InstallFailure) else Toolchain.of_python(made)

    async def _of_node(self, folder: Path) -> Toolchain | InstallFailure:
        made = await self._node.prepare(folder, seconds=self._limits.install_seconds)
        return made if isinstance(made, InstallFailure) else Toolchain.of_node(made)

    async def _of_go(self, folder: Path, step: Step) -> Toolchain | Unavailable:
        """The Go that boxes have already; none is installed, and no module is fetched."""
        text = await asyncio.to_thread((folder / _GO_MANIFEST).read_text, errors="replace")
        if _GO_REQUIRES.search(text) and not (folder / "vendor").is_dir():
            return Unavailable(
                "modules of Go are not fetched, and it has none in a folder 'vendor'"
            )
        asked = step.model_copy(update={"command": ("go", "version"), "boot": None, "tools": ()})
        limits = self._limits.model_copy(update={"seconds": _GO_SECONDS})
        run = await run_step(
            asked, self._tree, sandbox=self._sandbox, toolchain=Toolchain(), limits=limits
        )
        if run.exit_code != 0:
            return Unavailable("the sandbox has no Go")
        return Toolchain()
