"""Stage 3 of a changed product: the schema, entity by entity and endpoint by endpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from codegen.change.items import item_changes, schema_items
from codegen.change.scope import SpecScope
from core.artifacts.answers import SchemaPart
from core.artifacts.change import Change
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec, Relation, SpecEntity, SpecField

Item = TypeVar("Item", SpecField, Relation)


@dataclass(frozen=True)
class Designing:
    """What is to be designed again.

    Attributes:
        before, after: the clean spec of the build before, and of this one.
        schema: what became of `before`.
    """

    before: CleanSpec
    after: CleanSpec
    schema: Schema

    @cached_property
    def scope(self) -> SpecScope:
        """What is different."""
        return SpecScope.between(self.before, self.after)

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """Entities that are asked about: those that changed, and those of changed requirements."""
        names = set(self.scope.entities)
        for item in self.after.requirements:
            if item.id in self.scope.requirements:
                serving = {
                    endpoint.entity
                    for endpoint in self.schema.endpoints
                    if item.id in endpoint.requirements
                }
                names |= serving or set(item.entities[:1]) or {self._first}
        # Endpoints of no entity are written with the first one.
        names = {name or self._first for name in names}
        return tuple(item.name for item in self.after.entities if item.name in names)

    @property
    def is_asked(self) -> bool:
        """Whether there is anything to ask; what is only gone goes without."""
        return bool(self.scope.there)

    @cached_property
    def _first(self) -> str:
        return self.after.entities[0].name if self.after.entities else ""

    def change(self) -> Change:
        """What the question tells."""
        return Change(items=self.scope.items, asked=self.asked)

    @cached_property
    def kept(self) -> SchemaPart:
        """What is not asked about, without what is gone."""
        names = {item.name for item in self.after.entities} - set(self.asked)
        if self.is_asked and not self.after.entities:
            return SchemaPart()
        return SchemaPart(
            entities=tuple(e for e in self.schema.entities if e.name in names),
            endpoints=tuple(
                self._served(endpoint)
                for endpoint in self.schema.endpoints
                if self._belongs(endpoint) in {*names, ""} and not self._is_gone(endpoint)
            ),
        )

    def _belongs(self, endpoint: Endpoint) -> str:
        return endpoint.entity or (self._first if self._first in self.asked else "")

    def _served(self, endpoint: Endpoint) -> Endpoint:
        left = tuple(item for item in endpoint.requirements if item not in self.scope.removed)
        return endpoint.model_copy(update={"requirements": left})

    def _is_gone(self, endpoint: Endpoint) -> bool:
        """Whether what it served is gone: its entity, or each of its requirements."""
        if endpoint.entity in self.scope.removed:
            return True
        served = set(endpoint.requirements)
        return bool(served) and served <= self.scope.removed and not self._is_usual(endpoint)

    def _is_usual(self, endpoint: Endpoint) -> bool:
        """Whether it is one of those that every entity has: its list, and one record."""
        table = next((e.table for e in self.schema.entities if e.name == endpoint.entity), "")
        path = f"/api/{table.replace('_', '-')}"
        rest = endpoint.path.removeprefix(path)
        return (
            bool(table)
            and endpoint.path.startswith(path)
            and rest.count("/") < 2
            and (not rest or rest.startswith("/{"))
        )

    def merged_part(self, answer: SchemaPart) -> SchemaPart:
        """Some of the entities asked about, as they are to be."""
        stored = {item.name: item for item in self.schema.entities}
        names = {item.name for item in answer.entities}
        owned = [
            endpoint
            for endpoint in self.schema.endpoints
            if self._belongs(endpoint) in names or (not self.after.entities)
        ]
        return SchemaPart(
            entities=tuple(
                self._entity(stored[item.name], item) if item.name in stored else item
                for item in answer.entities
            ),
            endpoints=self._endpoints(owned, answer.endpoints),
        )

    def _entity(self, kept: StoredEntity, told: StoredEntity) -> StoredEntity:
        before = {item.name: item for item in self.before.entities}
        after = {item.name: item for item in self.after.entities}
        old, new = before.get(kept.name), after[kept.name]
        may_come = kept.name in self._widened
        described = old is None or old.description != new.description
        return kept.model_copy(
            update={
                "description": told.description if described else kept.description,
                "fields": _merged(kept.fields, told.fields, *_both(old, new, "f"), may_come),
                "relations": _merged(
                    kept.relations, told.relations, *_both(old, new, "r"), may_come
                ),
            }
        )

    @cached_property
    def _widened(self) -> frozenset[str]:
        """Entities that may get what the spec does not list: changed ones, and of new demands."""
        new = (item for item in self.after.requirements if item.id in self.scope.added)
        return self.scope.entities.union(*(item.entities for item in new))

    def _endpoints(self, owned: list[Endpoint], told: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
        """Endpoints of before in their order, then those that are new."""
        answers = {item.id: item for item in told}
        known = {item.id for item in owned}
        merged: list[Endpoint] = []
        for endpoint in owned:
            if self._is_gone(endpoint):
                continue
            answer = answers.get(endpoint.id)
            concerned = endpoint.entity in self.scope.entities or self.scope.concerns(
                endpoint.requirements
            )
            if answer is None:
                if concerned and not self._is_usual(endpoint):
                    continue
                merged.append(self._served(endpoint))
            elif concerned:
                merged.append(answer)
            else:
                merged.append(self._with_new(endpoint, answer))
        return (*merged, *(item for item in told if item.id not in known and self._may_come(item)))

    def _with_new(self, endpoint: Endpoint, answer: Endpoint) -> Endpoint:
        """An endpoint that also serves requirements that are new or changed."""
        more = tuple(
            item
            for item in answer.requirements
            if item in self.scope.requirements and item not in endpoint.requirements
        )
        served = self._served(endpoint)
        return served.model_copy(update={"requirements": (*served.requirements, *more)})

    def _may_come(self, endpoint: Endpoint) -> bool:
        return endpoint.entity in self.scope.entities or self.scope.concerns(endpoint.requirements)

    def whole(self, parts: tuple[SchemaPart, ...]) -> Schema:
        """The schema of kept and answered parts, in the order of before.

        Raises:
            ValueError: the parts do not fit together.
        """
        everything = (self.kept, *parts)
        entities = {item.name: item for part in everything for item in part.entities}
        endpoints = {item.id: item for part in everything for item in part.endpoints}
        first = [item.name for item in self.schema.entities if item.name in entities]
        served = [item.id for item in self.schema.endpoints if item.id in endpoints]
        return Schema(
            entities=tuple(entities[name] for name in dict.fromkeys((*first, *entities))),
            endpoints=tuple(endpoints[name] for name in dict.fromkeys((*served, *endpoints))),
        )


def _both(
    old: SpecEntity | None, new: SpecEntity, which: str
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Fields or relations of an entity in both specs, by name."""

    def of(entity: SpecEntity | None) -> Mapping[str, object]:
        if entity is None:
            return {}
        items = entity.fields if which == "f" else entity.relations
        return {item.name: item for item in items}

    return of(old), of(new)


def _merged(
    kept: tuple[Item, ...],
    told: tuple[Item, ...],
    old: Mapping[str, object],
    new: Mapping[str, object],
    may_come: bool,
) -> tuple[Item, ...]:
    """Fields or relations as they are to be stored.

    What the spec says the same of stays word for word; so does what this stage once added.
    """
    known = {item.name: item for item in kept}
    gone = old.keys() - new.keys()
    merged = [
        known[item.name]
        if item.name in known and old.get(item.name) == new.get(item.name)
        else item
        for item in told
        if item.name in known or item.name in new or may_come
    ]
    names = {item.name for item in merged}
    left = [item for item in kept if item.name not in names and item.name not in gone]
    return tuple(item for item in (*merged, *left) if item.name not in gone)


def changed_places(before: Schema, after: Schema, scope: SpecScope) -> frozenset[str]:
    """Requirements, entities and endpoints that an issue may be about and that are different."""
    items = item_changes(schema_items(before), schema_items(after))
    return frozenset({item.item for item in items} | scope.everything)
