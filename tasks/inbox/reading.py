"""What a file of the inbox is: a questionnaire, one that is still being written, or none."""

import json
from typing import Literal, NamedTuple

from core.artifacts.questionnaire import Questionnaire
from core.errors import InputError
from core.questionnaire_text import MAX_BYTES, decode_text, parse_questionnaire

ENDING = ".json"
MOST_MOVED = 64_000_000
"""Bytes of the largest file that is moved; a larger one would take too much memory."""


class Reading(NamedTuple):
    """What a file's content is.

    Attributes:
        kind: whole: see `questionnaire`. bad: see `reason`. open: it may not be all there yet, and
            `reason` says what is wrong as it stands.
    """

    kind: Literal["whole", "bad", "open"]
    questionnaire: Questionnaire | None = None
    reason: str = ""


def read_file(content: bytes) -> Reading:
    """What the content of a file is.

    A JSON object or array is all there once it can be parsed, since its last character closes it.
    Whatever cannot be parsed may be the beginning of one.
    """
    if len(content) > MAX_BYTES:
        return Reading("bad", reason=too_large(len(content)))
    try:
        text = decode_text(content)
        whole = isinstance(json.loads(text), (dict, list))
    except (ValueError, RecursionError, InputError) as error:
        return Reading("open", reason=f"it is no JSON: {error}")
    if not whole:
        return Reading("open", reason="it is no JSON object")
    try:
        return Reading("whole", parse_questionnaire(text))
    except InputError as error:
        return Reading("bad", reason=str(error))


def too_large(size: int) -> str:
    """Why a file of this size is no questionnaire."""
    return f"it has {size:,} bytes, and a questionnaire has at most {MAX_BYTES:,}"


def reason_not_looked_at(name: str, size: int) -> str:
    """Why a file stays where it is, whatever it holds; empty where it does not.

    Args:
        name: its path below the inbox.
        size: in bytes.
    """
    if "/" in name:
        return "it is in a folder; put it into the inbox itself"
    if not name.endswith(ENDING):
        return f"its name does not end in {ENDING}"
    if size > MOST_MOVED:
        return f"{too_large(size)}; it is too large to be moved, so take it away"
    return ""
