"""Tells an answer that follows a difference of the whole from one that only says all otherwise.

What an answer about the product as a whole demands can only a model tell, and a model that is shown
all of it likes to write all of it anew. So an answer counts where it can be seen to follow.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self, cast

from pydantic import BaseModel

from codegen.change.items import General, general_told
from core.artifacts.specs import Requirement

_WORD = re.compile(r"[^\W_]+")
_LETTERS = 4
"""Shorter words join others; only abbreviations and numbers say something by themselves."""

_ENDING = 2
"""Letters by which two forms of one word may differ at the end (`ladder`, `ladders`)."""


@dataclass(frozen=True)
class Demands:
    """Words that are told of a product as a whole now, or are no longer.

    Attributes:
        come: those that are new; but for numbers, in all that is known of the product.
        gone: those that were told of the whole, and that nothing of the product has any more.
    """

    come: frozenset[str]
    gone: frozenset[str]

    @classmethod
    def between(
        cls, before: General, after: General, known: Iterable[BaseModel], asked: Iterable[BaseModel]
    ) -> Self:
        """What is different in the answers about the whole.

        Args:
            before, after: what has these answers.
            known: what the product is made of before.
            asked: what people ask of its parts now.
        """
        old, new = _words(_strings(general_told(before))), _words(_strings(general_told(after)))
        numbers = frozenset(word for word in new - old if any(map(str.isdigit, word)))
        return cls(
            come=(new - old - _words(_texts(known))) | numbers,
            gone=old - new - _words(_texts(asked)),
        )

    def reach(self, before: str, told: str) -> bool:
        """Whether a text that was told otherwise takes up a word, or gives one up."""
        old, new = _words([before]), _words([told])
        taken = any(_is_in(word, self.come) and not _is_in(word, old) for word in new)
        return taken or any(_is_in(word, self.gone) and not _is_in(word, new) for word in old)

    def reach_requirement(self, before: Requirement, told: Requirement) -> bool:
        """Whether a requirement says more that can be tested, or is reached by its words."""
        return (
            len(told.acceptance_criteria) > len(before.acceptance_criteria)
            or not set(told.entities) <= set(before.entities)
            or self.reach(_text(before), _text(told))
        )


def _text(requirement: Requirement) -> str:
    return " ".join((requirement.title, requirement.description, *requirement.acceptance_criteria))


def _words(texts: Iterable[str]) -> frozenset[str]:
    return frozenset(
        word.casefold()
        for text in texts
        for word in _WORD.findall(text)
        if len(word) >= _LETTERS
        or any(map(str.isdigit, word))
        or (len(word) > 1 and (word.isupper() or not word.isascii()))
    )


def _is_in(word: str, words: frozenset[str]) -> bool:
    """Whether a word, or another form of it, is among some."""
    return word in words or any(_is_form(word, other) for other in words)


def _is_form(word: str, other: str) -> bool:
    short, long = sorted((word, other), key=len)
    return len(short) >= _LETTERS and long.startswith(short) and len(long) - len(short) <= _ENDING


def _texts(items: Iterable[BaseModel]) -> Iterator[str]:
    for item in items:
        yield from _strings(item.model_dump(mode="json"))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        items = cast("list[Any]", [*value.values()] if isinstance(value, dict) else value)
        for item in items:
            yield from _strings(item)
