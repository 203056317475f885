"""The questionnaire a person fills in: `specs/specs.json`, and the run form in the UI.

Titles, descriptions and positions are what the Prefect UI renders, so they are written for a
stranger. Keys may also be given in camel case (`projectName`).
"""

import unicodedata
from collections import Counter
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasGenerator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    model_validator,
)
from pydantic.alias_generators import to_camel

from core.artifacts.base import Artifact, Part

MAX_TEXT = 60_000
"""Characters of text in one questionnaire, all fields together."""

_REFUSED = frozenset({"Cc", "Cs", "Zl", "Zp"})  # controls, lone surrogates, line breaks
_UNSEEN = frozenset({"Cf", "Mn", "Me", "Zs"})  # formats, marks that need a letter, blanks
_BLANK_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # signs without a picture


def _one_visible_line(text: str) -> str:
    """Refuse what would break out of the line it is shown on, or not be seen there."""
    for sign in text:
        if unicodedata.category(sign) in _REFUSED:
            raise ValueError(
                f"must be a single line without control characters; remove {sign!r} from {text!r}"
            )
    if all(sign in _BLANK_LETTERS or unicodedata.category(sign) in _UNSEEN for sign in text):
        raise ValueError(f"must not be empty; {text!r} shows nothing, so write visible characters")
    return text


Line = Annotated[
    str,
    StringConstraints(min_length=1, max_length=500, strip_whitespace=True),
    AfterValidator(_one_visible_line),
]
Name = Annotated[
    str,
    StringConstraints(min_length=1, max_length=80, strip_whitespace=True),
    AfterValidator(_one_visible_line),
]
_NOT_BLANK: dict[str, JsonValue] = {"pattern": r"\S"}
"""For the run form, which sees the JSON Schema and no validator: refuse blanks at their field."""


def _either_case(name: str) -> AliasChoices:
    return AliasChoices(name, to_camel(name))


class _Answer(Part):
    """A part of the questionnaire: unknown keys are typing mistakes, and are named."""

    model_config = ConfigDict(
        extra="forbid",
        alias_generator=AliasGenerator(validation_alias=_either_case),
        populate_by_name=True,
    )


class Priority(StrEnum):
    """How much a feature is wanted."""

    MUST = "must"
    SHOULD = "should"
    COULD = "could"


class FieldType(StrEnum):
    """What a field holds; `reference` points to another entity."""

    STRING = "string"
    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    EMAIL = "email"
    URL = "url"
    CHOICE = "choice"
    REFERENCE = "reference"


class Feature(_Answer):
    """One thing the product should do."""

    title: Line = Field(
        title="Title",
        description="What it is, in a few words, for example 'Due-date reminders'.",
        examples=["Due-date reminders"],
        json_schema_extra={"position": 1},
    )
    description: str = Field(
        default="",
        max_length=5_000,
        title="Description",
        description="What it does, for whom, and how one can tell that it works.",
        json_schema_extra={"position": 2},
    )
    priority: Priority = Field(
        default=Priority.MUST,
        title="Priority",
        description="must: useless without it; should: wanted; could: nice to have.",
        json_schema_extra={"position": 3},
    )


class EntityField(_Answer):
    """One field of an entity."""

    name: Name = Field(
        title="Name",
        description="As a person would call it, for example 'due date'.",
        examples=["due date"],
        json_schema_extra={"position": 1},
    )
    type: FieldType = Field(
        default=FieldType.STRING,
        title="Type",
        description="Choose 'reference' to point to another entity, 'choice' for a fixed list.",
        json_schema_extra={"position": 2},
    )
    required: bool = Field(
        default=False,
        title="Required",
        description="Must every record have it?",
        json_schema_extra={"position": 3},
    )
    target: str = Field(
        default="",
        max_length=80,
        title="Refers to",
        description="Only for 'reference': the name of the other entity.",
        json_schema_extra={"position": 4},
    )
    choices: tuple[Line, ...] = Field(
        default=(),
        max_length=50,
        title="Choices",
        description="Only for 'choice': the allowed values.",
        json_schema_extra={"position": 5},
    )
    description: str = Field(
        default="",
        max_length=1_000,
        title="Description",
        description="What it means, where the name does not say it.",
        json_schema_extra={"position": 6},
    )

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type is FieldType.REFERENCE and not self.target:
            raise ValueError(f"field {self.name!r} is a reference but names no entity; set target")
        if self.type is FieldType.CHOICE and not self.choices:
            raise ValueError(f"field {self.name!r} is a choice but lists no choices; set choices")
        return self


