import pytest
from hypothesis import HealthCheck, given, settings

from core.artifacts.questionnaire import Questionnaire
from tests.providers.llm.demo.checks import check_build
from tests.providers.llm.demo.driver import build, build_from, plan
from tests.providers.llm.demo.questionnaires import NAMES, example, questionnaires


@pytest.mark.parametrize("name", NAMES)
async def test_an_example_passes_every_stage(name: str) -> None:
    check_build(await build(example(name)))


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
@given(questionnaire=questionnaires())
async def test_any_questionnaire_passes_every_stage(questionnaire: Questionnaire) -> None:
    check_build(await build(questionnaire))


async def test_the_same_questionnaire_has_the_same_answers() -> None:
    first, second = await build(example("hostile")), await build(example("hostile"))
    assert first == second


async def test_many_entities_in_circles_pass() -> None:
    entities = [
        {
            "name": f"Kind {number}",
            "fields": [{"name": f"f{column}"} for column in range(10)]
            + [
                {"name": "next", "type": "reference", "target": f"Kind {(number + 1) % 60}"},
                {
                    "name": "other",
                    "type": "reference",
                    "required": True,
                    "target": f"Kind {(number + 7) % 60}",
                },
            ],
        }
        for number in range(60)
    ]
    questionnaire = Questionnaire.model_validate(
        {"project_name": "Large", "summary": "Much of everything.", "entities": entities}
    )
    made = await plan(questionnaire)
    assert len(made.structure.files) > 300
    assert sum(len(entity.fields) for entity in made.schema.entities) == 600


async def test_two_hundred_features_are_each_tested() -> None:
    features = [
        {"title": f"Feature {number}", "description": "Text. " * 20} for number in range(200)
    ]
    questionnaire = Questionnaire.model_validate(
        {"project_name": "Rich", "summary": "It keeps recipes.", "features": features}
    )
    check_build(await build(questionnaire))


async def test_a_spec_without_entities_makes_an_application_too() -> None:
    """Such a spec does not come out of stage 1.5, but a person may write it by hand."""
    made = await build(example("reading-list"))
    bare = made.spec.model_copy(
        update={
            "entities": (),
            "requirements": tuple(
                item.model_copy(update={"entities": ()}) for item in made.spec.requirements
            ),
        }
    )
    check_build(await build_from(bare, made.clarification))
