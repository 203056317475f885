"""Artifacts of stages 1 and 1.5: the refined spec, its history, and the clean spec."""

from typing import Any, Literal, Self

from pydantic import Field, SerializerFunctionWrapHandler, model_serializer, model_validator

from core.artifacts.base import Artifact, Part
from core.artifacts.questionnaire import Entity, Feature, FieldType, Priority, Stack


class RefinedSpec(Artifact):
    """`specs/specs_refined.json`: the questionnaire with its gaps closed, in people's words.

    Attributes:
        answers: left out of the JSON where there is none.
    """

    project_name: str = Field(min_length=1, max_length=80)
    summary: str = Field(min_length=1)
    users: tuple[str, ...] = ()
    features: tuple[Feature, ...] = ()
    entities: tuple[Entity, ...] = ()
    stack: Stack = Stack()
    constraints: tuple[str, ...] = ()
    non_goals: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = Field(
        default=(), description="What was decided because nobody said otherwise."
    )
    answers: tuple[str, ...] = Field(
        default=(),
        description="What the person said when asked: each question with its answer. Programs "
        "write it, and it holds like a constraint.",
    )

    @model_serializer(mode="wrap")
    def _without_empty_answers(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = serialize(self)
        if not document.get("answers", True):
            del document["answers"]
        return document


class ClarifyingQuestion(Part):
    """One question about the questionnaire and what was taken as its answer."""

    id: str = Field(min_length=1, max_length=20, examples=["Q1"])
    question: str = Field(min_length=1)
    reason: str = ""
    answer: str = Field(description="The person's answer, or the assumption made for them.")
    answered_by: Literal["person", "assumption"] = "assumption"


class ClarificationRound(Part):
    """Questions asked together."""

    number: int = Field(ge=1, description="The first round is that of the first build.")
    questions: tuple[ClarifyingQuestion, ...] = ()


class ClarificationHistory(Artifact):
    """`specs/clarification_history.json`: what was asked, and who answered what."""

    rounds: tuple[ClarificationRound, ...] = ()

    @property
    def questions(self) -> tuple[ClarifyingQuestion, ...]:
        """Those of all rounds, in order."""
        return tuple(one for asked in self.rounds for one in asked.questions)

    @property
    def assumed(self) -> tuple[ClarifyingQuestion, ...]:
        """Questions that no person answered."""
        return tuple(one for one in self.questions if one.answered_by == "assumption")

    @property
    def answers(self) -> tuple[str, ...]:
        """What a person said, each question with its answer."""
        return tuple(
            f"{one.question} {one.answer}" for one in self.questions if one.answered_by == "person"
        )


class Traced(Part):
    """Something that comes from what a person asked for.

    Attributes:
        sources: items of the refined spec, such as `feature: Lend a tool` or `entity: Tool`; left
            out of the JSON where there is none.
    """

    sources: tuple[str, ...] = Field(
        default=(),
        description="Items of the refined spec that it comes from: `feature: <title>` or "
        "`entity: <name>`.",
        examples=[("feature: Lend a tool", "entity: Tool")],
    )

    @model_serializer(mode="wrap")
    def _without_empty_sources(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = serialize(self)
        if not document.get("sources", True):
            del document["sources"]
        return document


class Requirement(Traced):
    """One numbered thing the product must do, with how one can tell that it does."""

    id: str = Field(pattern=r"^FR-[1-9][0-9]*$", examples=["FR-1"])
    title: str = Field(min_length=1, max_length=500)
    description: str = ""
    priority: Priority = Priority.MUST
    acceptance_criteria: tuple[str, ...] = ()
    entities: tuple[str, ...] = Field(default=(), description="Names of the entities it concerns.")


class SpecField(Part):
    """A typed field of an entity; references are relations, not fields."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60, examples=["due_date"])
    type: FieldType = FieldType.STRING
    required: bool = False
    choices: tuple[str, ...] = ()
    description: str = ""

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        if self.type is FieldType.REFERENCE:
            raise ValueError(f"field {self.name!r} is a reference; write it under relations")
        if self.type is FieldType.CHOICE and not self.choices:
            raise ValueError(f"field {self.name!r} is a choice but lists no choices")
        return self


class Relation(Part):
    """A link from one entity to another."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", max_length=60, examples=["project"])
    target: str = Field(description="Name of the entity it points to.")
    kind: Literal["many_to_one", "one_to_one", "many_to_many"] = "many_to_one"
    required: bool = False
    description: str = ""


class SpecEntity(Traced):
    """A kind of thing the product keeps."""

    name: str = Field(pattern=r"^[A-Z][A-Za-z0-9]*$", max_length=60, examples=["Task"])
    description: str = ""
    fields: tuple[SpecField, ...] = ()
    relations: tuple[Relation, ...] = ()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [item.name.casefold() for item in (*self.fields, *self.relations)]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"entity {self.name!r} has {name!r} twice")
        return self


class CleanSpec(Artifact):
    """`specs/specs_clean.json`: numbered requirements and typed entities, nothing ambiguous."""

    project_name: str = Field(min_length=1, max_length=80)
    slug: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)
    summary: str = Field(min_length=1)
    users: tuple[str, ...] = ()
    requirements: tuple[Requirement, ...] = Field(min_length=1)
    entities: tuple[SpecEntity, ...] = ()
    stack: Stack = Stack()
    constraints: tuple[str, ...] = ()
    non_goals: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    removed_requirements: tuple[str, ...] = Field(
        default=(),
        description="Numbers of requirements that earlier builds of the product had; programs "
        "keep this list, so that no number ever means something else.",
    )

    @model_serializer(mode="wrap")
    def _without_empty_list(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        document: dict[str, Any] = serialize(self)
        if not document.get("removed_requirements", True):
            del document["removed_requirements"]
        return document

    @model_validator(mode="after")
    def _numbers_and_names_hold(self) -> Self:
        numbers = [requirement.id for requirement in self.requirements]
        taken = {*numbers, *self.removed_requirements}
        expected = [f"FR-{number}" for number in range(1, len(taken) + 1)]
        if numbers != [number for number in expected if number not in self.removed_requirements]:
            found = ", ".join(requirement.id for requirement in self.requirements)
            raise ValueError(f"requirements must be numbered FR-1, FR-2 … in order, not {found}")
        names = [entity.name.casefold() for entity in self.entities]
        for entity in self.entities:
            if names.count(entity.name.casefold()) > 1:
                raise ValueError(f"entity {entity.name!r} is there twice")
        _refuse_strangers(self)
        return self


def _refuse_strangers(spec: CleanSpec) -> None:
    known = {entity.name for entity in spec.entities}
    for entity in spec.entities:
        for relation in entity.relations:
            if relation.target not in known:
                raise ValueError(
                    f"relation {entity.name}.{relation.name} points to {relation.target!r}, "
                    "which is not among the entities"
                )
    for requirement in spec.requirements:
        for name in requirement.entities:
            if name not in known:
                raise ValueError(f"{requirement.id} concerns {name!r}, which is not an entity")
