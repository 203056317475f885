from typing import Any

import pytest

from core.artifacts.answers import Clarification
from core.artifacts.questionnaire import Questionnaire, Stack
from core.artifacts.specs import ClarificationHistory, ClarificationRound
from providers.llm.demo.subject import guess_entity
from tests.providers.llm.demo.asking import answer

_UNASKED = ClarificationHistory()


async def _clarified(answered: ClarificationHistory = _UNASKED, **answers: Any) -> Clarification:
    value = {"project_name": "Shop", "summary": "It sells things.", **answers}
    questionnaire = Questionnaire.model_validate(value)
    content = await answer("clarifier", questionnaire=questionnaire, answered=answered)
    return Clarification.model_validate_json(content)


async def test_what_the_person_said_is_kept() -> None:
    said: dict[str, Any] = {
        "users": ["Clerk"],
        "features": [{"title": "Pay", "description": "By card."}],
        "entities": [{"name": "Bill", "fields": [{"name": "sum", "type": "number"}]}],
        "constraints": ["Offline"],
        "non_goals": ["Tax"],
    }
    clarified = await _clarified(**said)
    specs = clarified.specs
    expected = Questionnaire.model_validate({"project_name": "Shop", "summary": "x", **said})
    assert clarified.questions == ()
    assert specs.users == expected.users
    assert specs.features == expected.features
    assert specs.entities == expected.entities
    assert specs.constraints == expected.constraints
    assert specs.non_goals == expected.non_goals
    assert len(specs.assumptions) == 1
    assert "demo model" in specs.assumptions[0]


async def test_missing_entities_fields_and_users_are_assumed() -> None:
    clarified = await _clarified()
    assert [question.id for question in clarified.questions] == ["Q1", "Q2"]
    assert all(question.answered_by == "assumption" for question in clarified.questions)
    assert {question.answer for question in clarified.questions} < set(clarified.specs.assumptions)
    assert [field.name for field in clarified.specs.entities[0].fields] == ["name", "notes"]
    assert clarified.specs.users


async def test_what_was_asked_before_is_not_asked_again_and_stays_assumed() -> None:
    first = await _clarified()
    asked = ClarificationRound(number=1, questions=first.questions[:1])
    again = await _clarified(ClarificationHistory(rounds=(asked,)))
    assert [question.question for question in again.questions] == [first.questions[1].question]
    assert [question.id for question in again.questions] == ["Q1"]
    assert again.specs.assumptions == first.specs.assumptions


async def test_many_entities_without_fields_are_one_question() -> None:
    clarified = await _clarified(users=["a"], entities=[{"name": f"K{n}"} for n in range(8)])
    assert len(clarified.questions) == 1
    assert "K4 and 3 more" in clarified.questions[0].answer
    assert all(entity.fields for entity in clarified.specs.entities)


async def test_another_stack_than_its_own_is_said_plainly() -> None:
    stack = Stack(backend="express", database="postgresql", auth="password")
    clarified = await _clarified(stack=stack.model_dump())
    reply = clarified.questions[0].answer
    assert "always writes FastAPI with SQLite" in reply
    assert "backend express, database postgresql, auth password" in reply
    assert clarified.specs.stack == Stack()


@pytest.mark.parametrize(
    ("name", "summary", "entity"),
    [
        ("Shop", "We keep track of our orders and more.", "Order"),
        ("Shop", "I want to remember the books I read.", "Book"),
        ("Shop", "It plans things and lists categories.", "Category"),
        ("Recipe Box", "Nothing to see.", "Recipe"),
        ("Reading List", "Nothing to see.", "Reading entry"),
        ("Tracker", "Nothing to see.", "Item"),
        ("🚀", "任务", "Item"),
    ],
)
def test_an_entity_is_guessed_from_what_is_kept(name: str, summary: str, entity: str) -> None:
    questionnaire = Questionnaire(project_name=name, summary=summary)
    assert guess_entity(questionnaire).name == entity


def test_features_are_read_when_the_summary_says_nothing() -> None:
    questionnaire = Questionnaire.model_validate(
        {"project_name": "X", "summary": "Good.", "features": [{"title": "Store invoices"}]}
    )
    assert guess_entity(questionnaire).name == "Invoice"
