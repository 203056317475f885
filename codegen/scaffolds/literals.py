"""Writes people's text as literals of the languages that templates are in.

A template can write a value in no other way (see `codegen.scaffolds.environment`), so no text can
end its literal and become code.
"""

import json
import re
import unicodedata
from collections.abc import Callable, Mapping
from html import escape
from keyword import iskeyword

_BLANK = re.compile(r"\s+")
_PLAIN = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_./:+-]*")
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class Literal(str):
    """Text that is a literal of its language, and may therefore stand in a file."""

    __slots__ = ()


def one_line(text: str, limit: int = 0) -> str:
    """Text on one line, without control and invisible characters.

    Args:
        text: any text.
        limit: most characters; what is longer ends in an ellipsis. 0 is no limit.
    """
    seen = "".join(
        " " if sign.isspace() else "" if unicodedata.category(sign) in _UNSEEN else sign
        for sign in text
    )
    line = _BLANK.sub(" ", seen).strip()
    if limit and len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return line


def python_literal(text: str) -> Literal:
    """A Python string."""
    return Literal(f'"{_escaped(text, _python_code)}"')


def toml_literal(value: object) -> Literal:
    """A TOML basic string, or an array of them, an item a line."""
    if isinstance(value, (list, tuple)):
        items: list[object] = list(value)  # pyright: ignore[reportUnknownArgumentType] -- of any
        lines = "".join(f"    {toml_literal(item)},\n" for item in items)
        return Literal(f"[\n{lines}]" if items else "[]")
    return Literal(f'"{_escaped(str(value), _toml_code)}"')


def json_literal(value: object, indent: int = 0) -> Literal:
    """JSON, which JavaScript and YAML read as well; further lines are indented by `indent`."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    for sign in {sign for sign in text if not sign.isprintable() and sign != "\n"}:
        text = text.replace(sign, json.dumps(sign)[1:-1])
    return Literal(text.replace("\n", "\n" + " " * indent))


def html_literal(text: str) -> Literal:
    """Text inside an HTML element or a quoted attribute, on one line.

    Build tools replace `%NAME%` in pages, so percent signs are written as entities.
    """
    return Literal(escape(one_line(text)).replace("%", "&#37;"))


def text_literal(text: str) -> Literal:
    """Text in a file that has no syntax, on one line."""
    return Literal(one_line(text))


def plain_name(text: object) -> Literal:
    """A name, path or number that is written bare.

    Raises:
        ValueError: it has a character that could mean something else.
    """
    if not _PLAIN.fullmatch(str(text)):
        raise ValueError(f"{text!r} cannot be written bare; write it as a literal")
    return Literal(text)


def python_module(path: str) -> Literal:
    """The dotted name of a Python file: `src/shelf/cli.py` is `shelf.cli`."""
    dotted = path.removeprefix("src/").removesuffix(".py").replace("/", ".")
    if not all(part.isidentifier() and not iskeyword(part) for part in dotted.split(".")):
        raise ValueError(f"{path!r} cannot be imported: its parts are no identifiers")
    return Literal(dotted)


def specifier(path: str, folder: str) -> Literal:
    """What a module in a folder of the same project writes to import a file, as a literal."""
    return json_literal(
        f"./{path.removeprefix(folder)}" if path.startswith(folder) else f"../{path}"
    )


def _escaped(text: str, code: Callable[[str], str]) -> str:
    return "".join(
        f"\\{sign}" if sign in '"\\' else sign if sign.isprintable() else code(sign)
        for sign in text
    )


def _python_code(sign: str) -> str:
    return sign.encode("unicode_escape").decode()


def _toml_code(sign: str) -> str:
    number = ord(sign)
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


FILTERS: Mapping[str, Callable[..., Literal]] = {
    "python": python_literal,
    "toml": toml_literal,
    "json": json_literal,
    "html": html_literal,
    "text": text_literal,
    "name": plain_name,
    "module": python_module,
    "specifier": specifier,
}
"""The filters of templates, by what they write."""
