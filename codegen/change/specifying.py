"""Stage 1.5 of a changed product: the clean spec, changed where the refined spec changed."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cached_property

from codegen.change.demands import Demands
from codegen.change.items import (
    ENTITY,
    FEATURE,
    FIELD,
    general_answers,
    general_changes,
    general_items,
    item_changes,
    product_items,
)
from codegen.change.spec_entities import merged_entity
from codegen.change.tracing import known_sources, traced, traced_entity, traced_requirement
from core.artifacts.answers import SpecChange
from core.artifacts.change import Change, ItemChange
from core.artifacts.questionnaire import Entity, EntityField
from core.artifacts.specs import CleanSpec, RefinedSpec, Requirement, SpecEntity
from core.identity import project_slug
from core.spelling import spelt


@dataclass(frozen=True)
class Specifying:
    """What is to be specified again.

    Attributes:
        before: the refined spec that the build before had.
        after: the one of this build.
        spec: what became of `before`; its sources are known.
    """

    before: RefinedSpec
    after: RefinedSpec
    spec: CleanSpec

    @cached_property
    def items(self) -> tuple[ItemChange, ...]:
        """What is different."""
        return (
            *general_items(self.before, self.after),
            *item_changes(product_items(self.before), product_items(self.after)),
        )

    @cached_property
    def is_general(self) -> bool:
        """Whether an answer about the product as a whole is different."""
        return bool(general_changes(self.before, self.after))

    @cached_property
    def _spec(self) -> CleanSpec:
        """The spec before, traced also where an older release wrote it."""
        return traced(self.spec, self.before)

    @cached_property
    def _changed_sources(self) -> set[str]:
        """Features and entities that are different, or of which a field is."""
        changed = {item.item for item in self.items if item.item.startswith((FEATURE, ENTITY))}
        return changed | {ENTITY + name for name in self._entities_with_changed_fields}

    @cached_property
    def _entities_with_changed_fields(self) -> set[str]:
        before = {item.name: _fields_by_name(item) for item in self.before.entities}
        return {
            item.name
            for item in self.after.entities
            if item.name in before and _fields_by_name(item) != before[item.name]
        }

    @cached_property
    def _removed(self) -> set[str]:
        return {item.item for item in self.items if item.how == "removed"}

    @cached_property
    def _added(self) -> set[str]:
        return {item.item for item in self.items if item.how == "added"}

    @cached_property
    def gone(self) -> frozenset[str]:
        """Numbers of requirements and names of entities of which every source is gone."""
        items: tuple[Requirement | SpecEntity, ...] = (
            *self._spec.requirements,
            *self._spec.entities,
        )
        return frozenset(
            _name(item) for item in items if item.sources and self._removed >= set(item.sources)
        )

    @cached_property
    def changed(self) -> frozenset[str]:
        """Numbers of requirements and names of entities that the difference concerns."""
        requirements = (
            item.id
            for item in self._spec.requirements
            if not self._changed_sources.isdisjoint(item.sources) or self._mentions(item)
        )
        entities = (
            item.name
            for item in self._spec.entities
            if not self._changed_sources.isdisjoint(item.sources)
        )
        return frozenset((*requirements, *entities)) - self.gone

    @cached_property
    def open(self) -> frozenset[str]:
        """Numbers of further requirements that a changed answer about the whole may concern."""
        if not self.is_general:
            return frozenset()
        return frozenset(item.id for item in self._spec.requirements) - self.changed - self.gone

    def _followed(self, answer: SpecChange) -> frozenset[str]:
        """Open requirements that an answer lets follow what is told of the whole now."""
        demands = Demands.between(
            self.before,
            self.after,
            known=(
                *(*self.before.features, *self.before.entities),
                *(*self._spec.requirements, *self._spec.entities),
            ),
            asked=(*self.after.features, *self.after.entities),
        )
        before = {item.id: item for item in self._spec.requirements if item.id in self.open}
        return frozenset(
            item.id
            for item in answer.requirements
            if item.id in before and demands.reach_requirement(before[item.id], item)
        )

    @cached_property
    def may_go(self) -> frozenset[str]:
        """Numbers of requirements that an answer may say are gone: all they come from changed.

        An answer about the product as a whole that is different lets none go: nothing tells that
        people do not want any more what a feature of theirs, which is the same, demands.
        """
        different = self._changed_sources | self._removed
        return frozenset(
            item.id
            for item in self._spec.requirements
            if item.id in self.changed and item.sources and different >= set(item.sources)
        )

    @cached_property
    def _grown(self) -> set[str]:
        """Items that new requirements may come from: what is new or different, as it is spelt."""
        if self.is_general:
            return set(known_sources(self.after))
        return {spelt(name) for name in self._changed_sources | self._added}

    def _mentions(self, requirement: Requirement) -> bool:
        """Whether a requirement speaks of a field that is gone or changed, or an entity gone."""
        if not self.gone.isdisjoint(requirement.entities):
            return True
        text = _words(
            f"{requirement.title} {requirement.description} "
            f"{' '.join(requirement.acceptance_criteria)}"
        )
        about = {spelt(name) for name in requirement.entities}
        for item in self.items:
            if item.how == "added" or not item.item.startswith(FIELD):
                continue
            for entity in self.before.entities:
                name = item.item.removeprefix(f"{FIELD}{entity.name}.")
                if (
                    name != item.item
                    and spelt(entity.name) in about
                    and f" {_words(name)} " in (f" {text} ")
                ):
                    return True
        return False

    def change(self) -> Change:
        """What is asked: what is concerned, and what is new; nothing where things are only gone."""
        new = [name for name in self._added if name.startswith((FEATURE, ENTITY))]
        order = [
            *(item.id for item in self._spec.requirements),
            *(item.name for item in self._spec.entities),
        ]
        asked = [name for name in order if name in self.changed]
        asked += [item.item for item in self.items if item.item in new]
        others = tuple(name for name in order if name in self.open)
        return Change(items=self.items, asked=tuple(asked), open=others)

    def check(self, answer: SpecChange) -> None:
        """Refuse an answer that leaves out what was asked, or takes out what has to stay.

        Raises:
            ValueError: names what is missing, or has to stay.
        """
        numbers = {item.id for item in answer.requirements}
        names = {item.name for item in answer.entities}
        gone = set(answer.removed)
        if strangers := gone - self.may_go:
            raise ValueError(
                f"`removed` names {', '.join(sorted(strangers))}, and may only name requirements "
                "that are asked about and of which every source is different now: "
                f"{', '.join(sorted(self.may_go)) or 'none'}"
            )
        missing = [name for name in self.changed if name not in numbers | names | gone]
        new = self._new_requirements(answer)
        told = {
            spelt(source) for item in (*new, *self._new_entities(answer)) for source in item.sources
        }
        missing += [
            name
            for name in self._added
            if name.startswith((FEATURE, ENTITY)) and spelt(name) not in told
        ]
        if missing:
            raise ValueError(
                f"these were asked about and are not in the answer: {', '.join(sorted(missing))}; "
                "give each requirement and entity that is named, and for each new feature a "
                "requirement, for each new entity an entity, with it in `sources`"
            )

    def merged(self, answer: SpecChange) -> CleanSpec:
        """The clean spec before, with what was asked about taken from the answer.

        What is open is taken where it follows the difference, see `Demands`; the same in other
        words is not. Requirements keep their numbers. New ones take the next; those of requirements
        that are gone are never given again. Gone are those of which every source is gone, and of
        what came from changed items alone, those that the answer says are.

        Raises:
            ValueError: the parts do not fit together.
        """
        told = {item.id: item for item in answer.requirements}
        may_change = self.changed | self._followed(answer)
        gone = self.gone | (self.may_go & set(answer.removed))
        requirements = [
            self._kept(told.get(item.id, item) if item.id in may_change else item, item)
            for item in self._spec.requirements
            if item.id not in gone
        ]
        entities = self._entities(answer)
        first = len(self._spec.requirements) + len(self._spec.removed_requirements) + 1
        requirements += [
            item.model_copy(update={"id": f"FR-{number}"})
            for number, item in enumerate(self._new_requirements(answer), start=first)
        ]
        names = {item.name for item in entities}
        removed = {item.id for item in self._spec.requirements} & gone
        if not requirements:
            raise ValueError(
                "no requirement is left: everything that the product was to do is gone; keep or "
                "add at least one feature"
            )
        assumptions = (*self._assumptions(), *answer.assumptions)
        document = self._spec.model_copy(
            update={
                **general_answers(self.before, self.after, self._spec),
                **self._slug,
                "requirements": tuple(_about(item, names) for item in requirements),
                "entities": tuple(_related(item, self.gone) for item in entities),
                "assumptions": tuple(dict.fromkeys(assumptions)),
                "removed_requirements": (
                    *self._spec.removed_requirements,
                    *sorted(removed, key=_number),
                ),
            }
        )
        return CleanSpec.model_validate(document.model_dump())

    @property
    def _slug(self) -> dict[str, str]:
        if self.before.project_name == self.after.project_name:
            return {}
        return {"slug": project_slug(self.after.project_name)}

    def _kept(self, told: Requirement, before: Requirement) -> Requirement:
        """A requirement, with what it comes from of what is still there."""
        sources = [*before.sources, *told.sources]
        alive = [item for item in sources if item not in self._removed]
        return traced_requirement(
            told.model_copy(update={"sources": tuple(dict.fromkeys(alive))}), self.after
        )

    def _assumptions(self) -> tuple[str, ...]:
        new = [text for text in self.after.assumptions if text not in self.before.assumptions]
        return (*self._spec.assumptions, *new)

    def _new_requirements(self, answer: SpecChange) -> list[Requirement]:
        """What comes from a new or changed item, and is no requirement of before."""
        known = {item.id for item in self._spec.requirements}
        return [
            item
            for item in (traced_requirement(one, self.after) for one in answer.requirements)
            if item.id not in known and not self._grown.isdisjoint(map(spelt, item.sources))
        ]

    def _new_entities(self, answer: SpecChange) -> list[SpecEntity]:
        known = {item.name for item in self._spec.entities}
        changed = {item.item for item in self.items if item.item.startswith(FEATURE)}
        added = {spelt(name) for name in self._added | (changed - self._removed)}
        added |= set(known_sources(self.after)) if self.is_general else set()
        entities = [traced_entity(item, self.after) for item in answer.entities]
        return [
            item
            for item in entities
            if item.name not in known and not added.isdisjoint(map(spelt, item.sources))
        ]

    def _entities(self, answer: SpecChange) -> tuple[SpecEntity, ...]:
        told = {item.name: item for item in answer.entities}
        described = {item.item for item in self.items if item.how == "changed"}
        fields = {
            name: (
                self._fields_of(self.before, name, answer),
                self._fields_of(self.after, name, answer),
            )
            for name in self.changed
        }
        return (
            *(
                merged_entity(
                    item,
                    told[item.name],
                    *fields[item.name],
                    is_described=not described.isdisjoint(item.sources),
                )
                if item.name in self.changed and item.name in told
                else item
                for item in self._spec.entities
                if item.name not in self.gone
            ),
            *self._new_entities(answer),
        )

    def _fields_of(self, product: RefinedSpec, name: str, answer: SpecChange) -> dict[str, str]:
        """Fields of the entity that one of the clean spec comes from, by their names' core.

        Where several come from it, those that another one holds are left out.
        """
        sources = {
            source for item in self._spec.entities if item.name == name for source in item.sources
        }
        others = {
            spelt(field.name)
            for item in (*self._spec.entities, *self._new_entities(answer))
            if item.name != name and not sources.isdisjoint(item.sources)
            for field in (*item.fields, *item.relations)
        }
        return {
            spelt(field.name): field.model_dump_json()
            for entity in product.entities
            if ENTITY + entity.name in sources
            for field in entity.fields
            if spelt(field.name) not in others
        }


def _fields_by_name(entity: Entity) -> dict[str, EntityField]:
    """Fields without their order, which says nothing."""
    return {field.name: field for field in entity.fields}


def _about(requirement: Requirement, names: Iterable[str]) -> Requirement:
    known = tuple(name for name in requirement.entities if name in names)
    return requirement.model_copy(update={"entities": known})


def _related(entity: SpecEntity, gone: Collection[str]) -> SpecEntity:
    """Without relations to entities that are gone, which only a derived one can still have."""
    kept = tuple(item for item in entity.relations if item.target not in gone)
    return entity.model_copy(update={"relations": kept})


def _name(item: Requirement | SpecEntity) -> str:
    return item.id if isinstance(item, Requirement) else item.name


def _number(requirement: str) -> int:
    return int(requirement.removeprefix("FR-"))


def _words(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", text)).casefold()
