"""Keeps Prefect's log off the terminal."""

import logging
import sys

from core.json_log import JsonLines


def keep_log_off_terminal() -> None:
    """Let nothing that is logged reach standard output or error; servers and files still get it.

    Lines of JSON are written all the same: whoever sets that wants them there. A level would not
    do: Prefect's internals log at every level, through handlers of their own.
    """
    from prefect.logging.configuration import ensure_logging_setup

    ensure_logging_setup()  # it would do so later, and only change levels where it is done
    logging.raiseExceptions = False  # a log that the server does not take is no news for a person
    loggers = [logging.getLogger(), *map(logging.getLogger, logging.root.manager.loggerDict)]
    for handler in {handler for logger in loggers for handler in logger.handlers}:
        to_terminal = getattr(handler, "stream", None) in (sys.stdout, sys.stderr)
        if to_terminal and not isinstance(handler.formatter, JsonLines):
            handler.addFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False
