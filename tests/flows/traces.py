"""Finds traces of a secret in whatever a program leaves behind."""

import base64
import json
import subprocess
import threading
import urllib.parse
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path


def forms(secret: str) -> frozenset[bytes]:
    """The secret as it stands, quoted for a URL, and in base64 at each place of a longer text."""
    plain = secret.encode()
    found = {plain, urllib.parse.quote(secret, safe="").encode(), plain.hex().encode()}
    found.add(json.dumps(secret)[1:-1].encode())
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)
        # The first and last letters also depend on the bytes around it.
        found.add(encoded[4 if shift else 0 :].rstrip(b"=")[:-1])
    return frozenset(found)


def holds(data: bytes, secret: str) -> bool:
    """Whether the bytes, or what they are when unpacked, hold the secret in some form."""
    unpacked = [data]
    for bits in (zlib.MAX_WBITS, zlib.MAX_WBITS | 16):  # zlib as in Git, and gzip
        try:
            unpacked.append(zlib.decompress(data, bits))
        except zlib.error:
            continue
    return any(form in text for text in unpacked for form in forms(secret))


def files_with(folder: Path, secret: str) -> list[Path]:
    """Files below a folder that hold the secret in name or content, and Git objects likewise."""
    found = [path for path in folder.rglob("*") if holds(str(path).encode(), secret)]
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink() and holds(path.read_bytes(), secret):
            found.append(path)
        if path.name == "objects" and holds(_git_objects(path.parent), secret):
            found.append(path)
    return found


def _git_objects(repository: Path) -> bytes:
    command = ["git", "-C", str(repository), "cat-file", "--batch-all-objects", "--batch"]
    return subprocess.run(command, check=True, capture_output=True).stdout


class CommandLines:
    """Command lines of all processes of this machine, while they were watched."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()

    def look(self) -> None:
        """Add those of now."""
        self.seen.update(_command_lines())


def _command_lines() -> Iterator[bytes]:
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            yield path.read_bytes()
        except OSError:  # it ended just now
            continue


@contextmanager
def watched_command_lines() -> Generator[CommandLines]:
    """Look again and again, as long as the block runs."""
    lines = CommandLines()
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.05):
            lines.look()

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield lines
    finally:
        done.set()
        watching.join()
