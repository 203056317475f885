"""Writes the log of the command as lines of JSON, where the operator wants it so.

Servers, workers and the runs that workers start are told the same by `flows/logging.yaml`.
"""

import logging
import os

from core.errors import AppBuilderError
from core.json_log import JsonLines
from core.settings import load_settings

_OURS = ("core", "flows", "providers", "tasks")


def write_json_lines_if_set() -> None:
    """Log to standard error, if the setting `log_format` says so; else nobody asked for a log.

    Prefect, when it is loaded, leaves a log alone that has a handler already. Where the settings
    are wrong, people are to be told of that, and not here.
    """
    try:
        wanted = load_settings().log_format == "json"
    except AppBuilderError:
        return
    if wanted and not writes_json_lines():
        handler = logging.StreamHandler()
        handler.setFormatter(JsonLines())
        logging.getLogger().addHandler(handler)
        logging.captureWarnings(True)
        for name in _OURS:
            logging.getLogger(name).setLevel(os.environ.get("PREFECT_LOGGING_LEVEL", "INFO"))


def writes_json_lines() -> bool:
    """Whether the log of this process is lines of JSON."""
    handlers = logging.getLogger().handlers
    return any(isinstance(handler.formatter, JsonLines) for handler in handlers)
