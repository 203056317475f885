"""Schemas in the form that strict mode demands, and still those of the type."""

from collections.abc import Iterator
from typing import Any, Literal, cast

import pytest
from jsonschema import Draft202012Validator
from pydantic import BaseModel, Field

from core.artifacts.specs import CleanSpec
from prompts.registry import CONTEXTS
from providers.llm.answer_schema import is_strict, json_schema_of

ANSWER_TYPES = sorted(
    {context.answer_type for context in CONTEXTS if context.answer_type is not None},
    key=lambda answer_type: answer_type.__name__,
)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every dict in a schema, properties called like keywords included."""
    if isinstance(value, dict):
        fields = cast("dict[str, Any]", value)
        yield fields
        for inner in fields.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in cast("list[Any]", value):
            yield from objects(inner)


@pytest.mark.parametrize("answer_type", ANSWER_TYPES)
def test_every_answer_type_has_a_strict_schema(answer_type: type[BaseModel]) -> None:
    schema = json_schema_of(answer_type)
    Draft202012Validator.check_schema(schema)
    assert is_strict(schema)
    for part in objects(schema):
        if part.get("type") == "object":
            assert part["required"] == list(part["properties"])
            assert part["additionalProperties"] is False
        if "$ref" in part:
            assert list(part) == ["$ref"]
        if "type" in part and isinstance(part["type"], str):
            assert not part.keys() & {"default", "examples", "minLength", "oneOf", "position"}


class Leaf(BaseModel):
    kind: Literal["leaf"] = "leaf"
    title: str = Field(default="", min_length=1, examples=["a"])


class Branch(BaseModel):
    kind: Literal["branch"] = "branch"
    children: tuple["Branch | Leaf", ...] = ()
    best: "Branch | None" = Field(default=None, description="The best child.")


class Tree(BaseModel):
    root: Branch = Field(description="Where it begins.")
    pair: tuple[Leaf, int]
    named: Branch | Leaf = Field(discriminator="kind")


def test_recursion_unions_and_properties_called_like_keywords_survive() -> None:
    schema = json_schema_of(Tree)
    assert is_strict(schema)
    root = schema["properties"]["root"]
    assert root["description"] == "Where it begins."
    assert root["properties"]["kind"]["const"] == "branch"
    assert schema["$defs"]["Leaf"]["properties"]["title"] == {"type": "string"}
    assert schema["properties"]["named"] == {
        "anyOf": [{"$ref": "#/$defs/Branch"}, {"$ref": "#/$defs/Leaf"}]
    }
    leaf = {"kind": "leaf", "title": "x"}
    branch = {"kind": "branch", "children": [leaf], "best": None}
    tree = {"root": {**branch, "best": branch}, "pair": [leaf, 1], "named": leaf}
    validator = Draft202012Validator(schema)
    assert validator.is_valid(tree)  # pyright: ignore[reportUnknownMemberType] -- untyped package
    assert Tree.model_validate(tree).root.best is not None


class Loop(BaseModel):
    again: "Loop" = Field(description="Itself.")


def test_a_reference_to_itself_is_written_out_once() -> None:
    loop = json_schema_of(Loop)["$defs"]["Loop"]["properties"]["again"]
    assert loop["description"] == "Itself."
    assert loop["properties"]["again"] == {"$ref": "#/$defs/Loop"}


class Counts(BaseModel):
    by_name: dict[str, Leaf]
    tags: dict[str, Any] | None = None


def test_a_map_with_free_keys_is_kept_and_not_called_strict() -> None:
    schema = json_schema_of(Counts)
    assert schema["properties"]["by_name"]["additionalProperties"] == {"$ref": "#/$defs/Leaf"}
    assert not is_strict(schema)


def test_a_valid_artifact_with_all_its_fields_fits_its_schema() -> None:
    spec = CleanSpec.model_validate(
        {
            "project_name": "Tasks",
            "slug": "tasks",
            "summary": "Keeps tasks.",
            "requirements": [{"id": "FR-1", "title": "Add a task", "sources": ["entity: Task"]}],
            "entities": [
                {"name": "Task", "fields": [{"name": "title"}], "sources": ["entity: Task"]}
            ],
            "removed_requirements": ["FR-2"],
        }
    )
    validator = Draft202012Validator(json_schema_of(CleanSpec))
    validator.validate(spec.model_dump(mode="json"))  # pyright: ignore[reportUnknownMemberType] -- untyped package
