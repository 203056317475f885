"""The log as lines of JSON: of the command, and of Prefect's processes.

What a whole build logs is looked at in `test_planted_keys.py` and `test_observed.py`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.logging.configuration import DEFAULT_LOGGING_SETTINGS_PATH

from tests.flows.command import ROOT, TINY, run_apart, variables

CONFIGURATION = ROOT / "flows" / "logging.yaml"


def command(home: Path, *arguments: str | Path, **more: str) -> tuple[int, str, str]:
    return run_apart(*arguments, environment=variables(home, APP_BUILDER_LOG_FORMAT="json", **more))


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_an_error_of_the_command_is_a_line_as_well(tmp_path: Path) -> None:
    code, _, errors = command(tmp_path, "build", "no-such-file.json")
    assert code == 2
    (line,) = lines(errors)
    assert (line["level"], line["logger"]) == ("ERROR", "flows.cli")
    assert "no-such-file.json" in line["message"]


def test_wrong_settings_are_told_to_people(tmp_path: Path) -> None:
    code, _, errors = command(tmp_path, "build", TINY, APP_BUILDER_FILES_AT_ONCE="none")
    assert code == 2
    assert errors.startswith("Error: APP_BUILDER_FILES_AT_ONCE")


def test_processes_of_prefect_log_lines_of_json() -> None:
    code = (
        "import logging, prefect\n"
        "from prefect.logging.configuration import setup_logging\n"
        "setup_logging()\n"
        "logging.getLogger('prefect.workers').handlers.clear()  # nor is there a server\n"
        "for name in ('tasks.x', 'prefect.workers', 'uvicorn', 'else'):\n"
        "    logging.getLogger(name).warning('%s', name)\n"
    )
    environment = {**os.environ, "PREFECT_LOGGING_SETTINGS_PATH": str(CONFIGURATION)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert [line["message"] for line in lines(done.stderr)] == [
        "tasks.x",
        "prefect.workers",
        "uvicorn",
        "else",
    ]


def test_it_differs_from_prefects_own_in_formatter_and_our_loggers_alone() -> None:
    ours: dict[str, Any] = yaml.safe_load(CONFIGURATION.read_text())
    prefects: dict[str, Any] = yaml.safe_load(DEFAULT_LOGGING_SETTINGS_PATH.read_text())
    added = ours["loggers"].keys() - prefects["loggers"].keys()
    assert added == {"core", "flows", "providers", "tasks"}
    for name, logger in prefects["loggers"].items():
        handlers = ["console" if one == "debug" else one for one in logger.pop("handlers", [])]
        assert ours["loggers"][name].pop("handlers", []) == handlers
        assert ours["loggers"][name] == logger
    assert ours["root"] == prefects["root"]
    assert ours["handlers"].keys() == prefects["handlers"].keys() - {"debug"}


@pytest.mark.parametrize(("value", "told"), [("json", True), ("text", False), ("", False)])
def test_make_worker_tells_prefect(value: str, told: bool) -> None:
    done = subprocess.run(
        [
            "make",
            "--dry-run",
            "--old-file",
            ".venv/.ready",
            "worker",
            f"APP_BUILDER_LOG_FORMAT={value}",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (f"PREFECT_LOGGING_SETTINGS_PATH={CONFIGURATION} " in done.stdout) is told
