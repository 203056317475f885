"""Lays out Python source the way ruff does: on one line where it fits, else item by item.

An item-by-item layout ends in a comma, which makes ruff keep it, so whatever is laid out here is
already formatted.
"""

import unicodedata
from collections.abc import Sequence

WIDTH = 88


def bracketed(
    head: str, items: Sequence[str], tail: str, *, indent: int = 0, comma: bool = True
) -> str:
    """Lay out a call, a signature, a list or the like.

    Args:
        head: up to and including the opening bracket.
        items: what stands between the brackets; an item of several lines is indented as a whole.
        tail: from the closing bracket on.
        indent: columns the whole is indented by; the text returned is not indented.
        comma: whether a last item may be followed by a comma.
    """
    single = f"{head}{', '.join(items)}{tail}"
    measured = _widest(single) if comma else _width(single)
    if "\n" not in single and indent + measured <= WIDTH:
        return single
    ends = [","] * len(items)
    if ends and not comma:
        ends[-1] = ""
    lines = [_indented(item) + end for item, end in zip(items, ends, strict=True)]
    return "\n".join([head, *lines, tail])


def call(head: str, arguments: Sequence[str], indent: int = 0, tail: str = ")") -> str:
    """Lay out a call or a signature; `head` is what stands before its opening bracket."""
    return indented(bracketed(f"{head}(", arguments, tail, indent=indent), indent)


def spread(head: str, parts: Sequence[str], tail: str, indent: int = 0) -> str:
    """Lay out a comprehension: on one line, else between its brackets, else part by part."""
    together = " ".join(parts)
    if indent + _width(f"{head}{together}{tail}") <= WIDTH:
        return f"{head}{together}{tail}"
    if indent + 4 + _width(together) <= WIDTH:
        parts = [together]
    return indented("\n".join([head, *map(_indented, parts), tail]), indent)


def imported(module: str, names: Sequence[str]) -> str:
    """Lay out `from module import names`, the names sorted as isort sorts them."""
    ordered = sorted(dict.fromkeys(names), key=_import_order)
    single = f"from {module} import {', '.join(ordered)}"
    if len(single) <= WIDTH:
        return single
    return bracketed(f"from {module} import (", ordered, ")", indent=WIDTH)


def indented(text: str, columns: int) -> str:
    """Indent all lines but the first, whose place the template gives."""
    return text.replace("\n", "\n" + " " * columns)


def _indented(text: str) -> str:
    return "    " + indented(text, 4)


def assigned(name: str, literal: str) -> str:
    """Lay out `name = literal`; what cannot be split goes on its own line if that makes it fit."""
    if _width(f"{name} = {literal}") <= WIDTH or _width(f"    {literal}") > WIDTH:
        return f"{name} = {literal}"
    return f"{name} = (\n    {literal}\n)"


def _width(text: str) -> int:
    """Columns a text takes: two for wide characters, none for marks put on others."""
    return sum(map(_columns, text))


def _columns(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.category(character) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(character) in {"W", "F"} else 1


def _widest(text: str) -> int:
    """Columns a text takes at most.

    How wide a character beyond ASCII is, is not agreed upon; a layout item by item is stable even
    where one line would have done.
    """
    return sum(1 if character.isascii() else 2 for character in text)


def _import_order(name: str) -> tuple[int, str]:
    """Constants, then classes, then functions."""
    plain = name.split(" as ", maxsplit=1)[0]
    kind = 0 if plain.isupper() and len(plain) > 1 else 1 if plain[:1].isupper() else 2
    return kind, name
