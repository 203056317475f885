"""Fields of one entity of the clean spec: which stay, go and come."""

from collections.abc import Mapping

import pytest

from codegen.change.spec_entities import merged_entity
from core.artifacts.questionnaire import FieldType
from core.artifacts.specs import Relation, SpecEntity, SpecField

TEXT = SpecField(name="text", description="What is noted.")
DUE = SpecField(name="due_date", type=FieldType.DATE)
OWNER = Relation(name="owner", target="Person")
WHEN = SpecField(name="written_at", type=FieldType.DATETIME)
NOTE = SpecEntity(name="Note", fields=(TEXT, DUE, WHEN), relations=(OWNER,))
BEFORE = {"text": "1", "duedate": "2", "owner": "3"}


def told(*items: SpecField | Relation) -> SpecEntity:
    return SpecEntity(
        name="Note",
        fields=tuple(item for item in items if isinstance(item, SpecField)),
        relations=tuple(item for item in items if isinstance(item, Relation)),
    )


def merged(after: Mapping[str, str], *items: SpecField | Relation) -> list[str]:
    entity = merged_entity(NOTE, told(*items), BEFORE, after, is_described=False)
    return [item.name for item in (*entity.fields, *entity.relations)]


def test_what_is_the_same_stays_though_the_answer_has_the_changed_field_alone() -> None:
    later = DUE.model_copy(update={"description": "In UTC."})
    entity = merged_entity(
        NOTE, told(later), BEFORE, {**BEFORE, "duedate": "2b"}, is_described=False
    )
    assert entity.fields == (later, TEXT, WHEN)
    assert entity.relations == (OWNER,)


def test_a_renamed_field_takes_nothing_else_along() -> None:
    after = {"text": "1", "deadline": "2", "owner": "3"}
    assert merged(after, SpecField(name="deadline")) == ["deadline", "text", "written_at", "owner"]
    assert merged(after, SpecField(name="deadline"), DUE) == [
        *("deadline", "text", "written_at", "owner")
    ], "what is gone goes, whatever the answer says"


def test_new_names_are_refused_where_as_many_fields_are_not_new() -> None:
    body = SpecField(name="body")
    with pytest.raises(ValueError, match=r"'body' cannot come: no more than 0"):
        merged({**BEFORE, "duedate": "2b"}, body, DUE)
    with pytest.raises(ValueError, match=r"'body', 'due_on' cannot come: no more than 1"):
        merged({**BEFORE, "duedate": "2b"}, body, SpecField(name="due_on"))
    assert merged({**BEFORE, "duedate": "2b"}, SpecField(name="due_on")) == [
        *("due_on", "text", "written_at", "owner")
    ], "another name of the field that changed"


def test_a_field_that_is_new_or_changed_has_to_be_answered() -> None:
    with pytest.raises(ValueError, match=r"stands for 'colour'"):
        merged({**BEFORE, "colour": "4"}, TEXT, DUE, WHEN, OWNER)
    with pytest.raises(ValueError, match=r"stands for 'duedate'"):
        merged({**BEFORE, "duedate": "2b"}, TEXT)


def test_a_field_becomes_a_relation() -> None:
    place = Relation(name="due_date", target="Day")
    after = {**BEFORE, "duedate": "2b"}
    assert merged(after, place) == ["text", "written_at", "due_date", "owner"]
    entity = merged_entity(NOTE, told(place), BEFORE, after, is_described=False)
    assert entity.relations == (place, OWNER)


def named_otherwise(after: Mapping[str, str], *items: SpecField) -> list[str]:
    """Of an entity whose fields are called otherwise than people call them, but for one."""
    kept = SpecEntity(name="Note", fields=(TEXT, DUE, WHEN))
    before = {"text": "1", "deadline": "2", "createdat": "3"}
    entity = merged_entity(kept, told(*items), before, {**before, **after}, is_described=False)
    return [f"{item.name} {item.description}".strip() for item in entity.fields]


def test_of_names_that_tell_nothing_as_many_change_as_fields_did() -> None:
    changed = {"deadline": "2b"}
    later = DUE.model_copy(update={"description": "In UTC."})
    kept = "text What is noted."
    assert named_otherwise(changed, later, WHEN) == ["due_date In UTC.", "written_at", kept]
    assert named_otherwise(changed, SpecField(name="due_on"), WHEN) == [
        *("due_on", "written_at", kept)
    ]
    with pytest.raises(ValueError, match=r"'due_date', 'written_at' are left out or different"):
        named_otherwise(changed, later)
    with pytest.raises(ValueError, match="no more than 1 of them"):
        named_otherwise(changed, later, WHEN.model_copy(update={"description": "Otherwise."}))


def test_of_names_that_tell_nothing_the_answer_says_which_one_is_gone() -> None:
    kept = SpecEntity(name="Note", fields=(TEXT, DUE))
    entity = merged_entity(
        kept, told(TEXT), {"text": "1", "deadline": "2"}, {"text": "1"}, is_described=False
    )
    assert entity.fields == (TEXT,)
    entity = merged_entity(
        kept,
        told(),
        {"text": "1", "deadline": "2"},
        {"text": "1", "deadline": "2"},
        is_described=False,
    )
    assert entity.fields == (TEXT, DUE), "nothing of it is different"
