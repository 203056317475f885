"""Keeps secrets out of what this process logs, whoever logs it and whatever takes the log.

Those that are known are replaced by `[key]`: each that a source of secrets gave out, and variables
of the environment whose names say that they hold one. What is not known is told by its form: what
stands before the `@` of a URL, parameters of URLs, addresses of chats, tokens.
"""

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from core.redaction import REDACTED, Redaction

_PASSWORD = "[password]"  # noqa: S105 -- what stands for one

# What stands before the `@` of a URL, at most 512 characters of it. A port and a path are no user
# and password, even where a later part of the path has an `@`.
_SIGN_IN = re.compile(
    r"""(?<=://)(?:
        ([^\s/:@\[]*):(?!\d{1,5}[/?#])(?:[^\s"'<>]{1,512}|[^\s/@]{1,512})
        |[^\s/:@?#\["'<>]{1,512}
    )@""",
    re.VERBOSE,
)
_FORMS = tuple(
    (hint, re.compile(form, re.IGNORECASE | re.DOTALL))
    for hint, form in (
        (
            "=",
            r"([?&](?:[\w-]{0,40}(?:key|token|secret|signature|password)|auth|sig)=)[^&#\s\"'<>]+",
        ),
        ("://", r"(://hooks\.slack\.com/\w+/)[^\s\"'<>]+"),
        ("hook", r"(://[^\s/]+/(?:hooks|api/webhooks|webhookb2)/)[^\s\"'<>]+"),
        (
            "uthorization",
            r"(authorization\W{1,6}b?\W?(?:basic|bearer|token)(?:\s|%20)+)[^\s\"'<>,]+",
        ),
        ("_", r"()\b(?:gh[a-z]_|github_pat_)\w{20,}"),
        ("aiza", r"()\bAIza[\w-]{30,}"),
        ("xox", r"()\bxox[a-z]-[\w-]{10,}"),
        ("private", r"()-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----.+?(?:-----END [A-Z ]+-----|\Z)"),
    )
)
"""Text that is in all of the form, which spares most lines the search; what stays before it,
and the secret: parameters of URLs, addresses of chats, headers, tokens, private keys."""

_SHOWN = rf"\1{REDACTED}"
_SECRET_NAME = re.compile(r"(?:KEY|TOKEN|SECRET|PASSWORD|PASSPHRASE|AUTH_STRING)$")
_HEADERS_NAME = re.compile(r"^OTEL_EXPORTER_OTLP_(?:\w+_)?HEADERS$")
_SIGNED_URL = re.compile(r"://[^/@\s]*?:(?!\d{1,5}[/?#])(\S+)@")
_SHORTEST_LINE = 16
_END_OF_LINE = re.compile(r"\n|\\n")

_known = Redaction()


def hide_from_log(*secrets: str) -> None:
    """Take these out of everything that this process logs from now on.

    None is forgotten: what led to the end of a build is logged when the build is long closed. From
    the first time on, secrets of the environment are hidden as well, and what has the form of one.

    Args:
        secrets: whole ones; those shorter than `core.redaction.SHORTEST_SECRET` stay.
    """
    if not isinstance(logging.getLogRecordFactory(), _RecordsWithoutSecrets):
        logging.setLogRecordFactory(_RecordsWithoutSecrets(logging.getLogRecordFactory()))
        for secret in secrets_of(os.environ):
            _known.add(secret)
    for secret in secrets:
        for form in _forms(secret):
            _known.add(form)


def without_secrets(text: str) -> str:
    """The text as it may be logged."""
    text = _known(text)
    if "://" in text:
        text = _SIGN_IN.sub(_hidden_sign_in, text)
    lower = text.lower()
    for hint, form in _FORMS:
        if hint in lower:
            text = form.sub(_SHOWN, text)
    return text


def secrets_of(environment: Mapping[str, str]) -> Iterator[str]:
    """What variables hold that is secret, by their names and by the form of URLs."""
    for name, value in environment.items():
        if _SECRET_NAME.search(name):
            yield from _forms(value)
        elif _HEADERS_NAME.search(name):
            yield from _of_headers(value)
        elif signed := _SIGNED_URL.search(value):
            yield from {signed[1], unquote(signed[1])}


def _forms(secret: str) -> Iterator[str]:
    """A secret, and its parts that are ones by themselves."""
    secret = secret.strip()
    yield secret
    user, colon, password = secret.partition(":")
    if colon and user.isalnum() and "\n" not in secret:  # of a sign-in
        yield password
    lines = _END_OF_LINE.split(secret)
    if len(lines) > 1:  # a private key, which a traceback or a `repr` shows line by line
        yield from (line for line in lines if len(line) >= _SHORTEST_LINE)


def _of_headers(value: str) -> Iterator[str]:
    for header in value.split(","):
        held = header.partition("=")[2].strip()
        for form in (held, unquote(held)):
            yield form
            yield form.rpartition(" ")[2].rpartition("%20")[2]


def _hidden_sign_in(found: re.Match[str]) -> str:
    user = found[1]
    return f"{_PASSWORD}@" if user is None else f"{user}:{_PASSWORD}@"


class _RecordsWithoutSecrets:
    """Makes records whose message and traceback show no secret, to every handler alike.

    A handler's filter or formatter would not do: Prefect's own take the log to its server.

    Args:
        make: makes records.
    """

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        self._make = make

    def __call__(self, *arguments: Any, **named: Any) -> logging.LogRecord:
        record = self._make(*arguments, **named)
        try:
            _hide_in_message(record)
        except Exception:
            return record  # its arguments do not fit: handlers meet that too, and say where
        if record.exc_info and record.exc_info[0] is not None:
            shown = logging.Formatter().formatException(record.exc_info)
            hidden = without_secrets(shown)
            if hidden != shown:
                record.exc_text = hidden  # formatters take that where there is one
        if record.stack_info:
            record.stack_info = without_secrets(record.stack_info)
        return record


def _hide_in_message(record: logging.LogRecord) -> None:
    message = record.getMessage()
    hidden = without_secrets(message)
    if hidden == message:
        return
    if isinstance(record.args, tuple):  # there are formatters that look at each of them
        record.args = tuple(
            without_secrets(each) if isinstance(each, str) else each for each in record.args
        )
    if record.getMessage() != hidden:
        record.msg, record.args = hidden, ()
