"""Fences that keep data apart from instructions inside a prompt.

A block opens with ``<data name="docs" fence="1f3a…">`` and ends with ``</data fence="1f3a…">``.
The fence is derived from the content, so the same data gives the same prompt, and no content can
hold its own closing line.
"""

import hashlib
import re
from collections.abc import Mapping

from pydantic import BaseModel

from core.errors import InputError

_NAME = re.compile(r"[a-z][a-z_]*")
_OPENING = re.compile(rf'<data name="(?P<name>{_NAME.pattern})" fence="(?P<fence>[0-9a-f]{{16}})">')


def fenced(name: str, value: BaseModel | str) -> str:
    """Write a value as a data block of a prompt.

    Args:
        name: name the instructions use for the data, of lower-case letters and underscores.
        value: a model, written as indented JSON, or a text, written as it is.

    Raises:
        ValueError: the name could not be read back.
        InputError: the value holds half a character (a lone surrogate), which no provider can be
            sent.
    """
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} cannot name a data block; use a-z and underscores")
    text = _text_of(name, value)
    number = 0
    fence = _fence_of(text, number)
    while fence in text:
        number += 1
        fence = _fence_of(text, number)
    return f'<data name="{name}" fence="{fence}">\n{text}\n</data fence="{fence}">'


def _text_of(name: str, value: BaseModel | str) -> str:
    try:
        text = value if isinstance(value, str) else value.model_dump_json(indent=1)
        text.encode()
    except ValueError as error:  # of the encoder's or of pydantic's own kind
        raise InputError(
            f"the text for {name!r} cannot be written as UTF-8 ({error}); remove that character"
        ) from error
    return text


def _fence_of(text: str, number: int) -> str:
    return hashlib.sha256(f"{number}:{text}".encode()).hexdigest()[:16]


def read_fenced(prompt: str) -> Mapping[str, str]:
    """Read every top-level data block of a prompt, by name.

    Blocks inside blocks are part of the outer block's text. The last block of a name wins.
    """
    found: dict[str, str] = {}
    lines = prompt.split("\n")
    position = 0
    while position < len(lines):
        opening = _OPENING.fullmatch(lines[position])
        if opening is None:
            position += 1
            continue
        closing = f'</data fence="{opening["fence"]}">'
        try:
            end = lines.index(closing, position + 1)
        except ValueError:
            position += 1
            continue
        found[opening["name"]] = "\n".join(lines[position + 1 : end])
        position = end + 1
    return found
