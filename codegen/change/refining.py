"""Stage 1 of a changed product: the refined spec, changed where the questionnaire changed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from codegen.change.demands import Demands
from codegen.change.items import (
    ENTITY,
    FEATURE,
    general_answers,
    general_changes,
    general_items,
    item_changes,
    product_items,
)
from core.artifacts.answers import ClarifiedChange
from core.artifacts.change import Change, ItemChange
from core.artifacts.questionnaire import Entity, EntityField, Feature, FieldType, Questionnaire
from core.artifacts.specs import ClarificationHistory, RefinedSpec
from core.spelling import spelt

Item = TypeVar("Item", Feature, Entity, EntityField)

_NOTHING_ASKED = ClarificationHistory()


@dataclass(frozen=True)
class Refining:
    """What is to be refined again.

    Attributes:
        before: the questionnaire that the build before was given.
        after: the one of this build.
        refined: what became of `before`.
    """

    before: Questionnaire
    after: Questionnaire
    refined: RefinedSpec

    @property
    def items(self) -> tuple[ItemChange, ...]:
        """What is different."""
        return (
            *general_items(self.before, self.after),
            *item_changes(product_items(self.before), product_items(self.after)),
        )

    @property
    def is_general(self) -> bool:
        """Whether an answer about the product as a whole is different."""
        return bool(general_changes(self.before, self.after))

    def change(self) -> Change:
        """What is asked: features and entities that are new, or of which something is.

        What is only gone leaves nothing to be asked. What an answer about the product as a whole
        concerns is for the model to tell: all others are open to it. Of what it says of those, that
        is taken which follows the difference, see `Demands`.
        """
        asked: dict[str, None] = {}
        for item in item_changes(product_items(self.before), product_items(self.after)):
            if item.how == "removed":
                continue
            kind, _, name = item.item.partition(": ")
            owner = name.partition(".")[0] if kind == "field" else ""
            asked[self._entity_of(item.item) if owner else item.item] = None
        there = [
            *(FEATURE + feature.title for feature in self.after.features),
            *(ENTITY + entity.name for entity in self.after.entities),
        ]
        others = tuple(name for name in there if name not in asked) if self.is_general else ()
        return Change(items=self.items, asked=tuple(asked), open=others)

    def _entity_of(self, field: str) -> str:
        """The item of a field's entity, whose name may hold a dot itself."""
        for entity in self.after.entities:
            if any(field.startswith(f"field: {entity.name}.{one.name}") for one in entity.fields):
                return ENTITY + entity.name
        return field

    def merged(
        self, answer: ClarifiedChange, answered: ClarificationHistory = _NOTHING_ASKED
    ) -> RefinedSpec:
        """The refined spec before, with what was asked about taken from the answer.

        Titles, names, types and the like are the questionnaire's own, whatever the answer says.
        What the answer leaves out is as the questionnaire has it.

        Args:
            answer: the model's.
            answered: what a person was asked about the change before.
        """
        change = self.change()
        asked = {*change.asked, *self._followed(answer).intersection(change.open)}
        assumed = (
            *self.refined.assumptions,
            *(item.answer for item in (*answered.assumed, *answer.questions)),
        )
        return self.refined.model_copy(
            update={
                **general_answers(self.before, self.after, self.refined),
                "features": self._features(answer, asked),
                "entities": self._entities(answer, asked),
                "assumptions": tuple(dict.fromkeys(assumed)),
                "answers": tuple(dict.fromkeys((*self.refined.answers, *answered.answers))),
            }
        )

    def _followed(self, answer: ClarifiedChange) -> set[str]:
        """Features and entities that an answer lets follow what is told of the whole now."""
        parts = (*self.before.features, *self.before.entities)
        demands = Demands.between(
            self.before,
            self.after,
            known=(*parts, *self.refined.features, *self.refined.entities),
            asked=(*self.after.features, *self.after.entities),
        )
        told = {spelt(FEATURE + one.title): one.description for one in answer.features}
        told |= {spelt(ENTITY + one.name): one.description for one in answer.entities}
        there = {FEATURE + one.title: one.description for one in self.refined.features}
        there |= {ENTITY + one.name: one.description for one in self.refined.entities}
        return {
            name
            for name, text in there.items()
            if (new := told.get(spelt(name))) and demands.reach(text, new)
        }

    def _features(self, answer: ClarifiedChange, asked: set[str]) -> tuple[Feature, ...]:
        told = {spelt(item.title): item for item in answer.features}
        kept = {item.title: item for item in self.refined.features}
        features: list[Feature] = []
        for item in self.after.features:
            if FEATURE + item.title not in asked:
                features.append(kept.get(item.title, item))
                continue
            refined = told.get(spelt(item.title))
            text = refined.description if refined else ""
            features.append(item.model_copy(update={"description": text or item.description}))
        # What nobody asked for in so many words was derived from what is there still.
        said = {item.title for item in (*self.before.features, *self.after.features)}
        return (*features, *(item for item in self.refined.features if item.title not in said))

    def _entities(self, answer: ClarifiedChange, asked: set[str]) -> tuple[Entity, ...]:
        told = {spelt(item.name): item for item in answer.entities}
        kept = {item.name: item for item in self.refined.entities}
        earlier = {item.name: item for item in self.before.entities}
        entities: list[Entity] = []
        for item in self.after.entities:
            previous = kept.get(item.name)
            is_same = item == earlier.get(item.name) and previous is not None
            if is_same and ENTITY + item.name not in asked:
                entities.append(previous or item)
                continue
            refined = told.get(spelt(item.name)) if ENTITY + item.name in asked else None
            if is_same and refined is not None:  # its fields are people's own
                previous = previous or item
                text = refined.description or previous.description
                entities.append(previous.model_copy(update={"description": text}))
                continue
            entities.append(_changed(item, earlier.get(item.name), previous, refined))
        said = {item.name for item in (*self.before.entities, *self.after.entities)}
        derived = [item for item in self.refined.entities if item.name not in said]
        return _without_strangers((*entities, *derived))


