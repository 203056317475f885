"""Python environments with what generated repositories need, made once for each set of needs."""

import asyncio
import fcntl
import hashlib
import json
import os
import shutil
import sys
import sysconfig
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from core.errors import SandboxError
from core.printable import stable_text
from providers.sandbox.uv import run_uv, uv_environment

INSIDE = "/environment"
"""Where a box finds the environment it was given."""

_LOCK_SECONDS = 0.1
_FORMAT = 1  # part of the key: raise it when environments are made in another way


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """An environment that is complete and never changes again.

    Attributes:
        folder: where it is on this machine. Nothing outside a box may run its interpreter, because
            installed packages can have code run whenever it starts.
    """

    folder: Path

    @property
    def mounts(self) -> dict[str, Path]:
        """What a box needs to see, by path inside: the environment and its base interpreter."""
        prefixes = {Path(sys.base_prefix), Path(sys.base_exec_prefix)}
        prefixes |= {prefix.resolve() for prefix in prefixes}
        outside = sorted(prefix for prefix in prefixes if not prefix.is_relative_to("/usr"))
        return {INSIDE: self.folder, **{str(prefix): prefix for prefix in outside}}

    @property
    def python(self) -> str:
        """Path of the interpreter inside a box."""
        return f"{INSIDE}/bin/python"


@dataclass(frozen=True, slots=True)
class InstallFailure:
    """The packages could not be installed.

    Attributes:
        reason: the installer's own words.
    """

    reason: str


class PythonEnvironments:
    """Makes environments in a cache folder and finds them again.

    Any number of tasks and processes may share the folder.

    Args:
        folder: where the environments are kept; made when it is missing.
        variables: environment variables to take the installer's settings from; default: ours.
    """

    def __init__(self, folder: Path, *, variables: Mapping[str, str] | None = None) -> None:
        self._folder = folder.absolute()
        self._variables = uv_environment(os.environ if variables is None else variables)

    async def prepare(
        self, requirements: Sequence[str], *, seconds: float
    ) -> PythonEnvironment | InstallFailure:
        """An environment with these requirements for the interpreter that runs us.

        One that exists is used as it is, without a network. Only wheels are installed, so that
        nothing from outside runs here.

        Args:
            requirements: as `read_requirements` gives them.
            seconds: most time for it, waiting for another build's install included.

        Raises:
            SandboxError: the installer is missing or the cache folder cannot be written.
        """
        target = self._folder / environment_key(requirements)
        environment = PythonEnvironment(target)
        if target.exists():
            return environment
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            async with asyncio.timeout(seconds), _locked(target.with_suffix(".lock")):
                if target.exists():
                    return environment
                return await self._make(environment, requirements)
        except TimeoutError:
            return InstallFailure(f"the install did not end within {seconds:g} s")
        except OSError as error:
            raise SandboxError(f"no environment can be made in {self._folder}: {error}") from error

    async def _make(
        self, environment: PythonEnvironment, requirements: Sequence[str]
    ) -> PythonEnvironment | InstallFailure:
        partial = environment.folder.with_suffix(".partial")
        await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
        partial.mkdir()
        wanted = partial / "requirements.txt"
        wanted.write_text("".join(f"{requirement}\n" for requirement in requirements))
        home = partial / "home"
        interpreter = ("--python", sys.executable, "--no-python-downloads")
        create = ("venv", "--quiet", "--relocatable", "--no-project", *interpreter, str(home))
        install = (
            *("pip", "install", "--quiet", "--only-binary", ":all:", "--no-compile"),
            *("--python", str(home / "bin/python"), "--requirements", str(wanted)),
        )
        code, said = await run_uv(create, environment=self._variables)
        if code == 0:
            code, said = await run_uv(install, environment=self._variables)
        if code != 0 and home.exists() and await self._installs_offline(install):
            code = 0
        if code != 0:
            names = {str(home): INSIDE, str(wanted): "requirements.txt"}
            return InstallFailure(stable_text(said, names) or f"uv ended with exit code {code}")
        home.rename(environment.folder)
        await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
        return environment

    async def _installs_offline(self, install: Sequence[str]) -> bool:
        """Whether what uv fetched for earlier environments is enough, as without a network."""
        code, _ = await run_uv((*install, "--offline"), environment=self._variables)
        return code == 0


def environment_key(requirements: Sequence[str]) -> str:
    """Name of the environment with these requirements, for this interpreter and machine type."""
    parts = {
        "format": _FORMAT,
        "requirements": sorted(requirements),
        "python": sys.version,
        "prefix": sys.base_prefix,
        "platform": sysconfig.get_platform(),
    }
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"python-{digest[:32]}"


@asynccontextmanager
async def _locked(path: Path) -> AsyncGenerator[None]:
    """Hold a lock that other tasks and processes respect; the system frees it if we die."""
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(_LOCK_SECONDS)
        yield
