from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.artifacts.questionnaire import EntityField, FieldType
from core.artifacts.specs import Relation, SpecEntity
from providers.llm.demo.relations import (
    creation_order,
    relation_kind,
    required_cycle,
    without_required_cycles,
)


def _reference(name: str, target: str = "Label", description: str = "") -> EntityField:
    return EntityField(name=name, type=FieldType.REFERENCE, target=target, description=description)


@pytest.mark.parametrize(
    ("field", "kind"),
    [
        (_reference("label"), "many_to_one"),
        (_reference("labels"), "many_to_many"),
        (_reference("Labels", "labels"), "many_to_one"),
        (_reference("tags", "Label", "Any number of them."), "many_to_many"),
        (_reference("people", "Person"), "many_to_many"),
        (_reference("🚀", "🚀"), "many_to_one"),
        (_reference("seat", "Label", "Exactly one each."), "one_to_one"),
    ],
)
def test_the_kind_follows_from_name_and_description(field: EntityField, kind: str) -> None:
    assert relation_kind(field) == kind


def _entities(links: dict[str, list[str]], **others: Any) -> list[SpecEntity]:
    return [
        SpecEntity(
            name=name,
            relations=tuple(
                Relation(name=f"r{number}", target=target, required=True, **others)
                for number, target in enumerate(targets)
            ),
        )
        for name, targets in links.items()
    ]


def test_a_circle_of_required_relations_is_opened() -> None:
    entities = _entities({"A": ["B"], "B": ["C"], "C": ["A"], "D": ["D"]})
    assert required_cycle(entities) is not None
    mended, notes = without_required_cycles(entities)
    assert required_cycle(mended) is None
    assert len(notes) == 2
    assert "C.r0 is optional" in notes[0]
    assert [len(entity.relations) for entity in mended] == [1, 1, 1, 1]


def test_what_is_no_circle_stays_required() -> None:
    entities = _entities({"A": ["B", "C"], "B": ["C"], "C": []})
    assert required_cycle(entities) is None
    assert without_required_cycles(entities) == (tuple(entities), ())
    assert [entity.name for entity in creation_order(entities)] == ["C", "B", "A"]


def test_a_relation_to_a_stranger_requires_nothing() -> None:
    assert required_cycle(_entities({"A": ["Z"]})) is None
    assert [entity.name for entity in creation_order(_entities({"A": ["Z"]}))] == ["A"]


def test_a_circle_has_an_order_all_the_same() -> None:
    entities = _entities({"A": ["B"], "B": ["A"]})
    assert [entity.name for entity in creation_order(entities)] == ["A", "B"]


@given(
    st.integers(1, 7).flatmap(
        lambda size: st.lists(
            st.lists(st.integers(0, size - 1), max_size=4), min_size=size, max_size=size
        )
    )
)
def test_mended_relations_always_have_an_order(graph: list[list[int]]) -> None:
    links = {f"E{number}": [f"E{target}" for target in row] for number, row in enumerate(graph)}
    mended, _ = without_required_cycles(_entities(links))
    seen: set[str] = set()
    for entity in creation_order(mended):
        assert {item.target for item in entity.relations if item.required} <= seen
        seen.add(entity.name)
    assert seen == set(links)
