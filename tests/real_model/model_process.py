"""Starts the real model's server in a process and an environment of its own."""

import ctypes
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.real_model import serve

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-llm" / "bin" / "python"
"""Of the environment that `make test-llm` makes."""
CONTEXT_TOKENS = 3_072
"""Of prompt and answer. A model this small often finds no end, so this is what bounds a call; it
is less than the catalogue believes, and later prompts may not fit, as on many a local server."""

_START_SECONDS = 120.0
_STOP_SECONDS = 10.0
_OPENMP = "libgomp.so.1"


@dataclass(frozen=True)
class RealModel:
    """A running server of a real model.

    Attributes:
        base_url: what `LOCAL_LLM_BASE_URL` must say.
        key: what `LOCAL_LLM_API_KEY` must say.
        log: what the server reports of itself.
    """

    base_url: str
    key: str
    log: Path


@contextmanager
def real_model(folder: Path, key: str) -> Generator[RealModel]:
    """A server that ends with the block, or with this process.

    Args:
        folder: for its log, and what else it needs.
        key: the only one it lets in.

    Raises:
        FileNotFoundError: its environment is missing.
        RuntimeError: it did not start.
    """
    if not PYTHON.exists():
        raise FileNotFoundError(f"there is no {PYTHON}; `make test-llm` makes it, then runs this")
    log = folder / "model.log"
    command = [PYTHON, Path(serve.__file__), f"--context={CONTEXT_TOKENS}"]
    with (
        log.open("wb") as report,
        subprocess.Popen(
            command,
            env={**os.environ, serve.KEY_VARIABLE: key, **_libraries(folder)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=report,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            address = _first_line(process.stdout)
            if not address:
                process.kill()
                said = log.read_text(errors="replace")[-4_000:]
                raise RuntimeError(f"the model's server did not start; it said:\n{said}")
            yield RealModel(f"{address}/v1", key, log)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _first_line(output: IO[str]) -> str:
    """The address, or nothing if the server ended or took too long."""
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: lines.put(output.readline()), daemon=True).start()
    try:
        return lines.get(timeout=_START_SECONDS).strip()
    except queue.Empty:
        return ""


def _libraries(folder: Path) -> dict[str, str]:
    """Variables by which the server finds an OpenMP runtime where the system has none."""
    if sys.platform != "linux" or _is_there(_OPENMP):
        return {}
    bundled = next((PYTHON.parents[1] / "lib").glob("*/site-packages/*.libs/libgomp*.so*"))
    (folder / _OPENMP).symlink_to(bundled)
    others = os.environ.get("LD_LIBRARY_PATH", "")
    return {"LD_LIBRARY_PATH": f"{folder}:{others}".rstrip(":")}


def _is_there(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True
