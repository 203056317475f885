"""Log lines as JSON objects, one a line, for programs that collect logs."""

import json
import logging
from datetime import UTC, datetime

from core.log_context import log_context
from core.log_secrets import hide_from_log, without_secrets

_OF_PREFECT = ("flow_run_id", "flow_run_name", "task_run_id", "task_run_name", "worker_name")
"""Attributes that Prefect gives its records; `null` or missing where they do not apply."""


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON.

    The fields are `timestamp` (ISO 8601, UTC), `level`, `logger`, `message`, and where there are
    some `exception`, what the line is about (see `core.log_context`), and Prefect's names and ids.
    Secrets are replaced in all of them, see `core.log_secrets`; from the first formatter on in
    whatever else the process logs, too.
    """

    def __init__(self) -> None:
        super().__init__()
        hide_from_log()

    def format(self, record: logging.LogRecord) -> str:
        """The line, without its end."""
        moment = datetime.fromtimestamp(record.created, UTC)
        fields = {
            "timestamp": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **log_context(),
            **_of_prefect(record),
        }
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            fields["stack"] = self.formatStack(record.stack_info)
        hidden = {name: without_secrets(value) for name, value in fields.items()}
        return json.dumps(hidden)


def _of_prefect(record: logging.LogRecord) -> dict[str, str]:
    known = {name: getattr(record, name, None) for name in _OF_PREFECT}
    return {name: str(value) for name, value in known.items() if value not in (None, "null")}
