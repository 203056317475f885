"""Which answers follow a difference of the whole, and which say the same otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.change.demands import Demands
from core.artifacts.questionnaire import Feature
from core.artifacts.specs import Requirement
from tests.codegen.change.products import REFINED, SPEC

BEFORE = SPEC.model_copy(
    update={
        "summary": "Lends tools with barcodes for 14 days.",
        "constraints": ("Runs on PHP.", "Nobody signs in."),
    }
)
AFTER = SPEC.model_copy(
    update={
        "summary": "Lends tools and ladders for 7 days, as the neighbours like.",
        "constraints": ("Runs on PHP.", "Members sign in."),
    }
)
DEMANDS = Demands.between(
    BEFORE, AFTER, known=[*REFINED.features, *SPEC.requirements], asked=REFINED.features
)
LIST = Requirement(
    id="FR-1",
    title="List",
    description="Tools are listed with barcodes.",
    acceptance_criteria=("A tool is out for 14 days.", "It is there afterwards."),
    entities=("Tool",),
)


@pytest.mark.parametrize(
    "told",
    [
        {"description": "Tools and ladders are listed with barcodes."},
        {"description": "Tools, or a ladder, are listed with barcodes."},
        {"description": "Tools are listed."},
        {"title": "List for members"},
        {"acceptance_criteria": ("A tool is out for 7 days.", "It is there afterwards.")},
        {"acceptance_criteria": (*LIST.acceptance_criteria, "It works in the dark.")},
        {"entities": ("Tool", "Shelf")},
    ],
)
def test_what_takes_up_or_gives_up_a_word_or_says_more_follows(told: dict[str, object]) -> None:
    assert DEMANDS.reach_requirement(LIST, LIST.model_copy(update=told))


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"title": "Show all that there is"},
        {"description": "There is a list of the tools, each with its barcode; 3 a line."},
        {"acceptance_criteria": ("14 days long, a tool is out.",)},
        {"entities": ()},
        {"priority": "could"},
    ],
)
def test_what_says_the_same_otherwise_does_not(told: dict[str, object]) -> None:
    assert not DEMANDS.reach_requirement(LIST, LIST.model_copy(update=told))


def test_short_words_count_where_they_are_abbreviations_or_numbers() -> None:
    after = BEFORE.model_copy(update={"constraints": ("It is on CSV, as of day 3.",)})
    demands = Demands.between(BEFORE, after, known=(), asked=())
    assert demands.come == {"csv", "3"}
    assert demands.reach("A file.", "A csv file.") is False, "only its own spelling is known"
    assert demands.reach("A file.", "A CSV file.")
    assert demands.gone >= {"php", "signs", "nobody"}


def test_a_number_counts_though_the_product_has_it_elsewhere() -> None:
    weekly = Feature(title="Weekly", description="Every 7 days, with members.")
    demands = Demands.between(BEFORE, AFTER, known=[weekly], asked=[])
    assert "7" in demands.come
    assert "members" not in demands.come


@given(before=st.text(max_size=40), told=st.text(max_size=40))
def test_without_a_difference_nothing_follows(before: str, told: str) -> None:
    assert not Demands.between(BEFORE, BEFORE, known=(), asked=()).reach(before, told)


@given(text=st.text(max_size=40))
def test_the_same_text_never_follows(text: str) -> None:
    assert not DEMANDS.reach(text, text)
