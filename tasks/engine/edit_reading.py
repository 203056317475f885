"""Reads what a person put in place of an artifact, more strictly than what a model answers."""

import json
from collections.abc import Iterator
from typing import cast

from pydantic import ValidationError

from core.errors import InputError
from core.layout import ARTIFACT_TYPES
from tasks.engine.stage_call import as_text

MAX_SHOWN = 10
"""Unknown keys named in one message."""


def read_edit(path: str, text: str) -> str:
    """Check an edit as far as that needs nothing else of the build.

    Args:
        path: of the artifact it replaces.
        text: what the person gave.

    Returns:
        The text to use: an artifact as a stage would write it, a document as it is.

    Raises:
        InputError: it is empty, not of the artifact's type, or has keys that the type does not
            have; the message names them.
    """
    artifact_type = ARTIFACT_TYPES.get(path)
    if artifact_type is None:
        if not text.strip():
            raise InputError(f"use: the text for {path!r} is empty")
        return text
    try:
        artifact = artifact_type.model_validate_json(text)
    except ValidationError as error:
        raise InputError(
            f"use: the text for {path!r} is not valid: {_first_problem(error)}"
        ) from None
    # Models may add keys nobody asked for; in a person's file they are a mistake.
    unknown = list(_unknown_keys(json.loads(text), artifact.model_dump(mode="json")))
    if unknown:
        shown = ", ".join(map(repr, unknown[:MAX_SHOWN]))
        more = f" and {len(unknown) - MAX_SHOWN} more" if len(unknown) > MAX_SHOWN else ""
        raise InputError(
            f"use: the text for {path!r} has keys that are not known there: {shown}{more}; "
            "take them out, or give the right file"
        )
    return as_text(artifact)


def _first_problem(error: ValidationError) -> str:
    """The first problem pydantic found, with the field it is about."""
    problem = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in problem["loc"])
    return f"{place}: {problem['msg']}" if place else problem["msg"]


def _unknown_keys(given: object, known: object, place: str = "") -> Iterator[str]:
    """Keys of a JSON value that its type did not take, as paths such as `entities.0.colour`."""
    if isinstance(given, dict) and isinstance(known, dict):
        taken = cast("dict[str, object]", known)
        for key, value in cast("dict[str, object]", given).items():
            if key in taken:
                yield from _unknown_keys(value, taken[key], f"{place}{key}.")
            else:
                yield f"{place}{key}"
    elif isinstance(given, list) and isinstance(known, list):
        pairs = zip(cast("list[object]", given), cast("list[object]", known), strict=True)
        for position, (value, taken_value) in enumerate(pairs):
            yield from _unknown_keys(value, taken_value, f"{place}{position}.")
