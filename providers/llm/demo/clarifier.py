"""Answers `clarifier`: closes a questionnaire's gaps with assumptions, and says so."""

from collections.abc import Sequence

from core.artifacts.answers import Clarification, ClarifiedChange
from core.artifacts.change import Change
from core.artifacts.questionnaire import Entity, Questionnaire, Stack
from core.artifacts.specs import ClarificationHistory, ClarifyingQuestion, RefinedSpec
from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.literals import one_line
from providers.llm.demo.subject import guess_entity, usual_fields

STACK = Stack(backend="fastapi", frontend="html", database="sqlite", auth="none")
"""What the demo model writes, whatever is asked for."""

_SCOPE = (
    "A demo model writes this product: each entity can be stored, listed, filtered, changed and "
    "deleted. What a feature asks for beyond that is written down, not programmed."
)


def answer(blocks: PromptBlocks) -> str:
    """Refine a questionnaire, or what changed of one."""
    questionnaire = blocks.model("questionnaire", Questionnaire)
    if "change" in blocks:
        return _changed(
            questionnaire,
            blocks.model("change", Change).asked,
            blocks.model("answered", ClarificationHistory),
        )
    entities = tuple(map(_with_fields, questionnaire.entities or (guess_entity(questionnaire),)))
    answered = blocks.model("answered", ClarificationHistory)
    questions = _questions(
        [
            *_about_stack(questionnaire.stack),
            *_about_entities(questionnaire, entities),
            *_about_people(questionnaire),
        ],
        answered,
    )
    specs = RefinedSpec(
        project_name=questionnaire.project_name,
        summary=questionnaire.summary,
        users=questionnaire.users or ("Everyone who can reach it",),
        features=questionnaire.features,
        entities=entities,
        stack=STACK,
        constraints=questionnaire.constraints,
        non_goals=questionnaire.non_goals,
        assumptions=(*(item.answer for item in (*answered.assumed, *questions)), _SCOPE),
    )
    return Clarification(questions=questions, specs=specs).model_dump_json()


def _questions(
    found: list[tuple[str, str, str]], answered: ClarificationHistory
) -> tuple[ClarifyingQuestion, ...]:
    """What is still to be asked: question, reason and assumption of each."""
    before = {one.question for one in answered.questions}
    return tuple(
        ClarifyingQuestion(id=f"Q{number}", question=question, reason=reason, answer=reply)
        for number, (question, reason, reply) in enumerate(
            [one for one in found if one[0] not in before], start=1
        )
    )


def _changed(
    questionnaire: Questionnaire, asked: tuple[str, ...], answered: ClarificationHistory
) -> str:
    """Refine the features and entities that are asked about."""
    features = tuple(f for f in questionnaire.features if f"feature: {f.title}" in asked)
    entities = tuple(e for e in questionnaire.entities if f"entity: {e.name}" in asked)
    questions = _questions(_about_bare(entities), answered)
    refined = tuple(map(_with_fields, entities))
    change = ClarifiedChange(questions=questions, features=features, entities=refined)
    return change.model_dump_json()


def _with_fields(entity: Entity) -> Entity:
    return entity if entity.fields else entity.model_copy(update={"fields": usual_fields()})


def _about_stack(stack: Stack) -> list[tuple[str, str, str]]:
    asked = [
        f"{what} {getattr(stack, what)}"
        for what in Stack.model_fields
        if getattr(stack, what) != getattr(STACK, what)
    ]
    if not asked:
        return []
    return [
        (
            f"May it be built with another stack than asked for ({', '.join(asked)})?",
            "The demo model knows one stack only.",
            f"The demo model always writes FastAPI with SQLite, one HTML page and no sign-in; "
            f"asked for was {', '.join(asked)}. Build with a real model to get that.",
        )
    ]


def _about_entities(
    questionnaire: Questionnaire, entities: tuple[Entity, ...]
) -> list[tuple[str, str, str]]:
    if not questionnaire.entities:
        name = entities[0].name
        return [
            (
                "What kinds of things should it keep?",
                "Without entities there is nothing to store.",
                f"It keeps one kind of thing, called {name}, with a name and notes.",
            )
        ]
    return _about_bare(questionnaire.entities)


def _about_bare(entities: Sequence[Entity]) -> list[tuple[str, str, str]]:
    bare = [one_line(entity.name) for entity in entities if not entity.fields]
    if not bare:
        return []
    shown = ", ".join(bare[:5]) + (f" and {len(bare) - 5} more" if len(bare) > 5 else "")
    return [
        (
            f"What should be kept about {shown}?",
            "These entities have no fields.",
            f"A name and notes are kept about {shown}.",
        )
    ]


def _about_people(questionnaire: Questionnaire) -> list[tuple[str, str, str]]:
    if questionnaire.users:
        return []
    return [
        (
            "Who uses it?",
            "It decides what each person may see.",
            "There is one kind of user: everyone who can reach it sees and changes everything.",
        )
    ]
