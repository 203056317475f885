"""Reads a model's JSON answer as a pydantic model, or says exactly what is wrong with it."""

import json
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, cast

from pydantic import BaseModel, ValidationError

from providers.llm.json_text import json_spans

T = TypeVar("T", bound=BaseModel)

MAX_ANSWER_CHARACTERS = 2_000_000
MAX_PROBLEMS = 10
_VALUE_CHARACTERS = 80
_MESSAGE_CHARACTERS = 300
# Repairing is slow on large texts; asking again is cheaper then.
_MAX_REPAIRED_CHARACTERS = 200_000


Reshape = Callable[[Any], Any]
"""Brings a JSON value into the form that was asked for, or raises `ValueError`."""


def parse_json(content: str, answer_type: type[T], reshape: Reshape | None = None) -> T:
    """Read an answer: as JSON, else as JSON inside prose or fences, else repaired.

    An answer that is cut off is refused, never repaired into a whole one.

    Args:
        content: what the model answered.
        answer_type: what it must be.
        reshape: for answers that models give in several shapes; then an answer that holds several
            of them is refused, since each could be a part.

    Raises:
        ValueError: it cannot be read so; the message lists the problems with path and value, and
            is fit to be sent back to the model.
    """
    text = content.strip().removeprefix("\ufeff")
    if not text:
        raise ValueError("the answer is empty; answer with one JSON object")
    if len(text) > MAX_ANSWER_CHARACTERS:
        raise ValueError(f"the answer has more than {MAX_ANSWER_CHARACTERS} characters")
    try:
        whole = _loads(text)
    except _RepeatedKeyError:
        raise
    except ValueError as error:
        return _from_spans(text, answer_type, error, reshape)
    return _validated(whole, answer_type, reshape)


def _from_spans(
    text: str, answer_type: type[T], whole_error: ValueError, reshape: Reshape | None
) -> T:
    """The longest span that fits: quotations are shorter than the answer."""
    spans = sorted(json_spans(text), key=lambda span: (len(span.text), span.start), reverse=True)
    problems: list[ValueError] = []
    found: list[T] = []
    for read in (_loads, _repaired):
        for span in spans:
            try:
                found.append(_validated(read(span.text), answer_type, reshape))
            except _RepeatedKeyError:
                raise
            except ValueError as error:
                problems.append(error)
            if found and reshape is None:
                return found[0]
        if any(other != found[0] for other in found[1:]):
            raise ValueError(f"it holds {len(found)} answers; give one JSON object with all of it")
        if found:
            return found[0]
    if not problems:
        raise ValueError(f"the answer holds no JSON object: {whole_error}") from None
    # What was understood best says most: a validation problem of the longest span.
    validation = [error for error in problems if isinstance(error, _DoesNotFitError)]
    raise (validation or problems)[0] from None


class _DoesNotFitError(ValueError):
    """It is JSON, but not what was asked for."""


def _validated(value: Any, answer_type: type[T], reshape: Reshape | None) -> T:
    if reshape is not None:
        try:
            value = reshape(value)
        except ValueError as error:
            raise _DoesNotFitError(str(error)) from None
    if not isinstance(value, dict):
        kind = type(value).__name__  # pyright: ignore[reportUnknownArgumentType] -- any JSON value
        raise _DoesNotFitError(f"the answer must be one JSON object, not a {kind}: {_shown(value)}")
    try:
        # By way of text, so that the rules of JSON hold: no lone surrogates, lists for tuples.
        return answer_type.model_validate_json(json.dumps(value))
    except ValidationError as error:
        raise _DoesNotFitError(_problems(error)) from None


def _loads(text: str) -> Any:
    try:
        # Not strict: raw line breaks inside strings are common, and what they mean is plain.
        return json.loads(
            text,
            strict=False,
            parse_constant=_refuse_constant,
            object_pairs_hook=_object_of,
        )
    except json.JSONDecodeError as error:
        near = text[max(0, error.pos - 30) : error.pos + 30]
        raise ValueError(
            f"it is not valid JSON: {error.msg} at line {error.lineno}, column {error.colno}, "
            f"near {near!r}"
        ) from None
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose keys are there once; of two, a reader would lose one unseen."""
    value = dict(pairs)
    if len(value) < len(pairs):
        for key, content in pairs:
            if content != value[key]:
                raise _RepeatedKeyError(f"the key {key!r} is twice in one object; give it once")
    return value


class _RepeatedKeyError(ValueError):
    """It is JSON that says two things under one key; no repair can tell which is meant."""


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")


def _repaired(text: str) -> Any:
    if len(text) > _MAX_REPAIRED_CHARACTERS:
        raise ValueError("it is not valid JSON, and too long to be repaired")
    import json_repair  # slow to load, and most answers need no repair

    try:
        value = json_repair.loads(text, skip_json_loads=True)
    except RecursionError:
        raise ValueError("the JSON is nested too deep") from None
    if not isinstance(value, dict) or not value:
        raise ValueError("it is not valid JSON, and cannot be repaired")
    return value


def _problems(error: ValidationError) -> str:
    lines = [_problem(cast("dict[str, Any]", found)) for found in error.errors()[:MAX_PROBLEMS]]
    more = error.error_count() - len(lines)
    if more > 0:
        lines.append(f"and {more} more problems")
    return "\n".join(lines)


def _problem(found: dict[str, Any]) -> str:
    place = "$"
    for part in found["loc"]:
        place += f"[{part}]" if isinstance(part, int) else f".{part}"
    message = str(found["msg"])[:_MESSAGE_CHARACTERS]
    if found["type"] == "missing":
        return f"{place}: {message}"
    return f"{place}: {message}; got {_shown(found['input'])}"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=repr)
    return text if len(text) <= _VALUE_CHARACTERS else f"{text[: _VALUE_CHARACTERS - 1]}…"
