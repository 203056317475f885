from typing import Any

from core.artifacts.schema import Endpoint, Schema, StoredEntity
from providers.llm.demo.entity_view import view_of
from providers.llm.demo.field_types import wrong_value_of


def _schema(*endpoints: Endpoint, **entity: Any) -> Schema:
    stored = StoredEntity.model_validate({"name": "Task", "table": "tasks", **entity})
    return Schema(entities=(stored,), endpoints=endpoints)


def test_records_are_served_where_the_schema_says() -> None:
    one = Endpoint(method="GET", path="/v1/todo/{id}", entity="Task")
    every = Endpoint(method="GET", path="/v1/todo/", entity="Task")
    view = view_of(_schema(one, every), "Task")
    assert view is not None
    assert view.path == "/v1/todo"
    usual = view_of(_schema(one), "Task")
    assert usual is not None
    assert usual.path == "/api/tasks"


def test_an_entity_the_schema_lacks_has_no_view() -> None:
    assert view_of(_schema(), "Ghost") is None


def test_classes_whose_names_would_be_the_same_are_told_apart() -> None:
    choices = [{"name": name, "type": "choice", "choices": ["x"]} for name in ("a_1", "a1")]
    links = [{"name": name, "target": "Task", "kind": "many_to_many"} for name in ("b_1", "b1")]
    view = view_of(_schema(fields=choices, relations=links), "Task")
    assert view is not None
    assert list(view.aliases.values()) == ["TaskA1Choice", "TaskA1Choice2"]
    assert [item.link for item in view.references] == ["TaskB1Link", "TaskB1Link2"]


def test_a_wrong_choice_is_none_of_the_choices() -> None:
    choices = ("no such choice", "no such choice!")
    field = {"name": "a", "type": "choice", "choices": choices}
    view = view_of(_schema(fields=[field]), "Task")
    assert view is not None
    assert wrong_value_of(view.fields[0]) == '"no such choice!!"'


def test_an_entity_without_a_description_is_described_by_its_name() -> None:
    view = view_of(_schema(name="Order"), "Order")
    assert view is not None
    assert view.about == "An order."
    assert view.plural == "orders"
    again = view_of(_schema(name="Orders"), "Orders")
    assert again is not None
    assert again.plural == "all_orders"