class Entity(_Answer):
    """One kind of thing the product keeps."""

    name: Name = Field(
        title="Name",
        description="In the singular, for example 'Task'.",
        examples=["Task"],
        json_schema_extra={"position": 1},
    )
    description: str = Field(
        default="",
        max_length=2_000,
        title="Description",
        description="What one of them stands for.",
        json_schema_extra={"position": 2},
    )
    fields: tuple[EntityField, ...] = Field(
        default=(),
        max_length=60,
        title="Fields",
        description="What is kept about each. Left empty, the builder proposes them.",
        json_schema_extra={"position": 3},
    )


class Stack(_Answer):
    """What the product is built with."""

    backend: Literal["fastapi", "flask", "express", "none"] = Field(
        default="fastapi",
        title="Backend",
        description="The server's framework; 'none' for a plain library.",
        json_schema_extra={"position": 1},
    )
    frontend: Literal["html", "react", "sveltekit", "none"] = Field(
        default="html",
        title="Frontend",
        description="'html' is one page that the server delivers.",
        json_schema_extra={"position": 2},
    )
    database: Literal["sqlite", "postgresql", "none"] = Field(
        default="sqlite",
        title="Database",
        description="Where its records are kept; 'none' for a product that keeps none.",
        json_schema_extra={"position": 3},
    )
    auth: Literal["none", "password", "token"] = Field(
        default="none",
        title="Sign-in",
        description="How people prove who they are.",
        json_schema_extra={"position": 4},
    )


class Questionnaire(Artifact, _Answer):
    """What a person wants built. Only the name and the summary are required."""

    project_name: Name = Field(
        title="Project name",
        description="What the product is called. Its repository is named after it.",
        examples=["Task Tracker"],
        json_schema_extra={"position": 1, **_NOT_BLANK},
    )
    summary: str = Field(
        min_length=1,
        max_length=MAX_TEXT,
        title="Summary",
        description="What it is and what it is good for, in your own words.",
        examples=["A small team keeps its projects and tasks in one place."],
        json_schema_extra={"position": 2, **_NOT_BLANK},
    )
    users: tuple[Line, ...] = Field(
        default=(),
        max_length=50,
        title="Users",
        description="Who uses it: one kind of person per item, for example 'Team lead'.",
        examples=[["Team member", "Team lead"]],
        json_schema_extra={"position": 3},
    )
    features: tuple[Feature, ...] = Field(
        default=(),
        max_length=200,
        title="Features",
        description="What it should do: one feature per item.",
        json_schema_extra={"position": 4},
    )
    entities: tuple[Entity, ...] = Field(
        default=(),
        max_length=100,
        title="Entities",
        description="The kinds of things it keeps: one per item, such as Task or Customer.",
        json_schema_extra={"position": 5},
    )
    stack: Stack = Field(
        default=Stack(),
        title="Stack",
        description="What it is built with. The proposed choices suit most products.",
        json_schema_extra={"position": 6},
    )
    constraints: tuple[Line, ...] = Field(
        default=(),
        max_length=50,
        title="Constraints",
        description="What must hold, for example 'works without JavaScript'.",
        json_schema_extra={"position": 7},
    )
    non_goals: tuple[Line, ...] = Field(
        default=(),
        max_length=50,
        title="Non-goals",
        description="What it deliberately does not do.",
        json_schema_extra={"position": 8},
    )

    @model_validator(mode="after")
    def _bounded_and_consistent(self) -> Self:
        total = sum(len(text) for text in texts_of(self))
        if total > MAX_TEXT:
            raise ValueError(
                f"the questionnaire holds {total:,} characters of text; at most {MAX_TEXT:,} "
                "are read: shorten summary or the descriptions"
            )
        _refuse_twice("features", [feature.title for feature in self.features], "title")
        _refuse_twice("entities", [entity.name for entity in self.entities], "name")
        names = [entity.name.casefold() for entity in self.entities]
        for entity in self.entities:
            _refuse_twice(
                f"entities: {entity.name}.fields", [field.name for field in entity.fields], "name"
            )
            for field in entity.fields:
                if field.type is FieldType.REFERENCE and field.target.casefold() not in names:
                    raise ValueError(
                        f"entities: {entity.name}.{field.name} refers to {field.target!r}, which "
                        "is not among the entities; add that entity or correct target"
                    )
        return self


def _refuse_twice(place: str, names: list[str], what: str) -> None:
    """Refuse a list that holds one name twice: by their names, changes are told apart."""
    times = Counter(name.casefold() for name in names)
    for name in names:
        if times[name.casefold()] > 1:
            raise ValueError(f"{place}: {name!r} is there twice; give each its own {what}")


def texts_of(value: Any) -> Iterator[str]:
    """Every string a model, mapping or sequence holds, in order, keys left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from texts_of(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():  # pyright: ignore[reportUnknownVariableType] -- any mapping
            yield from texts_of(item)
    elif isinstance(value, (list, tuple)):
        for item in value:  # pyright: ignore[reportUnknownVariableType] -- any sequence
            yield from texts_of(item)
