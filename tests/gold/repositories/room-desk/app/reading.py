"""Reads values out of what a client sent, and says what is wrong with them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Request

from app.errors import RefusedError

MOST = 200


def body_of(request: Request) -> Mapping[str, Any]:
    """The JSON object that a request holds.

    Raises:
        RefusedError: 422, it holds something else.
    """
    body = request.get_json(silent=True)
    if not isinstance(body, dict):
        raise RefusedError(422, "the body must be a JSON object")
    return body


def line(body: Mapping[str, Any], name: str) -> str:
    """A text of one line, of at most 255 characters.

    Raises:
        RefusedError: 422, it is missing or no such text.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise RefusedError(422, f"{name}: write one line of text, not {value!r}")
    if len(value.strip()) > 255:
        raise RefusedError(422, f"{name}: {len(value.strip())} characters are too many; 255 fit")
    return value.strip()


def number(body: Mapping[str, Any], name: str, least: int, most: int) -> int:
    """A whole number within bounds, both of which are allowed.

    Raises:
        RefusedError: 422, it is missing or no such number.
    """
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise RefusedError(422, f"{name}: write a number from {least} to {most}, not {value!r}")
    return value


def moment(body: Mapping[str, Any], name: str) -> datetime:
    """A date with a time, without a zone.

    Raises:
        RefusedError: 422, it is missing or no such time.
    """
    value = body.get(name)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise RefusedError(422, f"{name}: {value!r} is no time like 2025-05-01T09:00") from None
    if found.tzinfo is not None:
        raise RefusedError(422, f"{name}: {value!r} has a zone; leave it out")
    return found


def page(request: Request) -> tuple[int, int]:
    """How many records a list shall have, and how many it shall leave out before.

    Raises:
        RefusedError: 422, the query says something else.
    """
    found: list[int] = []
    for name, default, least, most in (("limit", 50, 1, MOST), ("offset", 0, 0, 2**31)):
        text = request.args.get(name, str(default))
        if not text.isdecimal() or not least <= int(text) <= most:
            raise RefusedError(422, f"{name}: write a number from {least} to {most}, not {text!r}")
        found.append(int(text))
    return found[0], found[1]
