"""Gives a command in a box the one way out that was shown to it; a program without dependencies.

It is not imported by the rest, but run as `python -I <this file> <command …>` inside: it listens on
the box's own loopback interface, where installers expect a proxy, and passes every connection on to
the socket of the proxy outside.
"""

import contextlib
import socket
import subprocess
import sys
import threading

SOCKET = "/outlet"
"""Where the box finds the proxy's socket."""

PORT = 3128
"""Port of the box's own loopback interface; nothing else is there when it starts."""

_CHUNK = 64 * 1024


def serve(listener: socket.socket, path: str) -> None:
    """Pass on every connection until the box ends."""
    while True:
        near, _ = listener.accept()
        far = socket.socket(socket.AF_UNIX)
        try:
            far.connect(path)
        except OSError as error:
            print(f"the way out is closed: {error}", file=sys.stderr)  # noqa: T201 -- a program
            near.close()
            far.close()
            continue
        for one, other in ((near, far), (far, near)):
            threading.Thread(target=pass_on, args=(one, other), daemon=True).start()


def pass_on(source: socket.socket, target: socket.socket) -> None:
    """Pass bytes one way, and then that there are no more."""
    with contextlib.suppress(OSError):
        while chunk := source.recv(_CHUNK):
            target.sendall(chunk)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def main(command: list[str]) -> int:
    """Run the command with the way out open; its exit code, as a shell gives it."""
    listener = socket.create_server(("127.0.0.1", PORT), backlog=64)
    threading.Thread(target=serve, args=(listener, SOCKET), daemon=True).start()
    try:
        code = subprocess.run(command, check=False).returncode  # noqa: S603 -- in a box
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)  # noqa: T201 -- a program
        return 127
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
