import logging
import subprocess
import sys
from io import StringIO

import pytest

from flows.quiet import keep_log_off_terminal

CODE = """
import logging
from prefect.logging.configuration import setup_logging
from flows.quiet import keep_log_off_terminal
keep_log_off_terminal()
setup_logging()
for name in ("prefect._internal.concurrency", "prefect.events", "uvicorn", "asyncio", "x"):
    for level in ("DEBUG", "ERROR", "CRITICAL"):
        logging.getLogger(name).log(logging.getLevelName(level), "%s of %s", level, name)
"""


def test_nothing_that_is_logged_reaches_the_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout + done.stderr == ""


def test_other_handlers_still_get_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", logging.raiseExceptions)
    kept = StringIO()
    handler = logging.StreamHandler(kept)
    logger = logging.getLogger("tests.quiet")
    logger.addHandler(handler)
    try:
        keep_log_off_terminal()
        logger.error("kept")
    finally:
        logger.removeHandler(handler)
    assert kept.getvalue() == "kept\n"
