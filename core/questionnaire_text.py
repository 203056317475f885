"""Reads a questionnaire from the text of a file, refusing what is wrong by its field."""

import io
import json

from pydantic import ValidationError

from core.artifacts.questionnaire import Questionnaire
from core.errors import InputError

MAX_BYTES = 1_000_000
"""A questionnaire holds 60,000 characters; a larger file is something else."""

_SHOWN = 200


def decode_text(content: bytes) -> str:
    """What a file holds, as text, with its line ends as one kind.

    Raises:
        InputError: it is not UTF-8.
    """
    try:
        return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig").read()
    except UnicodeDecodeError as error:
        raise InputError(f"not UTF-8 text: {error.reason} at byte {error.start}") from None


def parse_questionnaire(text: str) -> Questionnaire:
    """The questionnaire that a text in JSON holds.

    Raises:
        InputError: it is no JSON, or not a valid questionnaire; names every field.
    """
    _refuse_repeated_keys(text)
    try:
        return Questionnaire.model_validate_json(text)
    except ValidationError as error:
        raise InputError(problems_of(error)) from None


def problems_of(error: ValidationError) -> str:
    """Everything that is wrong, each with its field and what was given."""
    lines: list[str] = []
    for problem in error.errors(include_url=False):
        place = ".".join(str(part) for part in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        given = problem.get("input")
        quoted = f" (not {given!r})" if isinstance(given, (str, int, float)) else ""
        if len(quoted) > _SHOWN:
            quoted = ""
        lines.append(f"{place}: {message}{quoted}" if place else message)
    return "; ".join(lines)


def _refuse_repeated_keys(text: str) -> None:
    """Refuse an object with a key given twice, of which JSON parsers keep the last in silence."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                raise InputError(f"the key {key!r} is given twice; leave one out")
            found[key] = value
        return found

    try:
        json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return  # no JSON, or too deep: the questionnaire's type says so, and where
