"""Reads a questionnaire and edited artifacts from files, refusing what is wrong by its field."""

from pathlib import Path

from pydantic import ValidationError

from core.artifacts.questionnaire import Questionnaire
from core.errors import InputError
from core.options import MAX_PARAMETERS, BuildOptions
from core.questionnaire_text import MAX_BYTES, decode_text, parse_questionnaire, problems_of


def read_questionnaire(path: Path) -> Questionnaire:
    """Read a questionnaire from a JSON file.

    Raises:
        InputError: no such file, not JSON, or not a valid questionnaire; names every field.
    """
    text = read_text(path, MAX_BYTES)
    try:
        return parse_questionnaire(text)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


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
        return decode_text(content)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None


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
        raise InputError(problems_of(error)) from None


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
