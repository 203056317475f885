"""Answers `normalizer`: legal, unique names, typed fields, relations, numbered requirements."""

from collections.abc import Mapping

from core.artifacts.answers import SpecChange
from core.artifacts.change import Change
from core.artifacts.questionnaire import Entity, EntityField, FieldType
from core.artifacts.specs import CleanSpec, RefinedSpec, Relation, SpecEntity, SpecField
from core.identity import project_slug
from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.literals import one_line
from providers.llm.demo.names import (
    is_many,
    legal_entity_names,
    legal_field_name,
    legal_relation_name,
)
from providers.llm.demo.relations import relation_kind, without_required_cycles
from providers.llm.demo.requirements import number_requirements


def answer(blocks: PromptBlocks) -> str:
    """Turn a refined spec into a clean one, or what changed of it."""
    specs = blocks.model("specs", RefinedSpec)
    if "change" in blocks:
        previous, change = blocks.model("previous", CleanSpec), blocks.model("change", Change)
        return _changed(specs, previous, change.asked)
    entities, notes = without_required_cycles(_entities(specs.entities))
    slug = project_slug(specs.project_name)
    clean = CleanSpec(
        project_name=one_line(specs.project_name) or slug,
        slug=slug,
        summary=specs.summary,
        users=specs.users,
        requirements=number_requirements(specs.features, entities),
        entities=entities,
        stack=specs.stack,
        constraints=specs.constraints,
        non_goals=specs.non_goals,
        assumptions=(*specs.assumptions, *notes),
    )
    return clean.model_dump_json()


def _changed(specs: RefinedSpec, previous: CleanSpec, asked: tuple[str, ...]) -> str:
    """Write the requirements and entities that are asked about."""
    entities, notes = without_required_cycles(_entities(specs.entities))
    drafts = number_requirements(specs.features, entities)
    numbers = {item.sources: item.id for item in previous.requirements}
    first = len(previous.requirements) + len(previous.removed_requirements) + 1
    new = [item for item in drafts if item.sources not in numbers and set(item.sources) & {*asked}]
    given = {item.sources: f"FR-{number}" for number, item in enumerate(new, start=first)}
    known = {item.name for item in previous.entities}
    return SpecChange(
        requirements=tuple(
            item.model_copy(update={"id": number})
            for item in drafts
            if (number := {**given, **numbers}.get(item.sources, "")) in asked
            or item.sources in given
        ),
        entities=tuple(
            item
            for item in entities
            if item.name in asked or (item.name not in known and set(item.sources) & {*asked})
        ),
        assumptions=tuple(note for note in notes if note not in previous.assumptions),
    ).model_dump_json()


def _entities(entities: tuple[Entity, ...]) -> tuple[SpecEntity, ...]:
    names = legal_entity_names(entity.name for entity in entities)
    by_said = {entity.name.casefold(): name for entity, name in zip(entities, names, strict=True)}
    return tuple(
        _entity(entity, name, by_said) for entity, name in zip(entities, names, strict=True)
    )


def _entity(entity: Entity, name: str, by_said: Mapping[str, str]) -> SpecEntity:
    taken: set[str] = set()
    fields: list[SpecField] = []
    relations: list[Relation] = []
    for item in entity.fields:
        target = by_said.get(item.target.casefold())
        if item.type is FieldType.REFERENCE and target:
            relations.append(_relation(item, target, taken))
        else:
            fields.append(_field(item, taken))
    if not fields and not relations:
        fields.append(SpecField(name="name", required=True, description="What it is called."))
    return SpecEntity(
        name=name,
        description=_called(entity.name, name, entity.description),
        fields=tuple(fields),
        relations=tuple(relations),
        sources=(f"entity: {entity.name}",),
    )


def _field(field: EntityField, taken: set[str]) -> SpecField:
    # A reference to nothing can only be kept as what people write into it.
    kind = FieldType.STRING if field.type is FieldType.REFERENCE else field.type
    name = legal_field_name(field.name, taken)
    return SpecField(
        name=name,
        type=kind,
        required=field.required,
        choices=tuple(dict.fromkeys(field.choices)) if kind is FieldType.CHOICE else (),
        description=_called(field.name, name, field.description),
    )


def _relation(field: EntityField, target: str, taken: set[str]) -> Relation:
    kind = relation_kind(field)
    draft = Relation(name="draft", target=target, kind=kind, required=field.required)
    name = legal_relation_name(field.name, is_many(draft), taken)
    return draft.model_copy(
        update={"name": name, "description": _called(field.name, name, field.description)}
    )


def _called(said: str, name: str, description: str) -> str:
    """Keep what a person called a thing where its legal name does not show it any more."""
    spoken = "".join(character for character in said if character.isalnum()).casefold()
    if spoken == name.replace("_", "").casefold():
        return description
    return f"{one_line(said)}: {description}" if description else one_line(said)
