"""Traces requirements and entities of the clean spec to what a person asked for."""

from collections.abc import Collection, Iterable, Iterator

from codegen.change.items import ENTITY, FEATURE
from codegen.issues import Problem, issues_of
from core.artifacts.specs import CleanSpec, RefinedSpec, Requirement, SpecEntity
from core.artifacts.structure import StructuralIssue
from core.spelling import spelt


def known_sources(product: RefinedSpec) -> dict[str, str]:
    """Items that something may come from: as they are spelt, by their spelling's core."""
    items = [FEATURE + feature.title for feature in product.features]
    items += [ENTITY + entity.name for entity in product.entities]
    return {spelt(item): item for item in items}


def check_sources(
    items: Iterable[Requirement | SpecEntity], product: RefinedSpec
) -> list[StructuralIssue]:
    """Errors of sources: each names a feature or an entity that there is."""
    known = known_sources(product)
    return issues_of("TR", _strangers(items, known))


def _strangers(
    items: Iterable[Requirement | SpecEntity], known: Collection[str]
) -> Iterator[Problem]:
    for item in items:
        place = item.id if isinstance(item, Requirement) else item.name
        for source in item.sources:
            if spelt(source) not in known:
                yield Problem(
                    place,
                    f"its source {source!r} is no feature and no entity of the refined spec",
                    "Write 'feature: ' and a title, or 'entity: ' and a name, as they are given.",
                )


def uncovered(spec: CleanSpec, product: RefinedSpec) -> tuple[str, ...]:
    """Features and entities that nothing of a spec comes from, in their order."""
    whole = traced(spec, product)
    items = (*whole.requirements, *whole.entities)
    covered = {spelt(source) for item in items for source in item.sources}
    return tuple(item for key, item in known_sources(product).items() if key not in covered)


def check_coverage(
    spec: CleanSpec, product: RefinedSpec, before: Collection[str] = ()
) -> list[StructuralIssue]:
    """Errors of sources: each feature and each entity is the source of something.

    Without it nobody could tell later what a change of that feature concerns.

    Args:
        spec: what was answered.
        product: what it comes from.
        before: what nothing came from already, in the build that is changed.
    """
    return issues_of(
        "TR",
        (
            Problem(
                item,
                "it is the source of no requirement and of no entity",
                f"Give each requirement that comes from it {item!r} in `sources`; if there is "
                "none, write it.",
            )
            for item in uncovered(spec, product)
            if item not in before
        ),
    )


def traced(spec: CleanSpec, product: RefinedSpec) -> CleanSpec:
    """The spec with sources as they are spelt; where none is named, those that names tell.

    A requirement whose title is a feature's comes from that feature, else from the entities that
    its title names. What nothing can be told of comes from the product as a whole, and changes
    with that alone.
    """
    return spec.model_copy(
        update={
            "requirements": tuple(traced_requirement(r, product) for r in spec.requirements),
            "entities": tuple(traced_entity(e, product) for e in spec.entities),
        }
    )


def traced_requirement(requirement: Requirement, product: RefinedSpec) -> Requirement:
    """A requirement with its sources; see `traced`."""
    known = known_sources(product)
    named = [known[spelt(item)] for item in requirement.sources if spelt(item) in known]
    if not named:
        title = spelt(requirement.title)
        named = [
            FEATURE + feature.title for feature in product.features if spelt(feature.title) == title
        ] or [
            ENTITY + entity.name
            for entity in product.entities
            if spelt(entity.name) in title and _is_about(requirement, entity.name)
        ]
    return requirement.model_copy(update={"sources": tuple(dict.fromkeys(named))})


def _is_about(requirement: Requirement, entity: str) -> bool:
    return any(spelt(name) == spelt(entity) for name in requirement.entities)


def traced_entity(entity: SpecEntity, product: RefinedSpec) -> SpecEntity:
    """An entity with its source; see `traced`."""
    known = known_sources(product)
    named = [known[spelt(item)] for item in entity.sources if spelt(item) in known]
    own = known.get(spelt(ENTITY + entity.name))
    sources = tuple(dict.fromkeys(named)) or ((own,) if own else ())
    return entity.model_copy(update={"sources": sources})
