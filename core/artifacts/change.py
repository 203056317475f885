"""What is different between two states of a product, item by item."""

from typing import Any, Literal

from pydantic import SerializerFunctionWrapHandler, model_serializer

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
        open: what the answer may hold besides, where the difference changes it. It is what an
            answer about the product as a whole may concern; left out of the JSON where it is empty.
    """

    items: tuple[ItemChange, ...] = ()
    asked: tuple[str, ...] = ()
    open: tuple[str, ...] = ()

    @model_serializer(mode="wrap")
    def _without_empty_list(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = serialize(self)
        if not document.get("open", True):
            del document["open"]
        return document

    @property
    def is_question(self) -> bool:
        """Whether there is anything to be asked."""
        return bool(self.asked or self.open)
