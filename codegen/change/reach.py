"""Tells whether it can be told what a change of the questionnaire concerns."""

from collections import Counter
from collections.abc import Iterator

from codegen.change.items import (
    ENTITY,
    FEATURE,
    FIELD,
    field_item,
    general_changes,
    item_changes,
    product_items,
)
from codegen.change.tracing import uncovered
from core.artifacts.questionnaire import Questionnaire
from core.artifacts.specs import CleanSpec, RefinedSpec
from core.spelling import spelt


def unknown_reach(
    before: Questionnaire, after: Questionnaire, refined: RefinedSpec, spec: CleanSpec
) -> tuple[str, ...]:
    """What is different and concerns nobody knows what, so that all is asked as if it were new.

    These are features and entities that nothing of the spec before comes from, as in specs of older
    releases, and names that are one name in two spellings. Answers about the product as a whole
    are none of these: see `general_changes`.

    Args:
        before: the questionnaire of the build that is changed.
        after: the one of this build.
        refined, spec: what became of `before`.

    Returns:
        Names of items (`feature: Lend a tool`); none where it can be told of everything, or
        nothing is different.
    """
    items = item_changes(product_items(before), product_items(after))
    if not items and not general_changes(before, after):
        return ()
    owners = {
        field_item(entity.name, field): ENTITY + entity.name
        for product in (before, after)
        for entity in product.entities
        for field in entity.fields
    }
    different = {owners.get(item.item, item.item) for item in items}
    untraced = [item for item in uncovered(spec, refined) if item in different]
    names = (*untraced, *_doubles(before), *_doubles(after))
    return tuple(dict.fromkeys(names))


def _doubles(product: Questionnaire) -> Iterator[str]:
    """Items whose names another one has too, in other spelling."""
    yield from _alike([FEATURE + feature.title for feature in product.features])
    yield from _alike([ENTITY + entity.name for entity in product.entities])
    for entity in product.entities:
        names = [field.name for field in entity.fields]
        yield from (f"{FIELD}{entity.name}.{name}" for name in _alike(names))


def _alike(names: list[str]) -> Iterator[str]:
    times = Counter(map(spelt, names))
    return (name for name in names if times[spelt(name)] > 1)
