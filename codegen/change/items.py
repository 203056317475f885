"""Takes documents apart into items that have names, and compares them item by item.

An item keeps its name as long as people do: a feature is known by its title, an entity and a field
by its name. What gets another name is an item removed and one added.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from core.artifacts.change import ItemChange
from core.artifacts.questionnaire import EntityField, Questionnaire
from core.artifacts.schema import Schema
from core.artifacts.specs import CleanSpec, RefinedSpec

FEATURE = "feature: "
ENTITY = "entity: "
FIELD = "field: "
_TOLD = ("summary", "users", "constraints", "non_goals")
_MADE = ("project_name", "stack")
"""Answers that are in how every file is made, whatever it is about."""


def item_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[ItemChange, ...]:
    """What is different between two documents, in the order of the newer one, then of the older.

    Args:
        before, after: the text of each item, by its name.
    """
    new = [
        ItemChange(
            item=name,
            how="changed" if name in before else "added",
            before=before.get(name, ""),
            after=text,
        )
        for name, text in after.items()
        if before.get(name) != text
    ]
    gone = [
        ItemChange(item=name, how="removed", before=text)
        for name, text in before.items()
        if name not in after
    ]
    return (*new, *gone)


def product_items(product: Questionnaire | RefinedSpec) -> dict[str, str]:
    """Features, entities and their fields, in people's words; an entity without its fields."""
    return dict(_numbered(_product_items(product)))


def _product_items(product: Questionnaire | RefinedSpec) -> Iterator[tuple[str, str]]:
    for feature in product.features:
        yield FEATURE + feature.title, feature.model_dump_json()
    for entity in product.entities:
        yield ENTITY + entity.name, entity.model_dump_json(exclude={"fields"})
        for field in entity.fields:
            yield field_item(entity.name, field), field.model_dump_json()


def _numbered(items: Iterator[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Tell items of one name apart by the order in which they come."""
    times: Counter[str] = Counter()
    for name, text in items:
        times[name] += 1
        yield (name if times[name] == 1 else f"{name} ({times[name]})"), text


def field_item(entity: str, field: EntityField) -> str:
    """The name of a field's item."""
    return f"{FIELD}{entity}.{field.name}"


General = Questionnaire | RefinedSpec | CleanSpec
"""What has answers about the product as a whole."""


def general_changes(before: General, after: General) -> tuple[str, ...]:
    """Names of the answers about the product as a whole that are different.

    What such an answer changes cannot be told from its text, so that everything may be concerned.
    """
    names = (*_MADE, *_TOLD)
    return tuple(name for name in names if getattr(before, name) != getattr(after, name))


def is_made_otherwise(general: Iterable[str]) -> bool:
    """Whether every file has to be made in another way, for what is different in general."""
    return not set(_MADE).isdisjoint(general)


def general_told(product: General) -> dict[str, Any]:
    """The answers about the product as a whole by their names, as JSON has them."""
    return product.model_dump(mode="json", include={*_MADE, *_TOLD})


def general_items(before: General, after: General) -> tuple[ItemChange, ...]:
    """The same as items, with their JSON."""
    texts = [general_told(product) for product in (before, after)]
    return tuple(
        ItemChange(
            item=name,
            how="changed",
            before=json.dumps(texts[0][name], ensure_ascii=False),
            after=json.dumps(texts[1][name], ensure_ascii=False),
        )
        for name in general_changes(before, after)
    )


def general_answers(
    before: General, after: General, kept: RefinedSpec | CleanSpec
) -> dict[str, Any]:
    """Answers about the product as a whole: as they are now where they changed, else as kept."""
    changed = general_changes(before, after)
    return {name: getattr(after if name in changed else kept, name) for name in (*_MADE, *_TOLD)}


def spec_items(spec: CleanSpec) -> dict[str, str]:
    """Requirements by number, entities by name."""
    return {
        **{item.id: item.model_dump_json(exclude={"sources"}) for item in spec.requirements},
        **{item.name: item.model_dump_json(exclude={"sources"}) for item in spec.entities},
    }


def schema_items(schema: Schema) -> dict[str, str]:
    """Entities by name, endpoints by method and path, without the requirements they serve."""
    return {
        **{item.name: item.model_dump_json(exclude={"sources"}) for item in schema.entities},
        **{item.id: item.model_dump_json(exclude={"requirements"}) for item in schema.endpoints},
    }
