"""Stages 3 and 3.5: `schema-generator` and `structural-validator`."""

from typing import Any

import pytest

from core.artifacts.answers import IssueList, SchemaPart
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec, Requirement, SpecEntity
from core.artifacts.structure import Severity
from core.errors import RequestRefusedError
from prompts.contexts import EntityNames
from tests.providers.llm.demo.asking import answer

_SPEC = CleanSpec(
    project_name="Shop",
    slug="shop",
    summary="It sells.",
    requirements=(
        Requirement(id="FR-1", title="a", entities=("Order",)),
        Requirement(id="FR-2", title="b", entities=("Orders",)),
    ),
    entities=(SpecEntity(name="Order"), SpecEntity(name="Orders")),
)


async def _part(*names: str) -> SchemaPart:
    asked = EntityNames(names=names)
    content = await answer("schema-generator", specs=_SPEC, docs="# Shop", asked=asked)
    return SchemaPart.model_validate_json(content)


async def test_an_entity_has_a_table_and_five_endpoints() -> None:
    part = await _part("Order")
    assert [entity.table for entity in part.entities] == ["orders"]
    assert [endpoint.id for endpoint in part.endpoints] == [
        "GET /api/orders",
        "POST /api/orders",
        "GET /api/orders/{order_id}",
        "PUT /api/orders/{order_id}",
        "DELETE /api/orders/{order_id}",
    ]
    assert {endpoint.requirements for endpoint in part.endpoints} == {("FR-1",)}
    assert part.endpoints[1].summary == "Create an order"


async def test_parts_asked_for_apart_fit_together() -> None:
    parts = [await _part("Orders"), await _part("Order")]
    schema = Schema(
        entities=tuple(entity for part in parts for entity in part.entities),
        endpoints=tuple(endpoint for part in parts for endpoint in part.endpoints),
    )
    assert [entity.table for entity in schema.entities] == ["orders_2", "orders"]


async def test_asked_for_nothing_it_answers_nothing() -> None:
    assert await _part() == SchemaPart()


async def test_an_entity_the_spec_lacks_is_refused() -> None:
    with pytest.raises(RequestRefusedError, match=r"'Ghost'.*'specs' does not have"):
        await _part("Ghost")


async def _issues(*entities: dict[str, Any], docs: str = "", served: bool = True) -> IssueList:
    stored = tuple(
        StoredEntity.model_validate({"table": entity["name"].lower(), **entity})
        for entity in entities
    )
    endpoints = [
        Endpoint(method=method, path=f"/{entity.table}", entity=entity.name)
        for entity in stored
        for method in ("GET", "POST")
        if served
    ]
    schema = Schema(entities=stored, endpoints=tuple(endpoints))
    headings = "\n".join(f"### {entity.name}" for entity in stored)
    content = await answer("structural-validator", docs=docs or headings, schema=schema)
    return IssueList.model_validate_json(content)


async def test_a_sound_schema_has_no_issues() -> None:
    assert await _issues({"name": "Order", "fields": [{"name": "sum"}]}) == IssueList()


async def test_names_that_would_break_the_code_are_errors() -> None:
    found = await _issues(
        {
            "name": "Order",
            "fields": [{"name": "class"}, {"name": "buyer_id"}],
            "relations": [
                {"name": "buyer", "target": "Order"},
                {"name": "buyers", "target": "Order", "kind": "many_to_many"},
                {"name": "model_dump", "target": "Order"},
            ],
        }
    )
    assert [issue.id for issue in found.issues] == ["SI-1", "SI-2", "SI-3"]
    assert {issue.severity for issue in found.issues} == {Severity.ERROR}
    assert "'class'" in found.issues[0].message
    assert "'buyer_id'" in found.issues[1].message
    assert "'model_dump_id'" in found.issues[2].message


async def test_a_circle_of_required_relations_is_an_error() -> None:
    relation = {"name": "next", "target": "Order", "required": True}
    found = await _issues({"name": "Order", "relations": [relation]})
    assert [issue.severity for issue in found.issues] == [Severity.ERROR]
    assert "circle" in found.issues[0].message


async def test_what_is_missing_is_a_warning() -> None:
    found = await _issues({"name": "Order"}, docs="# Shop", served=False)
    assert {issue.severity for issue in found.issues} == {Severity.WARNING}
    assert "with GET or POST" in found.issues[0].message
    assert "no section about Order" in found.issues[1].message
