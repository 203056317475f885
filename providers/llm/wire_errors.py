"""What goes wrong on the wire, as errors of the project's own tree."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, cast

import httpx

from core.errors import (
    BilledUsage,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
    UnreachableError,
)
from core.redaction import redacted

_MESSAGE_CHARACTERS = 500
# What a model wrote is not to be changed for a local server's key such as "ollama".
_SHORTEST_SECRET_IN_ANSWERS = 16
_BUSY_STATUSES = frozenset({429, 503, 529})
# Timed out on the provider's side, in conflict, too early: nothing is wrong with the request.
_PASSING_STATUSES = frozenset({408, 409, 425})
# 429 with one of these codes is an empty account, and waiting does not fill it.
_NEVER_AGAIN_CODES = frozenset({"insufficient_quota", "billing_not_active"})
_HINTS = {
    401: "check the key",
    402: "the account has no credit left",
    403: "check the key and what it may do",
    404: "check the model's name and the base URL",
    413: "the prompt is too long",
}


@dataclass(frozen=True)
class Caller:
    """Who a call is made for, so that errors name it.

    Attributes:
        provider: name in the catalogue.
        model: name in the catalogue.
        key: the key sent along, kept out of every message.
    """

    provider: str
    model: str
    key: str | None = None

    def __repr__(self) -> str:
        return f"Caller({self.provider}/{self.model})"

    def failed(self, what: str) -> ProviderFailedError:
        """The provider broke."""
        return ProviderFailedError(self._text(what), provider=self.provider, model=self.model)

    def refused(self, what: str) -> RequestRefusedError:
        """The provider refuses the request."""
        return RequestRefusedError(self._text(what), provider=self.provider, model=self.model)

    def busy(self, what: str, retry_after: float | None = None) -> ProviderBusyError:
        """It is not our turn yet.

        Args:
            what: the problem.
            retry_after: seconds the provider asks us to wait.
        """
        return ProviderBusyError(
            self._text(what), provider=self.provider, model=self.model, retry_after=retry_after
        )

    def unreachable(self, what: str) -> UnreachableError:
        """Nobody listens."""
        return UnreachableError(self._text(what), provider=self.provider, model=self.model)

    def quoted(self, text: str) -> str:
        """What the provider said, fit for a message: without the key, on one bounded line."""
        return bounded(self._redacted(text))

    def answered(self, text: str) -> str:
        """What the provider answered, without the key that it may have been shown in between."""
        return redacted(text, (self.key,), shortest=_SHORTEST_SECRET_IN_ANSWERS)

    def _text(self, what: str) -> str:
        return self._redacted(f"{self.provider}/{self.model}: {what}")

    def _redacted(self, text: str) -> str:
        return redacted(text, (self.key,))


def transport_error(error: httpx.HTTPError, caller: Caller) -> ModelError:
    """What a failure of the transport means: busy when the connection was refused, else broken."""
    if isinstance(error, httpx.ConnectError):
        if any(isinstance(cause, ConnectionRefusedError) for cause in _causes(error)):
            return caller.unreachable("the connection was refused; is the server running?")
        return caller.failed(f"cannot connect: {caller.quoted(str(error))}")
    if isinstance(error, httpx.ConnectTimeout):
        return caller.failed("no connection within the time allowed")
    what = ": ".join(filter(None, (type(error).__name__, caller.quoted(str(error)))))
    return caller.failed(f"the connection broke ({what})")


def status_error(
    status: int, headers: Mapping[str, str], body: bytes, caller: Caller
) -> ModelError:
    """What a response without success means; nothing is billed for it.

    Args:
        status: HTTP status, or the code of an error inside a response with status 200.
        headers: of the response, with names in any case.
        body: of the response, or its beginning.
        caller: who asked.
    """
    return _unbilled(_status_error(status, headers, body, caller))


def _status_error(
    status: int, headers: Mapping[str, str], body: bytes, caller: Caller
) -> ModelError:
    said, code = _said(body)
    message = caller.quoted(said)
    what = f"HTTP {status}: {message}" if message else f"HTTP {status}"
    if status in _BUSY_STATUSES and code not in _NEVER_AGAIN_CODES:
        seconds = retry_after(headers)
        asked = "" if seconds is None else f" (asked to wait {seconds:g} s)"
        return caller.busy(what + asked, seconds)
    if status >= 500 or status in _PASSING_STATUSES:
        return caller.failed(what)
    if 300 <= status < 400:
        return caller.refused(f"{what} (a redirect; check the base URL)")
    hint = _HINTS.get(status)
    return caller.refused(f"{what} ({hint})" if hint else what)


def stated_error(error: Any, headers: Mapping[str, str], caller: Caller) -> ModelError:
    """What an `error` inside a successful response or a stream means.

    Nothing is billed for the error itself; who reads the stream knows what came before it.

    Args:
        error: the value of `error`, as the provider sent it.
        headers: of the response.
        caller: who asked.
    """
    fields: dict[str, Any] = cast("dict[str, Any]", error) if isinstance(error, dict) else {}
    for name in ("code", "status"):
        try:
            status = int(fields.get(name, ""))
        except (OverflowError, TypeError, ValueError):
            continue
        if 400 <= status < 600:
            return status_error(status, headers, json.dumps({"error": error}).encode(), caller)
    said, _ = _said(json.dumps({"error": error}).encode())
    return _unbilled(caller.failed(f"the provider reports: {caller.quoted(said)}"))


def _unbilled(error: ModelError) -> ModelError:
    error.usage = BilledUsage()
    return error


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds to wait, from `retry-after-ms` or `Retry-After` (seconds or a date)."""
    values = httpx.Headers(dict(headers))
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        try:
            seconds = float(values.get(name, "")) * unit
        except ValueError:
            continue
        if math.isfinite(seconds):
            return max(0.0, seconds)
    then = _date(values.get("retry-after"))
    if then is None:
        return None
    # The provider's own clock, where it tells it: ours may differ.
    now = _date(values.get("date")) or datetime.now(UTC)
    return max(0.0, (then - now).total_seconds())


def bounded(text: str, characters: int = _MESSAGE_CHARACTERS) -> str:
    """A text on one line, at most so many characters long, without control characters."""
    line = re.sub(r"[\s\x00-\x1f\x7f-\x9f]+", " ", text[: 4 * characters]).strip()
    return line if len(line) <= characters else line[: characters - 1] + "…"


def _date(value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        date = parsedate_to_datetime(value)
    except ValueError:
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An error, what it came from, and the members of groups, each once."""
    waiting: list[BaseException | None] = [error]
    seen: set[int] = set()
    while waiting:
        current = waiting.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        yield current
        waiting += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", current).exceptions


def _said(body: bytes) -> tuple[str, str]:
    """Message and code of an error body, in the shapes that providers use."""
    text = body.decode(errors="replace")
    try:
        said: Any = json.loads(text)
    except (ValueError, RecursionError):
        return text, ""
    if isinstance(said, list) and said:
        said = cast("list[Any]", said)[0]
    if not isinstance(said, dict):
        return text, ""
    fields = cast("dict[str, Any]", said)
    error = fields.get("error", fields)
    if not isinstance(error, dict):
        return str(error), ""
    inner = cast("dict[str, Any]", error)
    message = inner.get("message") or inner.get("detail") or inner
    shown = message if isinstance(message, str) else json.dumps(message)
    return shown, str(inner.get("code") or inner.get("type") or "")
