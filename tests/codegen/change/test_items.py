"""Items of documents: what is the same, and what is different."""

from codegen.change.items import general_changes, item_changes, product_items, schema_items
from core.artifacts.questionnaire import EntityField
from core.artifacts.schema import Schema
from tests.codegen.change.products import ASKED, LEND, LOAN, SCHEMA, TOOL


def names(before: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    return {item.item: item.how for item in item_changes(before, after)}


def test_a_renamed_field_is_one_that_went_and_one_that_came() -> None:
    fields = (LOAN.fields[0].model_copy(update={"name": "deadline"}), *LOAN.fields[1:])
    renamed = ASKED.model_copy(
        update={"entities": (TOOL, LOAN.model_copy(update={"fields": fields}))}
    )
    assert names(product_items(ASKED), product_items(renamed)) == {
        "field: Loan.deadline": "added",
        "field: Loan.due date": "removed",
    }


def test_an_entity_is_compared_apart_from_its_fields() -> None:
    more = TOOL.model_copy(update={"fields": (*TOOL.fields, EntityField(name="place"))})
    told = more.model_copy(update={"description": "Other."})
    asked = [ASKED.model_copy(update={"entities": (entity, LOAN)}) for entity in (more, told)]
    before = product_items(ASKED)
    assert names(before, product_items(asked[0])) == {"field: Tool.place": "added"}
    assert names(before, product_items(asked[1])) == {
        "entity: Tool": "changed",
        "field: Tool.place": "added",
    }


def test_features_of_one_title_are_told_apart_by_their_order() -> None:
    other = LEND.model_copy(update={"description": "Something else."})
    twice = ASKED.model_copy(update={"features": (LEND, other)})
    assert list(product_items(twice))[:2] == ["feature: Lend a tool", "feature: Lend a tool (2)"]


def test_another_order_is_no_change() -> None:
    turned = ASKED.model_copy(
        update={"features": ASKED.features[::-1], "entities": ASKED.entities[::-1]}
    )
    assert names(product_items(ASKED), product_items(turned)) == {}


def test_what_is_said_of_the_product_as_a_whole_is_told_by_its_name() -> None:
    other = ASKED.model_copy(update={"summary": "Lends.", "constraints": ("Fast",)})
    assert general_changes(ASKED, other) == ("summary", "constraints")
    assert general_changes(ASKED, ASKED) == ()


def test_which_requirements_an_endpoint_serves_is_no_difference_of_the_endpoint() -> None:
    served = tuple(item.model_copy(update={"requirements": ("FR-9",)}) for item in SCHEMA.endpoints)
    other = Schema(entities=SCHEMA.entities, endpoints=served)
    assert item_changes(schema_items(SCHEMA), schema_items(other)) == ()
