"""What is different between two states of a product, item by item."""

from typing import Literal

from core.artifacts.base import Part


class ItemChange(Part):
    """One item that is there now, was there before, or says something else now.

    Attributes:
        item: as `codegen.change.items` names it, such as `feature: Lend a tool` or `FR-3`.
        how: what became of it.
        before, after: its JSON; empty where it was not, or is no longer there.
    """

    item: str
    how: Literal["added", "changed", "removed"]
    before: str = ""
    after: str = ""


class Change(Part):
    """What a question about a changed product is about.

    Attributes:
        items: what is different in the material.
        asked: what the answer is to hold; the rest is kept, whatever is said about it.
    """

    items: tuple[ItemChange, ...] = ()
    asked: tuple[str, ...] = ()
