"""Runs installers in boxes whose only way out leads to the package indexes."""

import os
import re
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from core.settings import SandboxLimits
from providers.sandbox import outlet
from providers.sandbox.index_proxy import Address, IndexProxy
from providers.sandbox.sandbox import TEMPORARY_FOLDER, Ending, Sandbox

CACHE = "/cache"
"""Where a box finds the installers' cache."""

_OUTLET = "/outlet.py"
_CERTIFICATES = "/certificates.pem"
_PROXY = f"http://127.0.0.1:{outlet.PORT}"
_PORTS = {"http": 80, "https": 443}
_FILE_URL = re.compile(r"file://(?:localhost)?(/[^\s,#]*)")
_SEPARATORS = re.compile(r"[\s,]+")

_ENDINGS: dict[Ending, str] = {
    "timeout": "the install did not end in time",
    "memory": "the install took more than {limits.memory_mb} MiB of memory",
    "disk": "the install took more than {limits.disk_mb} MiB of disk space",
    "output": "the installer printed without end",
}


@dataclass(frozen=True, slots=True)
class InstallFailure:
    """The packages could not be installed.

    Attributes:
        reason: the installer's own words.
    """

    reason: str


@dataclass(frozen=True, slots=True)
class WayOut:
    """What an installer may reach.

    Attributes:
        addresses: of the package indexes and of their files.
        folders: files and folders of this machine that its settings name; it sees them at the same
            place, read-only.
    """

    addresses: frozenset[Address] = frozenset()
    folders: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class _Install:
    """How one try ended.

    Attributes:
        reason: why it failed, or `None`.
        ended: whether a bound ended it, so that another try would come to the same end.
    """

    reason: str | None
    ended: bool = False


class InstallBox:
    """Runs programs of ours that install packages; nothing that they install runs.

    Args:
        sandbox: makes the boxes.
        limits: bounds of an install, with `disk_mb` for what it may write.
        variables: environment variables that say through which proxy this machine goes, and which
            certificates it trusts.
    """

    def __init__(
        self, sandbox: Sandbox, limits: SandboxLimits, variables: Mapping[str, str]
    ) -> None:
        self._sandbox = sandbox
        self._limits = limits
        self._variables = variables

    async def install(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        offline: Mapping[str, str],
        read_only: Mapping[str, Path],
        writable: Mapping[str, Path],
        way_out: WayOut,
    ) -> str | None:
        """Run an installer, and where that fails once more without a way out.

        What it fetched for earlier installs may be enough, as on a machine without a network.

        Args:
            command: program and arguments as they are inside.
            environment: its environment variables, but those for the proxy and the certificates.
            offline: further variables, by which it does not ask for what it has.
            read_only: files and folders of this machine, by their path inside.
            writable: folders it installs into and caches in, by their path inside.
            way_out: what it may reach.

        Returns:
            `None` when it succeeded, else why not: what it printed last, and what it asked for in
            vain.

        Raises:
            SandboxError: the box could not be set up.
        """
        mounts = {**read_only, **{str(path): path for path in way_out.folders}}

        async def run(variables: Mapping[str, str], addresses: Collection[Address]) -> _Install:
            return await self._run(
                command, {**environment, **variables}, mounts, writable, addresses
            )

        first = await run({}, way_out.addresses)
        if first.reason and not first.ended and (await run(offline, ())).reason is None:
            return None
        return first.reason

    async def _run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        read_only: Mapping[str, Path],
        writable: Mapping[str, Path],
        addresses: Collection[Address],
    ) -> _Install:
        interpreter = await self._sandbox.interpreter()
        mounts = {**interpreter.mounts, **read_only, _OUTLET: Path(outlet.__file__)}
        variables = {**_BASE, **environment, **dict.fromkeys(_PROXY_VARIABLES, _PROXY)}
        if certificates := _certificates(self._variables):
            mounts[_CERTIFICATES] = certificates
            variables |= dict.fromkeys(_CERTIFICATE_VARIABLES, _CERTIFICATES)
        async with IndexProxy(addresses, self._variables) as proxy:
            with tempfile.TemporaryDirectory(prefix="install-") as empty:
                run = await self._sandbox.run(
                    (interpreter.program, "-I", _OUTLET, *command),
                    folder=Path(empty),
                    environment=variables,
                    limits=self._limits,
                    read_only=mounts,
                    writable=writable,
                    outlet=proxy.socket,
                )
        if run.ended_by != "exit":
            return _Install(_ENDINGS[run.ended_by].format(limits=self._limits), ended=True)
        if run.exit_code == 0:
            return _Install(None)
        said = run.output.strip() or f"the installer ended with exit code {run.exit_code}"
        asked = [f"It may not reach {address}." for address in proxy.refused]
        return _Install("\n".join([said, *asked]))


_BASE = {
    "HOME": TEMPORARY_FOLDER,
    "LANG": "C.UTF-8",
    "NO_COLOR": "1",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "TMPDIR": TEMPORARY_FOLDER,
}
_PROXY_VARIABLES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"),
    *("npm_config_proxy", "npm_config_https_proxy"),
)
_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS")


def install_limits(limits: SandboxLimits, seconds: float) -> SandboxLimits:
    """Bounds of a box that installs, from the settings and the time that is left."""
    disk = limits.install_disk_mb
    return limits.model_copy(update={"seconds": seconds, "disk_mb": disk, "file_mb": disk})


def _certificates(variables: Mapping[str, str]) -> Path | None:
    """The file of trusted certificates that our environment names, if it names one."""
    for name in _CERTIFICATE_VARIABLES:
        path = Path(variables.get(name) or "/dev/null")
        if path.is_file():
            return path.resolve()
    return None


def addresses_of(urls: Collection[str]) -> frozenset[Address]:
    """Hosts and ports of those addresses that are reached over a network."""
    found: set[Address] = set()
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme in _PORTS and parts.hostname:
            found.add((parts.hostname, parts.port or _PORTS[parts.scheme]))
    return frozenset(found)


def folders_of(values: Collection[str]) -> tuple[Path, ...]:
    """Files and folders of this machine that the values of settings name, as far as they exist."""
    found: dict[Path, None] = {}
    for value in values:
        for path in _paths(value):
            # An index in a folder of this name keeps its files beside it (PEP 503 leaves it open).
            shown = path.parent if path.name == "simple" else path
            if shown.exists() and not shown.is_relative_to("/usr") and shown != Path("/"):
                found[shown] = None
    return tuple(found)


def _paths(value: str) -> Iterator[Path]:
    for match in _FILE_URL.finditer(value):
        yield Path(os.path.normpath(unquote(match[1])))
    for word in _SEPARATORS.split(_FILE_URL.sub(" ", value)):
        if word.startswith("/") and not word.startswith("//"):
            yield Path(os.path.normpath(word))
