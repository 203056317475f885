# ruff: noqa: T201 -- a program
"""An imitation of the `docker` program, for what is decided on this side of it.

Containers are files in a folder; starting one takes the tree and runs the command on this machine,
without a box. What a real engine does is shown by the tests of `make test-sandbox`.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any

STATE = Path(os.environ.get("DOCKER_IMITATION", "."))
PLACES = ("/result", "/environment")


def told(name: str, default: Any) -> Any:
    """What the test wants to hear."""
    path = STATE / f"{name}.json"
    return json.loads(path.read_text()) if path.exists() else default


def create(words: list[str]) -> int:
    """Write down a container."""
    if complaint := told("create-fails", ""):
        print(complaint, file=sys.stderr)
        return 1
    name = words[words.index("--name") + 1]
    label = words[words.index("--label") + 1]
    (STATE / f"{name}.container").write_text(json.dumps({"words": words, "label": label}))
    return 0


def start(name: str) -> int:
    """Run a container's command, with its mounted files at their own places on this machine."""
    words: list[str] = json.loads((STATE / f"{name}.container").read_text())["words"]
    if complaint := told("start-fails", ""):
        print(complaint, file=sys.stderr)
        (STATE / f"{name}.code").write_text("125")
        return 125
    script = words[words.index("-c") + 1]
    arguments: list[str] = words[words.index("-c") + 2 :]
    for at, word in enumerate(words):
        if word == "--mount":
            pairs = (part.partition("=") for part in words[at + 1].split(","))
            parts = {key: value for key, _, value in pairs}
            if parts["target"] in PLACES:
                script = script.replace(parts["target"], parts["source"])
                arguments = [a.replace(parts["target"], parts["source"]) for a in arguments]
    with tempfile.TemporaryDirectory() as work:
        script = script.replace("/work", work)
        pipe = subprocess.PIPE
        # Pipes of our own, as an engine has: when we are killed, nothing holds the caller's open.
        words = ["/bin/sh", "-c", script, *arguments]
        with subprocess.Popen(words, cwd=work, stdout=pipe, stderr=pipe) as process:
            copies = [
                threading.Thread(target=copy, args=(process.stdout, 1)),
                threading.Thread(target=copy, args=(process.stderr, 2)),
            ]
            for thread in copies:
                thread.start()
            for thread in copies:
                thread.join()
    (STATE / f"{name}.code").write_text(str(process.returncode % 256))
    return process.returncode % 256


def copy(source: Any, target: int) -> None:
    """Pass on what a container prints."""
    while chunk := os.read(source.fileno(), 65_536):
        os.write(target, chunk)


def main(words: list[str]) -> int:  # noqa: C901 -- a case for each command
    """One command of `docker`."""
    match words:
        case ["context", "inspect", *_]:
            print(told("host", f"unix://{STATE}/engine"))
        case ["info", *_]:
            print(json.dumps(told("security", ["name=seccomp,profile=default"])))
        case ["image", "inspect", name]:
            if name in told("missing-images", []):
                print(f"Error: No such image: {name}", file=sys.stderr)
                return 1
            print(json.dumps([{"Id": "sha256:1", "Config": {"Env": ["PATH=/bin", "FOREIGN=yes"]}}]))
        case ["ps", *_]:
            for path in sorted(STATE.glob("*.container")):
                label = json.loads(path.read_text())["label"]
                print(path.stem, label.partition("=")[2])
        case ["create", *rest]:
            return create(rest)
        case ["start", "--attach", "--interactive", name]:
            return start(name)
        case ["inspect", *_, name]:
            code = int((STATE / f"{name}.code").read_text())
            print(json.dumps({"ExitCode": code, "OOMKilled": told("out-of-memory", False)}))
        case ["rm", "--force", "--volumes", name]:
            with (STATE / "removed").open("a") as file:
                file.write(f"{name}\n")
            if not (STATE / f"{name}.container").exists():
                print(f"Error: No such container: {name}", file=sys.stderr)
                return 1
            if complaint := told("remove-fails", ""):
                print(complaint, file=sys.stderr)
                return 1
            (STATE / f"{name}.container").unlink()
        case _:
            print(f"unknown: {words}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
