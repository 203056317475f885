"""Tells whether two names are one name in two spellings."""

import unicodedata

_LEFT_OUT = frozenset("PZC")
"""First letters of the categories of punctuation, blanks, and what is not seen."""


def spelt(text: str) -> str:
    """A name without what spellings differ in: case, blanks and punctuation.

    Letters, digits and symbols are left, and the marks that belong to letters in many scripts.
    """
    return "".join(
        sign for sign in text.casefold() if unicodedata.category(sign)[0] not in _LEFT_OUT
    )
