"""Starts an application inside a box and asks it for an answer; a program without dependencies.

It is not imported by the rest, but run as `python -I <this file> <request as JSON> <command …>`.
The request says what is asked and where the answer is written. The application listens where it
likes: in a box every listening socket is its own.
"""

import contextlib
import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

_WAIT_SECONDS = 0.1
_ANSWER_SECONDS = 10.0
_KNOWN_BELOW = 400
_BROKEN_FROM = 500
_LISTENING = "0A"
_KILL_SECONDS = 3.0
_SETTLE_SECONDS = 0.5
"""What an application must outlive its answer by, so that the answer was no last word."""


def listening_ports(tables: list[Path]) -> list[int]:
    """TCP ports on which something listens, from the kernel's tables."""
    ports: set[int] = set()
    for table in tables:
        if not table.exists():
            continue
        for line in table.read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == _LISTENING:
                ports.add(int(fields[1].rpartition(":")[2], 16))
    return sorted(ports)


def ask(port: int, path: str) -> int | None:
    """Status of the answer; `None` when the other side does not speak HTTP, or not yet."""
    for host in ("127.0.0.1", "::1"):
        connection = http.client.HTTPConnection(host, port, timeout=_ANSWER_SECONDS)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            continue
        finally:
            connection.close()
    return None


def probe(ports: list[int], paths: list[str]) -> dict[str, Any]:
    """Ask every port for every path until one is served or broken; else the last answer, if any."""
    answer: dict[str, Any] = {}
    for port in ports:
        for path in paths:
            status = ask(port, path)
            if status is None:
                break
            answer = {"port": port, "path": path, "status": status}
            if status < _KNOWN_BELOW or status >= _BROKEN_FROM:
                return answer
    return answer


def watch(process: "subprocess.Popen[bytes]", request: dict[str, Any]) -> dict[str, Any]:
    """Wait for an answer, the application's end or the time's."""
    started = time.monotonic()
    answer: dict[str, Any] = {}
    while not answer and time.monotonic() - started < request["seconds"]:
        ended = process.poll() is not None
        open_ports = listening_ports([Path("/proc/net/tcp"), Path("/proc/net/tcp6")])
        expected = [port for port in open_ports if port == request["port"]]
        others = [port for port in open_ports if port != request["port"]]
        # Another port is asked only where the expected one says nothing: it may be anything's.
        answer = probe(expected, request["paths"]) or probe(others, request["paths"])
        if ended:
            break
        time.sleep(_WAIT_SECONDS)
    if answer:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_SETTLE_SECONDS)
    answer["exit_code"] = process.poll()
    answer["seconds"] = round(time.monotonic() - started, 3)
    return answer


def end(process: "subprocess.Popen[bytes]") -> None:
    """Have the application and its children end, so that what they print is complete."""
    for name in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, name)
            process.wait(_KILL_SECONDS)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def main(arguments: list[str]) -> int:
    """Run the probe; 0 when the application answered, is not broken by its own word, and runs."""
    request: dict[str, Any] = json.loads(arguments[0])
    try:
        process = subprocess.Popen(arguments[1:], start_new_session=True)  # noqa: S603 -- in a box
    except OSError as error:
        print(f"{arguments[1]}: {error.strerror}", file=sys.stderr)  # noqa: T201 -- a program
        answer: dict[str, Any] = {"exit_code": 127, "seconds": 0.0}
    else:
        answer = watch(process, request)
        end(process)
    Path(request["report"]).write_text(json.dumps(answer, sort_keys=True))
    answered = answer.get("status", _BROKEN_FROM) < _BROKEN_FROM
    return 0 if answered and answer["exit_code"] is None else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
