"""Writes people's text into Python and Markdown so that it stays mere text."""

import re
import unicodedata

LEAD_LENGTH = 240
_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_MARKDOWN_SPECIAL = re.compile(r"([\\`*_\[\]#|~!])")
_LINE_START = re.compile(r"^(\d{1,9})([.)])|^([-+=>:])")


def one_line(text: str, limit: int = 0) -> str:
    """Text on one line: each run of blanks and control characters becomes one space.

    Args:
        text: any text.
        limit: most characters; what is longer ends in an ellipsis. 0 is no limit.
    """
    line = _BLANK.sub(" ", text).strip()
    if limit and len(line) > limit:
        line = line[: limit - 1].rstrip() + "…"
    return line


def lead(text: str) -> str:
    """First sentences of a text, as one line short enough for a heading's subtitle."""
    line = one_line(text)
    if len(line) <= LEAD_LENGTH:
        return line
    ends = [found.end() for found in re.finditer(r"[.!?](?= )", line[:LEAD_LENGTH])]
    return line[: ends[-1]] if ends else one_line(line, LEAD_LENGTH)


def python_string(text: str) -> str:
    """A Python string literal, spelt the way ruff spells it."""
    quote = "'" if text.count('"') > text.count("'") else '"'
    body = "".join(_python_character(character, quote) for character in text)
    return f"{quote}{body}{quote}"


def _python_character(character: str, quote: str) -> str:
    if character in (quote, "\\"):
        return f"\\{character}"
    if character.isprintable():
        return character
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return named.get(character) or _code(character)


def _code(character: str) -> str:
    number = ord(character)
    if number <= 0xFF:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number <= 0xFFFF else f"\\U{number:08x}"


def docstring_text(text: str, limit: int = 72) -> str:
    """Text for inside a docstring or a comment: one line that cannot end it."""
    line = one_line(text).replace("\\", "/").replace('"', "'")
    printable = "".join(character for character in line if character.isprintable())
    return one_line(printable, limit)


def sentence(text: str, limit: int = 72) -> str:
    """Like `docstring_text`, ending in a full stop."""
    line = docstring_text(text, limit)
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."


def markdown_line(text: str) -> str:
    """Text inside one line of Markdown, such as a heading, an item or a table's cell."""
    line = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    line = _MARKDOWN_SPECIAL.sub(r"\\\1", line)
    line = _LINE_START.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3]}", line)
    return "".join(_visible(character) for character in line)


def _visible(character: str) -> str:
    """Marks that turn the writing direction would turn what stands around the text, too."""
    if unicodedata.bidirectional(character) in _DIRECTION_MARKS:
        return f"&#x{ord(character):x};"
    return character


_DIRECTION_MARKS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def markdown_text(text: str) -> str:
    """Text as paragraphs of Markdown that show it and nothing else."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    shown = [
        "\\\n".join(line for line in map(markdown_line, paragraph.split("\n")) if line)
        for paragraph in paragraphs
    ]
    return "\n\n".join(paragraph for paragraph in shown if paragraph)
