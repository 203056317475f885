"""One entity of the clean spec whose fields changed: names decide what is taken from an answer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from core.artifacts.specs import Relation, SpecEntity, SpecField
from core.spelling import spelt

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

    What stands for a field of the refined spec that is the same now stays word for word, also
    where the answer leaves it out. What stands for one that is gone goes. Names that tell no field
    of the refined spec may go, come and say something else as often as there are fields that are
    different and that no name tells.

    Args:
        kept: the entity before.
        told: the entity as it was answered.
        before, after: the fields of the refined spec that it comes from: their text, by the core
            of their names.
        is_described: whether what it stands for is told in other words now.

    Raises:
        ValueError: the answer changes more than the refined spec does, or less; fit to be shown
            to the model that gave it.
    """
    fields = _Fields(kept, told, before, after)
    fields.check()
    return kept.model_copy(
        update={
            "description": told.description if is_described else kept.description,
            "fields": fields.merged(kept.fields, told.fields),
            "relations": fields.merged(kept.relations, told.relations),
        }
    )


@dataclass(frozen=True)
class _Fields:
    """Fields and relations of an entity: before, as answered, and in the refined specs."""

    kept: SpecEntity
    told: SpecEntity
    before: Mapping[str, str]
    after: Mapping[str, str]

    @cached_property
    def _known(self) -> dict[str, SpecField | Relation]:
        return {item.name: item for item in (*self.kept.fields, *self.kept.relations)}

    @cached_property
    def _answered(self) -> dict[str, SpecField | Relation]:
        return {item.name: item for item in (*self.told.fields, *self.told.relations)}

    @cached_property
    def _removed(self) -> set[str]:
        return self.before.keys() - self.after.keys()

    @cached_property
    def _different(self) -> set[str]:
        """What is new or says something else in the refined spec."""
        return {name for name in self.after if self.before.get(name) != self.after[name]}

    @cached_property
    def _nameless(self) -> set[str]:
        """Names of before that tell no field of the refined spec."""
        fields = self.before.keys() | self._different
        return {name for name in self._known if spelt(name) not in fields}

    @cached_property
    def _untold(self) -> set[str]:
        """Fields that were there, are different or gone now, and that no name of before tells."""
        told = {spelt(name) for name in self._known}
        return {name for name in self.before if self.after.get(name) != self.before[name]} - told

    @cached_property
    def _open(self) -> set[str]:
        """Fields that are new or different and that no name of the answer tells."""
        return self._different - {spelt(name) for name in self._answered}

    @cached_property
    def _dropped(self) -> set[str]:
        """Nameless ones that the answer leaves out, where one of them may be left out."""
        return self._nameless - self._answered.keys() if self._untold else set()

    @cached_property
    def _reworded(self) -> set[str]:
        """Nameless ones that the answer has differently, where one of them may be different."""
        if not self._untold & self._different:
            return set()
        return {
            name
            for name in self._nameless & self._answered.keys()
            if self._answered[name] != self._known[name]
        }

    def check(self) -> None:
        """Refuse an answer that changes more or less than the refined spec does."""
        strangers = {
            name
            for name in self._answered.keys() - self._known.keys()
            if spelt(name) not in self._different
        }
        where = f"entity {self.kept.name!r}: "
        if len(strangers) > len(self._open):
            raise ValueError(
                f"{where}{_listed(strangers)} cannot come: no more than {len(self._open)} fields "
                "are new or different and have another name; leave out what is not, and repeat "
                "all other fields and relations with the names they have in `previous`"
            )
        missing = {name for name in self._open if name not in self._untold}
        if len(missing) > len(strangers):
            raise ValueError(
                f"{where}nothing in the answer stands for {_listed(missing)}, new or different in "
                "the refined spec; give each a field or a relation"
            )
        if len(self._dropped | self._reworded) > len(self._untold):
            raise ValueError(
                f"{where}{_listed(self._dropped | self._reworded)} are left out or different, and "
                f"no more than {len(self._untold)} of them can be what changed; repeat the others "
                "word for word from `previous`"
            )

    def merged(self, kept: tuple[Item, ...], told: tuple[Item, ...]) -> tuple[Item, ...]:
        """Fields or relations in the answer's order; what it may not drop stands behind."""
        own = {item.name: item for item in kept}
        merged = [item if self._is_taken(item.name) else own.get(item.name) for item in told]
        merged = [item for item in merged if item is not None and not self._is_gone(item.name)]
        names = {item.name for item in merged}
        left = [item for item in kept if item.name not in names and not self._may_go(item.name)]
        return (*merged, *left)

    def _is_taken(self, name: str) -> bool:
        if name not in self._known:
            return True
        return spelt(name) in self._different or name in self._reworded

    def _is_gone(self, name: str) -> bool:
        return name in self._known and spelt(name) in self._removed

    def _may_go(self, name: str) -> bool:
        """Whether what the answer does not have under this kind goes."""
        return (
            self._is_gone(name)
            or spelt(name) in self._different
            or name in self._dropped | (self._reworded)
        )


def _listed(names: Iterable[str]) -> str:
    return ", ".join(map(repr, sorted(names)))
