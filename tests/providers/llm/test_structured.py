"""Reading JSON answers: leniently, exactly, and never a cut-off one."""

import json
from enum import StrEnum
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from providers.llm.structured import MAX_ANSWER_CHARACTERS, MAX_PROBLEMS, parse_json


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Item(BaseModel):
    name: str = Field(min_length=1)
    colour: Colour = Colour.RED
    note: str = ""


class Box(BaseModel):
    items: tuple[Item, ...] = ()
    extra: Any = None


ONE = '{"items": [{"name": "a", "colour": "blue"}]}'
BOX = Box(items=(Item(name="a", colour=Colour.BLUE),))


@pytest.mark.parametrize(
    "content",
    [
        ONE,
        f"\n  {ONE}\n",
        f"\ufeff{ONE}",
        f"```json\n{ONE}\n```",
        f"```\n{ONE}\n```\n",
        f"~~~json\n{ONE}\n~~~",
        f"```json\n{ONE}",
        f"Here is what you asked for: {ONE} I hope it helps, don't hesitate to ask!",
        f"Empty would be {{}}, but:\n\n```json\n{ONE}\n```\nIt isn't [1].",
        f'First a sketch:\n```json\n{{"items": []}}\n```\nand whole:\n```json\n{ONE}\n```',
        f'<think>maybe {{"items": [{{"name": "not this one, it is longer"}}]}}</think>\n{ONE}',
        f"Set {{ opens a set.\n```json\n{ONE}\n```",
        "{'items': [{'name': 'a', 'colour': 'blue'}]}",
        '{"items": [{"name": "a", "colour": "blue",},],}',
        '{items: [{name: "a", colour: "blue"}]} // done',
        '{"items": [{"name": "a" "colour": "blue"}]}',
    ],
)
def test_reads_json_wherever_it_stands_and_mends_slips(content: str) -> None:
    assert parse_json(content, Box) == BOX


def test_raw_line_breaks_and_fences_inside_a_string_are_text() -> None:
    content = '{"items": [{"name": "a", "note": "run\n```\nmake\n```\n{ ["}]}'
    assert parse_json(content, Box).items[0].note == "run\n```\nmake\n```\n{ ["


@pytest.mark.parametrize(
    "content",
    [
        '{"items": [{"name": "a"}',
        '{"items": [{"name": "a',
        '{"items": [{"name": "a"}], ',
        "```json\n{\n```",
        '```json\n{"items": []}\n```\nand now the rest: {"items": [{"name"',
        'An example is {"items": []}. The answer: {"items": [{"name": "a"}',
        "{'items': [",
    ],
)
def test_a_cut_off_answer_is_never_read_as_whole(content: str) -> None:
    with pytest.raises(ValueError, match=r"does not end: [0-9]+ brackets are still open"):
        parse_json(content, Box)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=15,
)


@given(value=json_values, indent=st.sampled_from([None, 2]), ascii_only=st.booleans())
def test_any_json_is_read_natively_in_prose_and_in_a_fence(
    value: Any, indent: int | None, ascii_only: bool
) -> None:
    text = json.dumps({"extra": value}, indent=indent, ensure_ascii=ascii_only)
    for content in (text, f"Sure:\n```json\n{text}\n```\n", f"Sure: {text} Done."):
        assert parse_json(content, Box).extra == value


@given(value=json_values, data=st.data(), fenced=st.booleans())
def test_no_part_of_json_is_taken_for_all_of_it(
    value: Any, data: st.DataObject, fenced: bool
) -> None:
    text = json.dumps({"extra": value})
    part = text[: data.draw(st.integers(1, len(text) - 1))]
    with pytest.raises(ValueError, match="does not end"):
        parse_json(f"```json\n{part}" if fenced else part, Box)


@given(st.text(alphabet="{}[]\":,'\\`~\n ab1<think>", max_size=60))
def test_any_text_is_read_or_refused_with_a_reason(content: str) -> None:
    reason = "none"
    try:
        parse_json(content, Box)
    except ValueError as error:
        reason = str(error)
    assert reason


def test_problems_are_named_by_path_and_value() -> None:
    with pytest.raises(ValueError, match="items") as caught:
        parse_json('{"items": [{"name": "", "colour": "green"}, {}]}', Box)
    assert str(caught.value).split("\n") == [
        '$.items[0].name: String should have at least 1 character; got ""',
        "$.items[0].colour: Input should be 'red' or 'blue'; got \"green\"",
        "$.items[1].name: Field required",
    ]


def test_many_problems_and_long_values_are_bounded() -> None:
    wrong = {"items": [{"name": "x", "colour": "y" * 3_000}] * 500}
    with pytest.raises(ValueError, match="and 490 more problems") as caught:
        parse_json(json.dumps(wrong), Box)
    assert len(str(caught.value).split("\n")) == MAX_PROBLEMS + 1
    assert len(str(caught.value)) < 3_000


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ("I cannot help with that.", "holds no JSON object: it is not valid JSON"),
        ('["a"]', r'must be one JSON object, not a list: \["a"\]'),
        ('"text"', "must be one JSON object, not a str"),
        ("{]", "it is not valid JSON: Expecting property name"),
        ('{"extra": NaN, "items": [NaN]}', "items"),
        ('{"extra": "\\ud800"}', "Invalid JSON"),
        ("[" * 5_000 + "]" * 5_000, "nested"),
        ('{"extra": ' + "[" * 5_000 + "]" * 5_000 + "}", "nested"),
        ('{"a" "' + "x" * 300_000 + '"}', "it is not valid JSON: Expecting .:. delimiter"),
        ("x" * (MAX_ANSWER_CHARACTERS + 1), "more than"),
    ],
)
def test_refuses_with_the_reason(content: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        parse_json(content, Box)
    assert len(str(caught.value)) < 3_000


def test_an_object_in_prose_that_does_not_fit_is_named_rather_than_the_prose() -> None:
    with pytest.raises(ValueError, match=r"\$\.items\[0\]\.name: Field required"):
        parse_json('Here: {"items": [{"label": "a"}]}', Box)


def test_a_repair_that_goes_too_deep_is_a_reason_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_deep(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr("json_repair.loads", too_deep)
    with pytest.raises(ValueError, match="not valid JSON: Expecting"):
        parse_json("{'a': 1}", Box)


def test_a_key_that_is_there_twice_is_refused_not_lost() -> None:
    for answer in (
        '{"items": [{"name": "a"}], "items": [{"name": "b"}]}',
        'Here: {"items": [{"name": "a", "name": "b"}]}',
    ):
        with pytest.raises(ValueError, match=r"the key '\w+' is twice in one object"):
            parse_json(answer, Box)
    assert parse_json('{"items": [], "items": []}', Box) == Box()


def test_an_answer_may_be_brought_into_form_before_it_is_read() -> None:
    def reshape(value: Any) -> Any:
        if value == []:
            raise ValueError("a list without anything")
        return cast("Any", {"items": value} if isinstance(value, list) else value)

    assert parse_json('[{"name": "a", "colour": "blue"}]', Box, reshape) == BOX
    assert parse_json(f"Here: {ONE}", Box, reshape) == BOX
    with pytest.raises(ValueError, match="a list without anything"):
        parse_json("[]", Box, reshape)


def test_of_several_answers_none_is_taken_for_the_whole() -> None:
    several = f'{ONE}\n{{"items": [{{"name": "b"}}]}}'
    with pytest.raises(ValueError, match="it holds 2 answers"):
        parse_json(several, Box, lambda value: value)
    assert parse_json(f"{ONE} and again {ONE}", Box, lambda value: value) == BOX
    assert parse_json(several, Box) == BOX
