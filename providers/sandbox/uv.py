"""Runs uv, the installer of Python packages, with only what it needs of our environment."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from uv import find_uv_bin

from core.errors import SandboxError
from providers.sandbox.supervision import OutputTail

_NAMES = frozenset(
    {
        "HOME",
        "LANG",
        "LC_ALL",
        "NETRC",
        "PATH",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "SSL_CLIENT_CERT",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_DIRS",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
    }
)
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"})
_UV = "UV_"
_UV_WITHHELD = ("UV_PUBLISH_", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PROJECT", "UV_WORKING_")

# People who configured pip for their package index expect it to be used here as well.
_FROM_PIP = {
    "PIP_INDEX_URL": "UV_DEFAULT_INDEX",
    "PIP_EXTRA_INDEX_URL": "UV_INDEX",
    "PIP_FIND_LINKS": "UV_FIND_LINKS",
    "PIP_CERT": "SSL_CERT_FILE",
}


def uv_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The part of our environment that uv gets: paths, proxies, certificates, index settings."""
    kept = {name: value for name, value in ours.items() if _passes(name)}
    for pip_name, name in _FROM_PIP.items():
        if pip_name in ours and name not in kept:
            # pip separates several values by white space, uv wants spaces or, for links, commas.
            separator = "," if name == "UV_FIND_LINKS" else " "
            kept[name] = separator.join(ours[pip_name].split())
    return kept


def _passes(name: str) -> bool:
    return (
        name in _NAMES
        or name.upper() in _PROXIES
        or (name.startswith(_UV) and not name.startswith(_UV_WITHHELD))
    )


async def run_uv(arguments: Sequence[str], *, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run uv to its end, and kill it with everything it started when this is cancelled.

    It runs in the root folder, so that it takes no settings from a project we happen to stand in.

    Returns:
        Its exit code and the last part of what it printed.

    Raises:
        SandboxError: uv is not installed.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            find_uv_bin(),
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**environment, "UV_NO_PROGRESS": "1", "NO_COLOR": "1"},
            cwd="/",
            umask=0o022,  # the user inside a box must be able to read what is installed
            start_new_session=True,
        )
    except FileNotFoundError as error:
        raise SandboxError(f"uv cannot be started: {error}") from error
    tail = OutputTail()
    try:
        while chunk := await _read(process):
            tail.add(chunk)
        code = await process.wait()
    finally:
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            while await _read(process):  # asyncio reports no exit while a pipe is full
                pass
            await process.wait()
    return code, tail.text.strip()


async def _read(process: asyncio.subprocess.Process) -> bytes:
    return await process.stdout.read(64 * 1024) if process.stdout is not None else b""
