from pathlib import Path

import pytest

from core.artifacts.questionnaire import Entity, Feature, Questionnaire
from core.errors import ConfigurationError
from core.expectations import ProductSize, load_expectations, parse_expectations
from core.stages import read_stage_rows

TEXT = (Path(__file__).parents[2] / "core" / "expectations.toml").read_text(encoding="utf-8")
ASKED = {
    use["template"]
    for stage in read_stage_rows()
    for use in stage.get("models", [])
    if use.get("asked", True)
}


def test_every_row_is_of_a_template_that_is_asked() -> None:
    rows = {row.template for row in load_expectations().templates}
    assert rows
    assert rows <= ASKED


def test_every_stage_with_work_of_its_own_is_in_the_stage_table() -> None:
    numbers = {row["number"] for row in read_stage_rows()}
    assert {row.stage for row in load_expectations().stages} <= numbers
    assert load_expectations().seconds_of_stage("1") == 0


def test_a_template_without_a_row_is_expected_to_be_asked_as_the_default() -> None:
    expectations = load_expectations()
    assert expectations.of_template("glossary") == expectations.default


def test_calls_grow_with_what_there_is() -> None:
    calls = load_expectations().of_template("coder").calls
    small, large = (ProductSize(entities=1, modules=2, files=files) for files in (10, 20))
    assert calls.of(large) == 2 * calls.of(small) > 0


def test_a_product_is_as_large_as_its_questionnaire_says() -> None:
    product = load_expectations().product
    small = product.size_of(Questionnaire(project_name="P", summary="S"))
    features = tuple(Feature(title=f"f{number}") for number in range(10))
    large = product.size_of(Questionnaire(project_name="P", summary="S", features=features))
    entities = tuple(Entity(name=f"e{number}") for number in range(9))
    named = product.size_of(Questionnaire(project_name="P", summary="S", entities=entities))
    assert small.entities == 1
    assert large.entities == 5
    assert named.entities == 9
    assert small.files < large.files < named.files
    assert not small.is_planned


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "it is not TOML"),
        (TEXT.replace("tokens = 0.6", "tokens = -1"), "spread.tokens"),
        (TEXT.replace("per_file = 1.15", "per_line = 1"), "per_line"),
        (TEXT.replace('"coder"', '"validator"'), "'validator' is there twice"),
    ],
    ids=["toml", "negative", "unknown", "twice"],
)
def test_a_wrong_file_is_refused_by_its_place(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse_expectations(text)
