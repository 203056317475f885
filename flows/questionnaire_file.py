"""Reads a questionnaire and edited artifacts from files, refusing what is wrong by its field."""

from pathlib import Path

from pydantic import ValidationError

from core.artifacts.questionnaire import Questionnaire
from core.errors import InputError
from core.options import BuildOptions

MAX_BYTES = 1_000_000
"""A questionnaire holds 60,000 characters; a larger file is something else."""

_SHOWN = 200


def read_questionnaire(path: Path) -> Questionnaire:
    """Read a questionnaire from a JSON file.

    Raises:
        InputError: no such file, not JSON, or not a valid questionnaire; names every field.
    """
    text = read_text(path)
    try:
        return Questionnaire.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{path}: {_problems(error)}") from None


def read_text(path: Path) -> str:
    """Read a text file of bounded size.

    Raises:
        InputError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES:,} bytes; is it the right file?")
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None


def make_options(**values: object) -> BuildOptions:
    """Check options given on the command line.

    Raises:
        InputError: names every option that is wrong.
    """
    try:
        return BuildOptions.model_validate(values)
    except ValidationError as error:
        raise InputError(_problems(error)) from None


def parse_pairs(option: str, pairs: list[str], form: str) -> dict[str, str]:
    """Parse repeated `key=value` options.

    Args:
        option: the option's name, for messages.
        pairs: as given.
        form: what one should look like, for messages.

    Raises:
        InputError: one is of another form, or a key is given twice.
    """
    parsed: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not (key and equals and value):
            raise InputError(f"{option} {pair!r}: write it as {form}")
        if key in parsed:
            raise InputError(f"{option}: {key!r} is given twice")
        parsed[key] = value
    return parsed


def _problems(error: ValidationError) -> str:
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