def as_asked(asked: Questionnaire, refined: RefinedSpec) -> RefinedSpec:
    """A refined spec whose features, entities and fields are called as the questionnaire does.

    By these names the next build of the product knows what is the same. What came back under
    another name is known by its place, where as many came back as were given; what did not come
    back at all is as the questionnaire has it.
    """
    features, further = _paired(asked.features, refined.features, _title)
    entities, more = _paired(asked.entities, refined.entities, _called)
    return refined.model_copy(
        update={
            "features": (
                *(
                    one.model_copy(update={"title": own.title, "priority": own.priority})
                    for own, one in features
                ),
                *further,
            ),
            "entities": (*(_entity_as_asked(own, one) for own, one in entities), *more),
        }
    )


def _entity_as_asked(asked: Entity, refined: Entity) -> Entity:
    fields, further = _paired(asked.fields, refined.fields, _called)
    named = [
        own.model_copy(update={"description": one.description or own.description})
        for own, one in fields
    ]
    return refined.model_copy(update={"name": asked.name, "fields": (*named, *further)})


def _paired(
    asked: tuple[Item, ...], items: tuple[Item, ...], name_of: Callable[[Item], str]
) -> tuple[list[tuple[Item, Item]], tuple[Item, ...]]:
    """Each item that was given with what came back of it, and what came back besides."""
    known = {spelt(name_of(item)): item for item in reversed(items)}
    if all(spelt(name_of(own)) in known for own in asked):
        pairs = [(own, known[spelt(name_of(own))]) for own in asked]
        found = [one for _, one in pairs]
        return pairs, tuple(item for item in items if item not in found)
    if len(items) == len(asked):
        return list(zip(asked, items, strict=True)), ()
    pairs = [(own, known.get(spelt(name_of(own)), own)) for own in asked]
    names = {spelt(name_of(own)) for own in asked}
    return pairs, tuple(item for item in items if spelt(name_of(item)) not in names)


def _title(feature: Feature) -> str:
    return feature.title


def _called(item: Entity | EntityField) -> str:
    return item.name


def _changed(
    item: Entity, earlier: Entity | None, previous: Entity | None, refined: Entity | None
) -> Entity:
    """An entity that is new or changed.

    Args:
        item: as the questionnaire has it now.
        earlier: as it had it before.
        previous: as it was refined then.
        refined: as it was refined now.
    """
    if previous and earlier and earlier.description == item.description:
        description = previous.description
    else:
        description = (refined.description if refined else "") or item.description
    return item.model_copy(
        update={
            "description": description,
            "fields": _fields(item, earlier, previous, refined),
        }
    )


def _fields(
    item: Entity, earlier: Entity | None, previous: Entity | None, refined: Entity | None
) -> tuple[EntityField, ...]:
    if not item.fields:  # the builder proposes them, and did so before perhaps
        proposed = previous if previous is not None and not (earlier and earlier.fields) else None
        return (proposed or refined or item).fields
    unchanged = set(earlier.fields) if earlier is not None else set[EntityField]()
    kept = _by_name(previous)
    told = _by_name(refined)
    fields: list[EntityField] = []
    for field in item.fields:
        if field in unchanged and spelt(field.name) in kept:
            fields.append(kept[spelt(field.name)])
            continue
        said = told.get(spelt(field.name))
        text = (said.description if said else "") or field.description
        fields.append(field.model_copy(update={"description": text}))
    return tuple(fields)


def _by_name(entity: Entity | None) -> Mapping[str, EntityField]:
    return {} if entity is None else {spelt(field.name): field for field in entity.fields}


def _without_strangers(entities: tuple[Entity, ...]) -> tuple[Entity, ...]:
    """Without references to entities that are gone, which only a derived entity can have."""
    known = {entity.name.casefold() for entity in entities}
    return tuple(
        entity.model_copy(
            update={
                "fields": tuple(
                    field
                    for field in entity.fields
                    if field.type is not FieldType.REFERENCE or field.target.casefold() in known
                )
            }
        )
        for entity in entities
    )
