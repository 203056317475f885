"""Runs the command `app-builder` as a person would, in a process of its own."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from coverage import Coverage

from core.stages import read_stage_rows
from tests.environment import is_the_developers

ROOT = Path(__file__).parents[2]
TINY = ROOT / "examples" / "reading-list.json"


def templates() -> list[str]:
    """Every template of the stage table."""
    return [use["template"] for row in read_stage_rows() for use in row.get("models", [])]


def local_models() -> list[str]:
    """Options that send every template to the local server, under a model of its own name."""
    return [f"--model={template}=local/{template}" for template in templates()]


def variables(home: Path, **more: str) -> dict[str, str]:
    """Environment of a command with a home of its own and nothing else of this project's."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PREFECT_") and not is_the_developers(name)
    }
    ours = {
        "APP_BUILDER_HOME": str(home),
        "APP_BUILDER_BREAKER__COOLDOWN_SECONDS": "0.2",
        "PREFECT_HOME": str(home / "nobody"),
    }
    return {**kept, **ours, **more}


def start(
    *arguments: str | Path, environment: Mapping[str, str], errors: int = subprocess.STDOUT
) -> subprocess.Popen[str]:
    """Start `app-builder` with its output in one pipe, or its standard error in another."""
    return subprocess.Popen(
        [sys.executable, *_measured(), "-m", "flows.cli", *map(str, arguments)],
        cwd=ROOT,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )


def _measured() -> list[str]:
    """Where the tests' coverage is measured, the command's is too."""
    if Coverage.current() is None:
        return []
    return ["-m", "coverage", "run", "--parallel-mode", f"--rcfile={ROOT / 'pyproject.toml'}"]


def run(*arguments: str | Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Run `app-builder` to its end.

    Returns:
        Exit code and output.
    """
    with start(*arguments, environment=environment) as process:
        output, _ = process.communicate(timeout=240)
        return process.returncode, output


def run_apart(*arguments: str | Path, environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run `app-builder` to its end.

    Returns:
        Exit code, standard output and standard error.
    """
    with start(*arguments, environment=environment, errors=subprocess.PIPE) as process:
        output, errors = process.communicate(timeout=240)
        return process.returncode, output, errors
