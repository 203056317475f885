"""Runs uv, the installer of Python packages, with only what it needs of our environment."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress

from uv import find_uv_bin

from core.errors import SandboxError
from providers.sandbox.install_box import CACHE
from providers.sandbox.pip_configuration import uv_variables_of_pip
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
_UV_WITHHELD = (
    *("UV_PUBLISH_", "UV_PYTHON", "UV_SYSTEM_PYTHON", "UV_PROJECT", "UV_WORKING_"),
    "UV_COMPILE_BYTECODE",  # we say ourselves, and uv refuses to be told both
)
_UV_OF_THE_HOST = ("UV_TOOL_", "UV_CREDENTIALS_", "UV_ENV_FILE")


def uv_environment(ours: Mapping[str, str]) -> dict[str, str]:
    """The part of our environment that uv gets: paths, proxies, certificates, index settings.

    Raises:
        ConfigurationError: a configuration file of pip's, which counts too, is malformed.
    """
    kept = {name: value for name, value in ours.items() if _passes(name)}
    older = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
    for name, value in uv_variables_of_pip(ours).items():
        if name not in kept and older.get(name) not in kept:
            kept[name] = value
    return kept


def boxed_variables(settings: Mapping[str, str]) -> dict[str, str]:
    """The part of uv's settings that means the same in a box, and where its cache is there."""
    kept = {name: value for name, value in settings.items() if name.startswith(_UV)}
    return {
        **{name: value for name, value in kept.items() if not name.startswith(_UV_OF_THE_HOST)},
        "UV_CACHE_DIR": CACHE,
        "UV_LINK_MODE": "copy",  # the cache and the environment are mounts of their own
        "UV_NO_PROGRESS": "1",
    }


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
