"""Python environments with what generated repositories need, made once for each set of needs."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from uv import find_uv_bin

from core.errors import SandboxError
from core.printable import stable_text
from core.settings import SandboxLimits
from providers.sandbox.boxed_indexes import boxed_indexes
from providers.sandbox.environment_cache import EnvironmentCache, environment_name, installer_cache
from providers.sandbox.index_addresses import python_way_out
from providers.sandbox.install_box import (
    CACHE,
    InstallBox,
    InstallFailure,
    install_limits,
)
from providers.sandbox.sandbox import Interpreter, Sandbox
from providers.sandbox.uv import boxed_variables, uv_environment

INSIDE = "/environment"
"""Where a box finds the environment it was given."""

_UV = "/uv"
_WANTED = f"{INSIDE}/requirements.txt"
_FORMAT = 3  # part of the name: raise it when environments are made in another way

# Byte code is made here, as no box that uses an environment can write into it. Not by the
# environment's own interpreter, which would run what packages want run at every start. A file that
# is no Python, as some templates in packages, keeps nobody from using the rest.
_INSTALL = """
set -e
"$UV" venv --quiet --allow-existing --no-project --python "$1" "$2"
"$UV" pip install --quiet --only-binary :all: --no-compile \
  --python "$2/bin/python" --requirements "$2/requirements.txt"
"$1" -I -m compileall -qq "$2/lib" || true
"""


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """An environment that is complete and never changes again.

    Attributes:
        folder: where it is on this machine. Nothing outside a box may run its interpreter, because
            installed packages can have code run whenever it starts.
        interpreter: the Python it was made for, of the sandbox it was made in.
    """

    folder: Path
    interpreter: Interpreter

    @property
    def mounts(self) -> dict[str, Path]:
        """What a box needs to see, by path inside: the environment and its base interpreter."""
        return {INSIDE: self.folder, **self.interpreter.mounts}

    @property
    def python(self) -> str:
        """Path of the interpreter inside a box."""
        return f"{INSIDE}/bin/python"


class PythonEnvironments:
    """Makes environments in a cache folder and finds them again.

    Any number of tasks and processes may share the folder. They are made in boxes of the sandbox
    where they are used, by uv, who can reach the configured package indexes and nothing else.

    Args:
        folder: where the environments are kept; made when it is missing.
        sandbox: where they will be used.
        limits: bounds of an install.
        variables: environment variables to take the installer's settings from; default: ours.
    """

    def __init__(
        self,
        folder: Path,
        *,
        sandbox: Sandbox,
        limits: SandboxLimits | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self._cache = EnvironmentCache(folder)
        self._sandbox = sandbox
        self._limits = limits or SandboxLimits()
        self._variables = os.environ if variables is None else variables

    async def prepare(
        self, requirements: Sequence[str], *, seconds: float
    ) -> PythonEnvironment | InstallFailure:
        """An environment with these requirements.

        One that exists is used as it is, without a network. Only wheels are installed, so that
        nothing from outside runs.

        Args:
            requirements: as `read_requirements` gives them.
            seconds: most time for it, waiting for another build's install included.

        Raises:
            SandboxError: no box works, the installer is missing or the cache folder cannot be
                written.
            ConfigurationError: uv's or pip's settings cannot be understood.
        """
        interpreter = await self._sandbox.interpreter()
        name = environment_name(
            "python",
            {
                "format": _FORMAT,
                "requirements": sorted(requirements),
                "interpreter": interpreter.identity,
            },
        )

        async def install(target: Path) -> str | None:
            return await self._install(target, requirements, interpreter, seconds)

        made = await self._cache.get(name, install, seconds=seconds)
        return made if isinstance(made, InstallFailure) else PythonEnvironment(made, interpreter)

    async def _install(
        self, target: Path, requirements: Sequence[str], interpreter: Interpreter, seconds: float
    ) -> str | None:
        settings = uv_environment(self._variables)
        (target / "requirements.txt").write_text("".join(f"{text}\n" for text in requirements))
        indexes = await boxed_indexes(settings)
        way_out = await python_way_out(requirements, settings, self._limits.install_hosts)
        limits = install_limits(self._limits, seconds)
        box = InstallBox(self._sandbox, limits, settings)

        reason = await box.install(
            ("/bin/sh", "-c", _INSTALL, "sh", interpreter.program, INSIDE),
            environment={**boxed_variables(settings), **indexes, "UV": _UV},
            offline={"UV_OFFLINE": "1"},
            read_only={_UV: _uv_program()},
            writable={INSIDE: target, CACHE: installer_cache(settings, "uv")},
            way_out=way_out,
        )
        return reason and stable_text(reason, {_WANTED: "requirements.txt"})


def _uv_program() -> Path:
    try:
        return Path(find_uv_bin())
    except FileNotFoundError as error:
        raise SandboxError(f"uv cannot be started: {error}") from error
