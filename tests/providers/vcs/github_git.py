"""The git side of a small GitHub: git's own server program over HTTP, and refusals as GitHub's."""

import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

LOGIN = "ann"
_BAND_DATA, _BAND_MESSAGES = b"\x01", b"\x02"

Answer = tuple[int, dict[str, str], bytes]


@dataclass(frozen=True)
class Refusal:
    """What a server says when it does not take a push.

    Attributes:
        reason: stands behind each ref.
        messages: lines that git shows with `remote:` before them.
    """

    reason: str
    messages: tuple[str, ...] = ()

    def answer(self, body: bytes) -> Answer:
        """The answer to a push, as a server that read all of it gives it."""
        report = _line(b"unpack ok\n")
        for name in _refs(body):
            report += _line(b"ng %b %b\n" % (name, self.reason.encode()))
        told = b"".join(
            _line(_BAND_MESSAGES + message.encode() + b"\n") for message in self.messages
        )
        content = told + _line(_BAND_DATA + report + b"0000") + b"0000"
        return 200, {"Content-Type": "application/x-git-receive-pack-result"}, content


def _line(data: bytes) -> bytes:
    return b"%04x%b" % (len(data) + 4, data)


def _refs(body: bytes) -> list[bytes]:
    """Names of the refs that a push wants to move."""
    names: list[bytes] = []
    position = 0
    while (size := int(body[position : position + 4], 16)) != 0:
        command = body[position + 4 : position + size].partition(b"\0")[0]
        names.append(command.split()[2])
        position += size
    return names


@dataclass(frozen=True)
class GitRequest:
    """One request of git's.

    Attributes:
        headers: looks up a header's value, empty if there is none.
    """

    method: str
    path: str
    query: str
    headers: Callable[[str], str]
    body: bytes

    @property
    def is_push(self) -> bool:
        """Whether it brings commits."""
        return self.method == "POST" and self.path.endswith("git-receive-pack")

    def serve(self, folder: Path) -> Answer:
        """Let git answer it."""
        environment = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.method,
            "PATH_INFO": self.path,
            "QUERY_STRING": self.query,
            "CONTENT_TYPE": self.headers("Content-Type"),
            "HTTP_CONTENT_ENCODING": self.headers("Content-Encoding"),
            "GIT_PROTOCOL": self.headers("Git-Protocol"),
            "REMOTE_USER": LOGIN,
            "CONTENT_LENGTH": str(len(self.body)),
        }
        done = subprocess.run(
            ["git", "http-backend"],
            input=self.body,
            env=environment,
            capture_output=True,
            check=True,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        return int(headers.pop("Status", "200").split()[0]), headers, content
