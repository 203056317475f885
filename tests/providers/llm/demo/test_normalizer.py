from typing import Any

from core.artifacts.questionnaire import FieldType
from core.artifacts.specs import CleanSpec, RefinedSpec
from tests.providers.llm.demo.asking import answer


async def _clean(*entities: dict[str, Any], **specs: Any) -> CleanSpec:
    value = {"project_name": "Shop", "summary": "It sells.", "entities": entities, **specs}
    refined = RefinedSpec.model_validate(value)
    return CleanSpec.model_validate_json(await answer("normalizer", specs=refined))


async def test_names_become_legal_and_the_persons_stay_readable() -> None:
    clean = await _clean(
        {
            "name": "Line item",
            "description": "A row.",
            "fields": [{"name": "class"}, {"name": "Unit Price", "type": "number"}],
        },
        {"name": "🚀", "description": "Flies."},
    )
    line, rocket = clean.entities
    assert (line.name, line.description) == ("LineItem", "A row.")
    assert [(field.name, field.description) for field in line.fields] == [
        ("class_value", "class"),
        ("unit_price", ""),
    ]
    assert (rocket.name, rocket.description) == ("Item", "🚀: Flies.")
    assert [field.name for field in rocket.fields] == ["name"]


async def test_references_become_relations() -> None:
    clean = await _clean(
        {
            "name": "Order",
            "fields": [
                {"name": "buyer", "type": "reference", "target": "PERSON", "required": True},
                {"name": "ghost", "type": "reference", "target": "Nobody"},
            ],
        },
        {"name": "Person", "fields": [{"name": "size", "type": "choice", "choices": ["s", "s"]}]},
    )
    order, person = clean.entities
    assert [(item.name, item.target, item.required) for item in order.relations] == [
        ("buyer", "Person", True)
    ]
    assert [(field.name, field.type) for field in order.fields] == [("ghost", FieldType.STRING)]
    assert person.fields[0].choices == ("s",)


async def test_circles_of_required_references_are_opened_and_told() -> None:
    clean = await _clean(
        {
            "name": "A",
            "fields": [{"name": "b", "type": "reference", "target": "B", "required": True}],
        },
        {
            "name": "B",
            "fields": [{"name": "a", "type": "reference", "target": "A", "required": True}],
        },
        assumptions=["Said before."],
    )
    assert [item.relations[0].required for item in clean.entities] == [True, False]
    assert clean.assumptions[0] == "Said before."
    assert "B.a is optional" in clean.assumptions[1]


async def test_requirements_are_numbered_and_find_their_entities() -> None:
    clean = await _clean(
        {"name": "Order"},
        {"name": "Line item"},
        features=[
            {"title": "Print line items of orders"},
            {"title": "Be quick"},
        ],
    )
    told = [(item.id, item.title, item.entities) for item in clean.requirements]
    assert told == [
        ("FR-1", "Print line items of orders", ("LineItem", "Order")),
        ("FR-2", "Be quick", ("Order",)),
        ("FR-3", "Keep orders", ("Order",)),
        ("FR-4", "Keep line items", ("LineItem",)),
        ("FR-5", "Use it in a browser and over HTTP", ()),
    ]
    assert all(item.acceptance_criteria for item in clean.requirements)


async def test_without_entities_a_feature_concerns_none() -> None:
    clean = await _clean(features=[{"title": "Be there"}])
    assert clean.requirements[0].entities == ()
    assert clean.requirements[0].acceptance_criteria == ("The application that serves it is up.",)


async def test_a_name_without_a_letter_has_a_slug() -> None:
    clean = await _clean(project_name="\x00")
    assert clean.project_name == clean.slug
    assert clean.slug.startswith("project-")
