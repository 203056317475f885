"""Reads a questionnaire and edited artifacts from files, refusing what is wrong by its field."""

import io
import json
from pathlib import Path

from pydantic import ValidationError

from core.artifacts.questionnaire import Questionnaire
from core.errors import InputError
from core.options import MAX_PARAMETERS, BuildOptions

MAX_BYTES = 1_000_000
"""A questionnaire holds 60,000 characters; a larger file is something else."""

_SHOWN = 200


def read_questionnaire(path: Path) -> Questionnaire:
    """Read a questionnaire from a JSON file.

    Raises:
        InputError: no such file, not JSON, or not a valid questionnaire; names every field.
    """
    text = read_text(path, MAX_BYTES)
    _refuse_repeated_keys(path, text)
    try:
        return Questionnaire.model_validate_json(text)
    except ValidationError as error:
        raise InputError(f"{path}: {_problems(error)}") from None


def read_text(path: Path, max_bytes: int = MAX_PARAMETERS) -> str:
    """Read a text of bounded size from a file or a pipe.

    Args:
        path: a file, or something that reads like one, such as `/dev/stdin`.
        max_bytes: how long it may be; by default what one run can be given at all.

    Raises:
        InputError: it cannot be read, is too large, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(max_bytes + 1)  # what a pipe holds is known once it is read
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    if len(content) > max_bytes:
        raise InputError(
            f"{path}: larger than {max_bytes:,} bytes, the most that is taken; is it the right "
            "file? If so, shorten it"
        )
    try:
        return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig").read()
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text: {error.reason} at byte {error.start}") from None


def _refuse_repeated_keys(path: Path, text: str) -> None:
    """Refuse an object with a key given twice, of which JSON parsers keep the last in silence."""

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found: dict[str, object] = {}
        for key, value in pairs:
            if key in found:
                raise InputError(f"{path}: the key {key!r} is given twice; leave one out")
            found[key] = value
        return found

    try:
        json.loads(text, object_pairs_hook=once)
    except (ValueError, RecursionError):
        return  # no JSON, or too deep: the questionnaire's type says so, and where


def command_options(models: list[str], use: list[str], **others: object) -> BuildOptions:
    """Options as the command line has them.

    Args:
        models: `--model` options.
        use: `--use` options; their files are read.
        others: further options by name.

    Raises:
        InputError: names what is wrong.
    """
    return make_options(
        models=parse_pairs("--model", models, "STAGE=PROVIDER/MODEL"),
        use={
            path: read_text(Path(file))
            for path, file in parse_pairs("--use", use, "ARTIFACT=FILE").items()
        },
        **others,
    )


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
