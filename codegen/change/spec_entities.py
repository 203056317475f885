"""One entity of the clean spec whose fields changed: names decide what is taken from an answer."""

from collections.abc import Mapping
from typing import TypeVar

from codegen.change.tracing import spelt
from core.artifacts.specs import Relation, SpecEntity, SpecField

Item = TypeVar("Item", SpecField, Relation)


def merged_entity(
    kept: SpecEntity,
    told: SpecEntity,
    before: Mapping[str, str],
    after: Mapping[str, str],
    *,
    is_described: bool,
) -> SpecEntity:
    """An entity with its fields and relations as they are to be.

    What the answer has under a name of before stays word for word, unless that very field
    changed. A name may go only where a field of the refined spec went or changed, and one may come
    only where one came or changed.

    Args:
        kept: the entity before.
        told: the entity as it was answered.
        before, after: the fields of the refined spec that it comes from: their text, by the core
            of their names.
        is_described: whether what it stands for is told in other words now.
    """
    changed = {name for name in before if after.get(name) != before[name]}
    came = {name for name in after if before.get(name) != after[name]}
    rules = _Rules(changed, may_go=bool(changed), may_come=bool(came))
    return kept.model_copy(
        update={
            "description": told.description if is_described else kept.description,
            "fields": rules.merged(kept.fields, told.fields),
            "relations": rules.merged(kept.relations, told.relations),
        }
    )


class _Rules:
    """What may be taken from an answer."""

    def __init__(self, changed: set[str], *, may_go: bool, may_come: bool) -> None:
        self._changed = changed
        self._may_go = may_go
        self._may_come = may_come

    def merged(self, kept: tuple[Item, ...], told: tuple[Item, ...]) -> tuple[Item, ...]:
        """Fields or relations in the answer's order; what it may not drop stands behind."""
        known = {item.name: item for item in kept}
        merged = [
            item
            if item.name not in known or spelt(item.name) in self._changed
            else known[item.name]
            for item in told
            if item.name in known or self._may_come
        ]
        names = {item.name for item in merged}
        left = [item for item in kept if item.name not in names]
        if self._may_go:
            matched = [item for item in left if spelt(item.name) in self._changed]
            # Where no name tells which one it was that went, the answer does.
            left = [item for item in left if item not in matched] if matched else []
        return (*merged, *left)
