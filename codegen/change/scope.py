"""What a change of the clean spec concerns, which all later stages go by."""

from collections.abc import Iterable
from typing import Self

from codegen.change.items import item_changes, spec_items
from core.artifacts.base import Part
from core.artifacts.change import ItemChange
from core.artifacts.specs import CleanSpec


class SpecScope(Part):
    """Requirements and entities that are different from those of the build before.

    Attributes:
        items: the differences.
        requirements, entities: those that are new or say something else.
        added: of both, those that are new.
        removed: of both, those that are no longer there.
    """

    items: tuple[ItemChange, ...] = ()
    requirements: frozenset[str] = frozenset()
    entities: frozenset[str] = frozenset()
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()

    @classmethod
    def between(cls, before: CleanSpec, after: CleanSpec) -> Self:
        """The scope of what changed from one spec to another."""
        items = item_changes(spec_items(before), spec_items(after))
        there = {item.item for item in items if item.how != "removed"}
        return cls(
            items=items,
            requirements=frozenset(there & {item.id for item in after.requirements}),
            entities=frozenset(there & {item.name for item in after.entities}),
            added=frozenset(item.item for item in items if item.how == "added"),
            removed=frozenset(item.item for item in items if item.how == "removed"),
        )

    @property
    def is_empty(self) -> bool:
        """Whether nothing changed."""
        return not self.items

    @property
    def there(self) -> frozenset[str]:
        """Requirements and entities that are new or say something else."""
        return self.requirements | self.entities

    @property
    def everything(self) -> frozenset[str]:
        """The same, and those that are no longer there."""
        return self.there | self.removed

    def concerns(self, names: Iterable[str]) -> bool:
        """Whether one of some requirements and entities is in it."""
        return not self.everything.isdisjoint(names)
