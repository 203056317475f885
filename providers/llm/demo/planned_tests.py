"""Which tests a file of acceptance tests holds: what can be asserted about an entity."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.artifacts.specs import Requirement
from providers.llm.demo.code_names import FactoryNames
from providers.llm.demo.entity_view import EntityView, Reference
from providers.llm.demo.field_types import code_of, first_sample_of, is_filter, wrong_value_of
from providers.llm.demo.literals import python_string
from providers.llm.demo.words import words_of

_CASE_LENGTH = 60

SERVICE_CASES = (
    "test_health_is_ok",
    "test_front_page_names_the_product",
    "test_interface_is_described",
)


@dataclass(frozen=True)
class Case:
    """One test, as the template of the tests about an entity reads it.

    Attributes:
        name: of the test function.
        kind: which body it has.
        says: what it shows, without the requirement.
        names: fields it goes through.
        values: entries `"field": value` it goes through.
        reference: the relation it is about.
        subjects: factories of the entities a requirement concerns.
    """

    name: str
    kind: str
    says: str
    names: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    reference: Reference | None = None
    subjects: tuple[FactoryNames, ...] = ()

    @property
    def attribute(self) -> str:
        """Field of the relation it is about."""
        return self.reference.attribute if self.reference else ""

    @property
    def target(self) -> FactoryNames | None:
        """Factory of what the relation points to."""
        return self.reference.target if self.reference else None

    @property
    def value(self) -> str:
        """Expression that points the relation to the record `target`."""
        many = self.reference is not None and self.reference.many
        return '[target["id"]]' if many else 'target["id"]'

    @property
    def missing(self) -> str:
        """Expression that points the relation to nothing."""
        many = self.reference is not None and self.reference.many
        return "[999999]" if many else "999999"


def entity_cases(view: EntityView) -> dict[str, Case]:
    """Every test there can be about an entity, by name, in the order of the file."""
    cases = [
        Case("test_is_created_and_read_back", "is_kept", "what is sent in is kept."),
        Case("test_is_replaced", "is_replaced", "everything about it can be replaced."),
        Case("test_is_deleted", "is_deleted", "what is deleted is gone."),
        Case("test_is_not_found", "is_not_found", "what was never made is answered with 404."),
        Case("test_is_listed", "is_listed", "lists are sorted and read page by page."),
        Case("test_is_described", "is_described", "programs find the interface."),
        *_field_cases(view),
    ]
    for reference in view.references:
        cases += _reference_cases(reference)
    return {case.name: case for case in cases}


def _field_cases(view: EntityView) -> list[Case]:
    varied = [field for field in view.fields if not code_of(field).constant]
    filters = tuple(field.name for field in varied if is_filter(field))
    chosen = [field.choices[0].upper() for field in view.fields if field.choices]
    texts = tuple(
        field.name
        for field in varied
        # A search looks into choices, too, and those are the same in every sample.
        if code_of(field).text
        and not any(first_sample_of(field).upper() in text for text in chosen)
    )
    required = tuple(
        [field.name for field in view.fields if field.required]
        + [item.attribute for item in view.references if item.relation.required]
    )
    wrong = [f"{python_string(field.name)}: {wrong_value_of(field)}" for field in view.fields]
    cases = [
        ("test_is_filtered", "is_filtered", "lists can be filtered by any field.", filters),
        ("test_is_searched", "is_searched", "lists can be searched for a text.", texts),
        ("test_needs_what_is_required", "needs_required", "it must be complete.", required),
    ]
    return [
        *(Case(name, kind, says, names=names) for name, kind, says, names in cases if names),
        Case(
            "test_refuses_wrong_values",
            "refuses_wrong",
            "wrong values are refused, and so are unknown fields.",
            values=(*wrong, '"NoSuchField": 1'),
        ),
    ]


def _reference_cases(item: Reference) -> list[Case]:
    stem = f"test_reference_{item.relation.name}"
    what = item.human
    cases = [
        Case(f"{stem}_must_exist", "refers_to_nothing", f"its {what} must exist.", reference=item),
        Case(
            f"{stem}_blocks_deletion",
            "keeps_target",
            f"its {what} cannot be deleted before it.",
            reference=item,
        ),
        Case(
            f"{stem}_filters",
            "filters_by_target",
            f"lists can be filtered by {what}.",
            reference=item,
        ),
    ]
    if item.many:
        cases.append(
            Case(
                f"{stem}_links_several",
                "links_many",
                f"it can have any number of {what}.",
                reference=item,
            )
        )
    elif item.relation.kind == "one_to_one":
        cases.append(
            Case(
                f"{stem}_is_one_to_one",
                "is_one_to_one",
                f"no other can have the same {what}.",
                reference=item,
            )
        )
    return cases


def requirement_case(requirement: Requirement) -> str:
    """Name of the test of a requirement that is about more than keeping records."""
    number = requirement.id.removeprefix("FR-")
    words = "_".join(words_of(requirement.title)).lower()
    return f"test_fr_{number}_{words[:_CASE_LENGTH]}".rstrip("_")


def is_requirement_case(case: str) -> bool:
    """Whether a test's name is one that `requirement_case` makes."""
    return case.startswith("test_fr_")


def owner_of(requirement: Requirement, entities: Sequence[str]) -> str:
    """Entity whose tests show a requirement; empty if it concerns none of them."""
    return next((name for name in requirement.entities if name in entities), "")


def home_of(entity: str, requirements: Sequence[Requirement]) -> Requirement:
    """The requirement an entity's own tests belong to: the last that is about it alone.

    One that comes from the entity itself goes before features, also those that came later.
    """
    alone = [item for item in requirements if item.entities == (entity,)]
    own = [item for item in alone if any(one.startswith("entity: ") for one in item.sources)]
    among = [item for item in requirements if entity in item.entities]
    return (own or alone or among or list(requirements))[-1]
