"""Stages 1 and 1.5 of a changed product, with a model scripted at the transport."""

import json

import pytest

from core.artifacts.answers import ClarifiedChange, SpecChange
from core.artifacts.questionnaire import Feature
from core.artifacts.specs import (
    ClarificationHistory,
    ClarifyingQuestion,
    CleanSpec,
    RefinedSpec,
    Requirement,
)
from core.errors import AnswerError, InputError
from core.fence import read_fenced
from core.layout import CLARIFICATION_HISTORY, SPECS_CLEAN, SPECS_REFINED
from tasks.engine.changing.specs import clarify_change, normalize_change
from tests.codegen.change.products import ASKED, LEND, REFINED, SHOW, SPEC
from tests.tasks.bench import Bench
from tests.tasks.engine.changing.change_bench import inputs

REMIND = Feature(title="Remind", description="By mail.")
NEW = Requirement(id="FR-4", title="Remind", sources=("feature: Remind",))
WITH_REMIND = ASKED.model_copy(update={"features": (LEND, SHOW, REMIND)})
REFINED_REMIND = REFINED.model_copy(update={"features": (*REFINED.features, REMIND)})
OTHER_SUMMARY = ASKED.model_copy(update={"summary": "Lends ladders."})


def asked_of(bench: Bench) -> dict[str, list[str]]:
    """What the last question names: what to answer for, and what besides."""
    change = json.loads(read_fenced(bench.prompts[-1])["change"])
    return {"asked": change["asked"], "open": change.get("open", [])}


async def test_only_a_new_feature_is_refined_and_questions_join_the_history(bench: Bench) -> None:
    question = ClarifyingQuestion(id="Q1", question="When?", answer="The day before.")
    told = REMIND.model_copy(update={"description": "By mail, the day before."})
    reworded = LEND.model_copy(update={"description": "In other words."})
    answer = ClarifiedChange(questions=(question,), features=(told, reworded))
    outputs = await clarify_change(bench.work("1", inputs(specs=WITH_REMIND), answer))
    refined, history = outputs[SPECS_REFINED], outputs[CLARIFICATION_HISTORY]
    assert isinstance(refined, RefinedSpec)
    assert isinstance(history, ClarificationHistory)
    assert refined.features == (*REFINED.features, told)
    assert refined.assumptions == (*REFINED.assumptions, "The day before.")
    assert [item.question for item in history.questions] == ["When?"]
    assert asked_of(bench) == {"asked": ["feature: Remind"], "open": []}


async def test_what_is_only_gone_is_asked_of_nobody(bench: Bench) -> None:
    fewer = ASKED.model_copy(update={"features": (LEND,)})
    outputs = await clarify_change(bench.work("1", inputs(specs=fewer)))
    refined = outputs[SPECS_REFINED]
    assert isinstance(refined, RefinedSpec)
    spec = (await normalize_change(bench.work("1.5", inputs(specs_refined=refined))))[SPECS_CLEAN]
    assert isinstance(spec, CleanSpec)
    assert [item.id for item in spec.requirements] == ["FR-1", "FR-3"]
    assert bench.prompts == []


async def test_where_nothing_is_left_the_questionnaire_is_refused(bench: Bench) -> None:
    nothing = REFINED.model_copy(update={"features": (), "entities": ()})
    with pytest.raises(InputError, match="no requirement is left"):
        await normalize_change(bench.work("1.5", inputs(specs_refined=nothing)))


async def test_only_new_requirements_are_taken_of_an_answer_that_says_all_anew(
    bench: Bench,
) -> None:
    reworded = tuple(
        item.model_copy(update={"description": "In other words."}) for item in SPEC.requirements
    )
    answer = SpecChange(requirements=(*reworded, NEW), entities=SPEC.entities)
    work = bench.work("1.5", inputs(specs_refined=REFINED_REMIND), answer)
    spec = (await normalize_change(work))[SPECS_CLEAN]
    assert isinstance(spec, CleanSpec)
    assert spec.requirements == (*SPEC.requirements, NEW)
    assert asked_of(bench) == {"asked": ["feature: Remind"], "open": []}


async def test_an_answer_that_leaves_out_what_was_asked_is_told_and_asked_again(
    bench: Bench,
) -> None:
    answers = (SpecChange(), SpecChange(requirements=(NEW,)))
    work = bench.work("1.5", inputs(specs_refined=REFINED_REMIND), *answers)
    assert SPECS_CLEAN in await normalize_change(work)
    assert "these were asked about and are not in the answer: feature: Remind" in bench.prompts[1]


async def test_an_answer_that_stays_wrong_is_no_spec(bench: Bench) -> None:
    strange = NEW.model_copy(update={"sources": ("feature: Fly",)})
    wrong = SpecChange(requirements=(strange,))
    work = bench.work("1.5", inputs(specs_refined=REFINED_REMIND), *[wrong] * 3)
    with pytest.raises(AnswerError, match="'feature: Fly' is no feature"):
        await normalize_change(work)


async def test_another_summary_leaves_all_open_and_what_is_left_out_as_it_was(
    bench: Bench,
) -> None:
    outputs = await clarify_change(bench.work("1", inputs(specs=OTHER_SUMMARY), ClarifiedChange()))
    refined = outputs[SPECS_REFINED]
    assert isinstance(refined, RefinedSpec)
    assert refined == REFINED.model_copy(update={"summary": "Lends ladders."})
    assert asked_of(bench)["asked"] == []
    assert "feature: Show the shed" in asked_of(bench)["open"]
    work = bench.work("1.5", inputs(specs_refined=refined), SpecChange())
    spec = (await normalize_change(work))[SPECS_CLEAN]
    assert spec == SPEC.model_copy(update={"summary": "Lends ladders."})
    assert asked_of(bench) == {"asked": [], "open": ["FR-1", "FR-2", "FR-3"]}
    assert (
        '"Lends ladders."'
        in json.loads(read_fenced(bench.prompts[-1])["change"])["items"][0]["after"]
    )
