from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.artifacts.questionnaire import MAX_TEXT, Questionnaire, texts_of

MINIMAL: dict[str, Any] = {"project_name": "Task Tracker", "summary": "Keeps tasks."}


def problems_of(**changes: object) -> str:
    with pytest.raises(ValidationError) as refused:
        Questionnaire.model_validate({**MINIMAL, **changes})
    return str(refused.value)


def test_only_name_and_summary_are_required() -> None:
    questionnaire = Questionnaire.model_validate(MINIMAL)
    assert questionnaire.stack.backend == "fastapi"
    assert Questionnaire.model_json_schema()["required"] == ["project_name", "summary"]


@pytest.mark.parametrize("field", ["project_name", "summary"])
def test_the_json_schema_refuses_blanks_as_the_validators_do(field: str) -> None:
    schema = Questionnaire.model_json_schema()
    jsonschema.validate(MINIMAL, schema)
    with pytest.raises(jsonschema.ValidationError, match="does not match"):
        jsonschema.validate({**MINIMAL, field: " \t "}, schema)
    assert field in problems_of(**{field: " \t "})


def test_keys_of_the_original_are_read_too() -> None:
    questionnaire = Questionnaire.model_validate(
        {"projectName": "Task Tracker", "summary": "Keeps tasks.", "nonGoals": ["No chat"]}
    )
    assert questionnaire.non_goals == ("No chat",)
    assert questionnaire.project_name == "Task Tracker"


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"project_name": ""}, "project_name"),
        ({"project_name": "   "}, "project_name"),
        ({"project_name": "x" * 81}, "project_name"),
        ({"summary": ""}, "summary"),
        ({"stack": {"backend": "cobol"}}, "stack.backend"),
        ({"featurs": []}, "featurs"),
        ({"features": [{"title": "a", "priority": "now"}]}, "features.0.priority"),
        (
            {"entities": [{"name": "Task", "fields": [{"name": "x", "type": "reference"}]}]},
            "target",
        ),
        ({"entities": [{"name": "Task", "fields": [{"name": "x", "type": "choice"}]}]}, "choices"),
        ({"entities": [{"name": "Task"}, {"name": "task"}]}, "there twice"),
        ({"features": [{"title": "Sort"}, {"title": "SORT"}]}, "there twice"),
        (
            {"entities": [{"name": "Task", "fields": [{"name": "due"}, {"name": "Due"}]}]},
            "there twice",
        ),
        (
            {
                "entities": [
                    {"name": "A", "fields": [{"name": "b", "type": "reference", "target": "B"}]}
                ]
            },
            "refers to 'B', which is not among the entities",
        ),
    ],
)
def test_a_wrong_answer_is_refused_by_its_field(changes: dict[str, Any], field: str) -> None:
    assert field in problems_of(**changes)


@pytest.mark.parametrize(
    "sign", ["\n", "\r", "\t", "\x00", "\x1b", "\x7f", "\x85", "\u2028", "\u2029"]
)
def test_a_line_holds_no_line_breaks_and_no_control_characters(sign: str) -> None:
    told = problems_of(project_name=f"a{sign}b", users=[f"a{sign}b"])
    assert "project_name\n" in told
    assert "users.0\n" in told
    assert f"must be a single line without control characters; remove {sign!r}" in told


@pytest.mark.parametrize("name", ["\u200b", "\u202e \u2060", "\u3164", "\u0301", "\u2800\ufe0f"])
def test_a_name_that_shows_nothing_counts_as_empty(name: str) -> None:
    told = problems_of(project_name=name, features=[{"title": name}])
    assert "project_name\n" in told
    assert "features.0.title\n" in told
    assert f"must not be empty; {name!r} shows nothing" in told


@pytest.mark.parametrize("name", ["Café", "e\u0301", "👩\u200d💻", "مرحبا", "任务", "\u202eabc"])
def test_names_of_any_script_are_kept(name: str) -> None:
    made = Questionnaire.model_validate({**MINIMAL, "project_name": f" {name}\n"})
    assert made.project_name == name


def test_text_is_bounded_over_all_fields_together() -> None:
    half = "x" * (MAX_TEXT // 2)
    features = [{"title": "f", "description": half[:5_000]}] * 7
    assert "at most 60,000 are read" in problems_of(summary=half, features=features)


def test_a_person_may_write_as_much_as_is_read() -> None:
    Questionnaire.model_validate({**MINIMAL, "summary": "x" * 59_000})


def test_every_field_of_the_form_is_explained_and_has_its_place() -> None:
    schema = Questionnaire.model_json_schema()
    forms = [schema, *schema["$defs"].values()]
    fields = [field for form in forms for field in form.get("properties", {}).values()]
    assert all("position" in field for field in fields)
    assert all("title" in field or "$ref" in field for field in fields)
    for field in schema["properties"].values():
        assert field["description"]


Known = tuple[object, list[str]]
"""A value, and the texts that were put into it, in order."""


def in_a_list(parts: list[Known]) -> Known:
    return [value for value, _ in parts], [text for _, texts in parts for text in texts]


def in_a_mapping(parts: dict[str, Known]) -> Known:
    texts = [text for _, found in parts.values() for text in found]
    return {key: value for key, (value, _) in parts.items()}, texts


def leaf(value: str | int | None) -> Known:
    return value, [value] if isinstance(value, str) else []


nested = st.recursive(
    (st.text() | st.integers() | st.none()).map(leaf),
    lambda inner: (
        st.lists(inner).map(in_a_list) | st.dictionaries(st.text(), inner).map(in_a_mapping)
    ),
    max_leaves=10,
)


@given(nested)
def test_texts_are_found_however_deep(known: Known) -> None:
    value, texts = known
    assert list(texts_of(value)) == texts


def test_every_text_is_found_once_and_keys_are_left_out() -> None:
    assert list(texts_of({"a": ["x", ("y", {"b": "z"})], "c": 1})) == ["x", "y", "z"]


def test_half_a_character_is_refused() -> None:
    assert "users.0" in problems_of(users=["broken \ud83d"])
    assert "summary" in problems_of(summary="broken \ud83d")
