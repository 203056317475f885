"""Finds whole JSON values in a model's answer, and never takes a cut-off one for whole."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_DEPTH = 100

_CLOSING = {"{": "}", "[": "]"}
_FENCED = re.compile(r"^[ \t]*(`{3,}|~{3,})[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
# A whole string, or a bracket, or the beginning of a string that does not end. The possessive
# quantifiers keep it linear.
_TOKEN = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[{}\[\]"]', re.DOTALL)
_THOUGHTS = re.compile(r"\A\s*<think(?:ing)?>.*?</think(?:ing)?>", re.DOTALL)


class IncompleteJsonError(ValueError):
    """A JSON value begins and does not end."""


@dataclass(frozen=True)
class Span:
    """A text whose brackets match.

    Attributes:
        text: from the opening bracket to its closing one.
        start: where it begins in what was searched.
    """

    text: str
    start: int


def json_spans(answer: str) -> tuple[Span, ...]:
    """Texts that look like whole JSON objects or arrays, outermost ones only.

    Looks into code fences, and into everything else only when no fence holds any. What a model
    thought aloud at the beginning is left out.

    Raises:
        IncompleteJsonError: the last one does not end.
    """
    text = _THOUGHTS.sub("", answer, count=1)
    fences = [match for match in _FENCED.finditer(text) if _first_bracket(match[2]) is not None]
    if not fences or text.lstrip()[:1] in _CLOSING:
        return tuple(_spans(text, 0))
    spans = [span for match in fences for span in _spans(match[2], match.start(2))]
    # An answer that goes on after its last whole fence may be cut off there.
    tail = fences[-1].end()
    return (*spans, *_spans(text[tail:], tail))


def _spans(text: str, offset: int) -> Iterator[Span]:
    position = 0
    while (start := _first_bracket(text, position)) is not None:
        end = _end(text, start)
        yield Span(text[start:end], offset + start)
        position = end


def _first_bracket(text: str, position: int = 0) -> int | None:
    places = [place for bracket in _CLOSING if (place := text.find(bracket, position)) >= 0]
    return min(places, default=None)


def _end(text: str, start: int) -> int:
    """Place after the bracket that closes the one at `start`; brackets in strings do not count."""
    expected: list[str] = []
    for token in _TOKEN.finditer(text, start):
        symbol = token[0]
        if symbol in _CLOSING:
            expected.append(_CLOSING[symbol])
            if len(expected) > MAX_DEPTH:
                raise ValueError(f"the JSON is nested more than {MAX_DEPTH} levels deep")
        elif symbol in ("}", "]"):
            # A closing bracket of the other kind is a slip that a repair can mend.
            expected.pop()
            if not expected:
                return token.end()
        elif symbol == '"':
            break  # a string that does not end
    raise IncompleteJsonError(
        f"the JSON that begins at character {start} does not end: "
        f"{len(expected)} brackets are still open, after {text[-60:]!r}"
    )
