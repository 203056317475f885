"""A folder of installed environments, each made once and never changed again."""

import asyncio
import fcntl
import hashlib
import json
import shutil
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from core.errors import SandboxError
from providers.sandbox.install_box import InstallFailure

_LOCK_SECONDS = 0.1

Install = Callable[[Path], Awaitable[str | None]]
"""Installs into an empty folder; tells why it failed, or `None`."""


class EnvironmentCache:
    """Any number of tasks and processes may share the folder.

    Args:
        folder: where the environments are kept; made when it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    async def get(self, name: str, install: Install, *, seconds: float) -> Path | InstallFailure:
        """The environment of this name, installed at the first use.

        Args:
            name: differs where what is installed differs, as `environment_name` gives it.
            install: makes it.
            seconds: most time for it, waiting for another build's install included.

        Raises:
            SandboxError: the installer is missing or the folder cannot be written.
        """
        target = self._folder / name
        if target.exists():
            return target
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            async with asyncio.timeout(seconds), _locked(target.with_suffix(".lock")):
                if target.exists():
                    return target
                return await _make(target, install)
        except TimeoutError:
            return InstallFailure(f"the install did not end within {seconds:g} s")
        except OSError as error:
            raise SandboxError(f"no environment can be made in {self._folder}: {error}") from error


def environment_name(kind: str, parts: Mapping[str, object]) -> str:
    """Name of the environment that these parts make, such as `python-…`.

    Args:
        kind: what it begins with.
        parts: everything that decides what is installed, as JSON values.
    """
    digest = hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
    return f"{kind}-{digest[:32]}"


def installer_cache(variables: Mapping[str, str], installer: str) -> Path:
    """The folder where an installer keeps what it fetched, for all builds of this user; made.

    It is not the one that the user's own installs use: what a box wrote stays out of those.

    Raises:
        SandboxError: the folder cannot be made.
    """
    home = variables.get("HOME") or str(Path("~").expanduser())
    base = variables.get("XDG_CACHE_HOME") or f"{home}/.cache"
    folder = Path(base, "app-builder", installer)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SandboxError(
            f"no cache for installs can be made in {str(folder)!r}: {error}; set XDG_CACHE_HOME to "
            "a folder that can be written to"
        ) from error
    return folder


async def _make(target: Path, install: Install) -> Path | InstallFailure:
    partial = target.with_suffix(".partial")
    await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
    partial.mkdir()
    home = partial / "home"
    home.mkdir()
    try:
        if reason := await install(home):
            return InstallFailure(reason)
        home.rename(target)
    finally:
        await asyncio.to_thread(shutil.rmtree, partial, ignore_errors=True)
    return target


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
