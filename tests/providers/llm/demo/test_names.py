import keyword

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.artifacts.specs import SpecEntity, SpecField
from providers.llm.demo.names import (
    collection_path,
    derived_names,
    is_reserved,
    legal_entity_names,
    legal_field_name,
    legal_relation_name,
    module_name,
    table_names,
)

_TEXTS = st.text(max_size=90) | st.sampled_from(
    ("class", "id", "model_dump", "model dump id", "limit", "x" * 90, "🚀", "a_1", "a1", "9", "_")
)


@given(st.lists(_TEXTS, max_size=12))
def test_entity_names_are_legal_and_unique(texts: list[str]) -> None:
    names = legal_entity_names(texts)
    assert [SpecEntity(name=name).name for name in names] == names
    assert len({name.casefold() for name in names}) == len(names)
    assert len({module_name(name) for name in names}) == len(names)
    tables = table_names(names)
    assert len(set(tables.values())) == len(names)
    assert all(len(collection_path(table)) < 80 for table in tables.values())


@given(st.lists(_TEXTS, max_size=12))
def test_field_names_are_legal_and_unique(texts: list[str]) -> None:
    taken: set[str] = set()
    names = [legal_field_name(text, taken) for text in texts]
    assert SpecEntity(name="A", fields=tuple(SpecField(name=name) for name in names))
    assert not any(is_reserved(name) or keyword.iskeyword(name) for name in names)


@given(st.lists(st.tuples(_TEXTS, st.booleans()), max_size=12))
def test_relation_names_never_clash_with_fields(texts: list[tuple[str, bool]]) -> None:
    taken: set[str] = set()
    attributes: list[str] = []
    for text, many in texts:
        attributes.append(legal_field_name(text, taken))
        relation = legal_relation_name(text, many, taken)
        attributes += derived_names(relation, many)
        assert not any(map(is_reserved, derived_names(relation, many) - {relation}))
    assert len(set(attributes)) == len(attributes)


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("due date", "due_date"),
        ("class", "class_value"),
        ("model_dump_x", "field_model_dump_x"),
        ("9 lives", "field_9_lives"),
        ("🚀", "field"),
        ("id", "id_value"),
    ],
)
def test_field_names_people_would_expect(said: str, name: str) -> None:
    assert legal_field_name(said, set()) == name


def test_names_that_clash_are_numbered() -> None:
    assert legal_entity_names(["Task", "task!", "🚀", "3D model"]) == [
        "Task",
        "Task2",
        "Item",
        "Item3DModel",
    ]
    assert table_names(["Task", "Tasks"]) == {"Task": "tasks", "Tasks": "tasks_2"}
    taken: set[str] = set()
    assert legal_relation_name("project id", many=False, taken=taken) == "project"
    assert legal_relation_name("project", many=False, taken=taken) == "project_2"


def test_names_that_others_keep_for_themselves() -> None:
    assert module_name("Class") == "class_"
    assert module_name("Com1") == "com1_"
    assert module_name("DueDate") == "due_date"
    assert table_names(["SqliteMaster"]) == {"SqliteMaster": "app_sqlite_masters"}
