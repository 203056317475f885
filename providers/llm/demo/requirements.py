"""Numbers the requirements of a refined spec and finds the entities each one concerns."""

from collections.abc import Mapping, Sequence

from core.artifacts.questionnaire import Feature
from core.artifacts.specs import Requirement, SpecEntity
from providers.llm.demo.literals import one_line
from providers.llm.demo.words import human, plural, snake_case, words_of

_MOST_ENTITIES = 3
"""A feature that mentions more than these is about the first of them."""


def number_requirements(
    features: Sequence[Feature], entities: Sequence[SpecEntity]
) -> tuple[Requirement, ...]:
    """Write down one requirement a feature, one an entity, and one for the ways in.

    Args:
        features: as people put them, in their order.
        entities: entities with legal names; the first is taken to be the main one.
    """
    phrases = {entity.name: _phrases(entity.name) for entity in entities}
    drafts = [
        *(_of_feature(feature, number, phrases) for number, feature in enumerate(features, 1)),
        *map(_of_entity, entities),
        _ways_in(),
    ]
    return tuple(
        draft.model_copy(update={"id": f"FR-{number}"}) for number, draft in enumerate(drafts, 1)
    )


def _of_feature(feature: Feature, number: int, phrases: Mapping[str, set[str]]) -> Requirement:
    concerned = _mentioned(f"{feature.title} {feature.description}", phrases) or tuple(phrases)[:1]
    kept = " and ".join(human(plural(snake_case(name))).lower() for name in concerned)
    return Requirement(
        id="FR-1",
        title=one_line(feature.title) or f"Feature {number}",
        description=feature.description,
        priority=feature.priority,
        acceptance_criteria=(
            f"The {kept} it works on can be stored, read back and found in their list.",
        )
        if concerned
        else ("The application that serves it is up.",),
        entities=concerned,
        sources=(f"feature: {feature.title}",),
    )


def _of_entity(entity: SpecEntity) -> Requirement:
    kept = human(plural(snake_case(entity.name)))
    return Requirement(
        id="FR-1",
        title=f"Keep {kept.lower()}",
        description=f"{kept} can be created, listed, filtered, read, replaced and deleted.",
        acceptance_criteria=(
            "What was sent in is what is read back.",
            "Lists are read page by page, and can be filtered and sorted.",
            "Wrong or missing values are refused, and so are references to nothing.",
            "What others refer to cannot be deleted.",
        ),
        entities=(entity.name,),
        sources=entity.sources,
    )


def _ways_in() -> Requirement:
    return Requirement(
        id="FR-1",
        title="Use it in a browser and over HTTP",
        description="A front page shows and edits the records; programs use the HTTP interface.",
        acceptance_criteria=(
            "The front page is served and names the product.",
            "The HTTP interface is described as OpenAPI.",
            "`/health` says whether the application works.",
        ),
    )


def _phrases(entity: str) -> set[str]:
    name = snake_case(entity)
    return {name.replace("_", " "), plural(name).replace("_", " ")}


def _mentioned(text: str, phrases: Mapping[str, set[str]]) -> tuple[str, ...]:
    """Entities a text mentions, in the order of their first mention."""
    said = f" {' '.join(words_of(text)).lower()} "
    places = {name: _first_place(said, words) for name, words in phrases.items()}
    found = sorted((place, name) for name, place in places.items() if place >= 0)
    return tuple(name for _, name in found[:_MOST_ENTITIES])


def _first_place(said: str, words: set[str]) -> int:
    """Where one of some words is first said; -1 if none is."""
    places = (said.find(f" {word} ") for word in words)
    return min((place for place in places if place >= 0), default=-1)
