"""An entity as the templates of its files see it: every name and line already written out."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import Relation, SpecField
from providers.llm.demo.code_names import CodeNames, FactoryNames
from providers.llm.demo.literals import sentence
from providers.llm.demo.names import (
    collection_path,
    id_name,
    ids_name,
    is_many,
    links_name,
)
from providers.llm.demo.words import capital, human, pascal_case, singular

_ALIAS_LENGTH = 28
"""So that a field of this type fits on one line."""


@dataclass(frozen=True)
class Reference:
    """A relation of an entity, with what is needed to know of its target.

    Attributes:
        relation: the relation.
        target_table: table the target is stored in.
        link: class of its links, where it can point to many.
    """

    relation: Relation
    target_table: str
    link: str = ""

    @property
    def many(self) -> bool:
        """Whether it points to any number of records."""
        return is_many(self.relation)

    @property
    def attribute(self) -> str:
        """Field that holds the id or ids."""
        return ids_name(self.relation.name) if self.many else id_name(self.relation.name)

    @property
    def links(self) -> str:
        """Attribute that holds the links, where there can be many."""
        return links_name(self.relation.name)

    @property
    def human(self) -> str:
        """The relation's name for people, in lower case."""
        return human(self.relation.name).lower()

    @property
    def target(self) -> FactoryNames:
        """Factory of the target."""
        return FactoryNames(self.relation.target)

    @property
    def supplier(self) -> str:
        """Function of the target's factory that gives what a complete body refers to.

        One record serves all that may share it, so that chains of references stay short.
        """
        one_to_one = self.relation.kind == "one_to_one"
        return self.target.make if one_to_one else self.target.shared

    @property
    def target_path(self) -> str:
        """Where the target's records are served."""
        return collection_path(self.target_table)


@dataclass(frozen=True)
class EntityView(CodeNames):
    """An entity with its fields and relations.

    Attributes:
        description: as people put it.
        fields: its fields.
        references: its relations.
        aliases: alias of each choice field's values, by field.
        endpoints: those of the schema that the entity's router serves.
    """

    description: str = ""
    fields: tuple[SpecField, ...] = ()
    references: tuple[Reference, ...] = ()
    aliases: dict[str, str] = field(default_factory=dict[str, str])
    endpoints: tuple[str, ...] = ()

    @property
    def about(self) -> str:
        """What it is, as a docstring's first line."""
        return sentence(self.description or capital(self.a_one))

    @property
    def suppliers(self) -> dict[str, tuple[str, ...]]:
        """Functions that a complete body needs of others' factories, by entity."""
        found: dict[str, set[str]] = {}
        for item in self.references:
            if item.relation.required:
                found.setdefault(item.relation.target, set()).add(item.supplier)
        return {target: tuple(sorted(found[target])) for target in sorted(found)}

    @property
    def many_references(self) -> tuple[Reference, ...]:
        """Relations that point to any number of records."""
        return tuple(item for item in self.references if item.many)


def view_of(schema: Schema, entity: str) -> EntityView | None:
    """See an entity of a schema; `None` if the schema lacks it or one it points to."""
    tables = {item.name: item.table for item in schema.entities}
    found = next((item for item in schema.entities if item.name == entity), None)
    if found is None or any(relation.target not in tables for relation in found.relations):
        return None
    path = _collection(schema, found)
    return EntityView(
        entity=found.name,
        table=found.table,
        path=path,
        description=found.description,
        fields=found.fields,
        references=_references(found, tables),
        aliases=_aliases(found),
        endpoints=tuple(item.id for item in schema.endpoints if _is_served(item, path)),
    )


def _collection(schema: Schema, entity: StoredEntity) -> str:
    """Where its endpoints are, else where they usually are."""
    for endpoint in schema.endpoints:
        if endpoint.entity == entity.name and "{" not in endpoint.path:
            return endpoint.path.rstrip("/")
    return collection_path(entity.table)


def _is_served(endpoint: Endpoint, collection: str) -> bool:
    """Whether it lists, creates, reads, replaces or deletes records of a collection."""
    if endpoint.path.rstrip("/") == collection:
        return endpoint.method in {"GET", "POST"}
    one = re.fullmatch(re.escape(collection) + r"/\{[^{}/]+\}", endpoint.path)
    return one is not None and endpoint.method in {"GET", "PUT", "DELETE"}


def _references(entity: StoredEntity, tables: Mapping[str, str]) -> tuple[Reference, ...]:
    taken: set[str] = set()
    return tuple(
        Reference(
            relation=relation,
            target_table=tables[relation.target],
            link=_class_name(f"{entity.name}{pascal_case(singular(relation.name))}Link", taken),
        )
        for relation in entity.relations
    )


def _aliases(entity: StoredEntity) -> dict[str, str]:
    taken: set[str] = set()
    return {
        item.name: _class_name(
            f"{entity.name}{pascal_case(item.name)}"[:_ALIAS_LENGTH] + "Choice", taken
        )
        for item in entity.fields
        if item.choices
    }


def _class_name(name: str, taken: set[str]) -> str:
    """Tell apart names that differ only where Pascal case drops an underscore."""
    chosen = name
    number = 1
    while chosen in taken:
        number += 1
        chosen = f"{name}{number}"
    taken.add(chosen)
    return chosen
