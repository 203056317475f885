"""What the fields of a questionnaire that refer to other entities come to."""

from collections.abc import Mapping, Sequence
from typing import Literal

from core.artifacts.questionnaire import EntityField
from core.artifacts.specs import Relation, SpecEntity
from providers.llm.demo.words import plural, words_of

Kind = Literal["many_to_one", "one_to_one", "many_to_many"]

_MANY = ("many ", "several", "any number", "list of", "one or more", "multiple")
_ONE = ("one-to-one", "one to one", "exactly one", "unique")


def relation_kind(field: EntityField) -> Kind:
    """Decide how many records a reference points to.

    A name in the plural of its target, or a description that says so, points to any number; a
    description that says 'exactly one' or 'unique' makes it one to one.
    """
    description = field.description.casefold()
    name = "_".join(words_of(field.name)).lower()
    target = "_".join(words_of(field.target)).lower()
    if any(phrase in description for phrase in _MANY):
        return "many_to_many"
    if name and name != target and name == plural(target):
        return "many_to_many"
    return "one_to_one" if any(phrase in description for phrase in _ONE) else "many_to_one"


def required_cycle(entities: Sequence[SpecEntity]) -> tuple[str, Relation] | None:
    """Find a required relation without which records could be made in some order.

    Where records require each other in a circle, none could ever be the first.

    Returns:
        An entity's name and the relation of it that closes a circle; `None` without a circle.
    """
    by_name = {entity.name: entity for entity in entities}
    done: set[str] = set()
    for entity in entities:
        found = _walk(entity.name, by_name, done)
        if found:
            return found
    return None


def _walk(
    start: str, by_name: Mapping[str, SpecEntity], done: set[str]
) -> tuple[str, Relation] | None:
    """Depth first without recursion, because a chain may be as long as there are entities."""
    path = [start]
    waiting = [_required(by_name, start)] if start not in done else []
    while waiting:
        if not waiting[-1]:
            waiting.pop()
            done.add(path.pop())
            continue
        relation = waiting[-1].pop(0)
        if relation.target in path:
            return path[-1], relation
        if relation.target not in done:
            path.append(relation.target)
            waiting.append(_required(by_name, relation.target))
    return None


def _required(by_name: Mapping[str, SpecEntity], name: str) -> list[Relation]:
    entity = by_name.get(name)
    return [item for item in entity.relations if item.required] if entity else []


def without_required_cycles(
    entities: Sequence[SpecEntity],
) -> tuple[tuple[SpecEntity, ...], tuple[str, ...]]:
    """Make one relation of each circle of required relations optional.

    Returns:
        The entities, and a sentence for each relation that was changed.
    """
    mended = list(entities)
    notes: list[str] = []
    while found := required_cycle(mended):
        name, relation = found
        notes.append(
            f"{name}.{relation.name} is optional: {name} and {relation.target} require each "
            "other, so neither could ever be made first."
        )
        mended = [_optional(item, relation) if item.name == name else item for item in mended]
    return tuple(mended), tuple(notes)


def _optional(entity: SpecEntity, relation: Relation) -> SpecEntity:
    relations = tuple(
        item.model_copy(update={"required": False}) if item == relation else item
        for item in entity.relations
    )
    return entity.model_copy(update={"relations": relations})


def creation_order(entities: Sequence[SpecEntity]) -> list[SpecEntity]:
    """Order entities so that each stands behind those it requires, else as they are given."""
    placed: dict[str, SpecEntity] = {}
    left = list(entities)
    names = {entity.name for entity in entities}
    while left:
        ready = [entity for entity in left if _needs(entity) & names <= set(placed)]
        for entity in ready or left:  # a circle is left as it is given
            placed[entity.name] = entity
        left = [entity for entity in left if entity.name not in placed]
    return list(placed.values())


def _needs(entity: SpecEntity) -> set[str]:
    return {item.target for item in entity.relations if item.required} - {entity.name}
