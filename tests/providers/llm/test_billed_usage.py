"""What is estimated where the provider has not counted: all of the prompt, and what came in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BilledUsage
from providers.llm.billed_usage import billed_usage
from providers.llm.prompt_size import estimate_request_tokens
from providers.llm.provider import LLMRequest, Message

REQUEST = LLMRequest(
    model="m", system="s" * 25, messages=(Message(role="user", content="q" * 50),), max_tokens=100
)
"""Of 30 likely tokens."""


@pytest.mark.parametrize(
    ("counted", "text", "unread", "billed"),
    [
        (BilledUsage(), "", 0, BilledUsage(30)),
        (BilledUsage(), "a" * 25, 0, BilledUsage(30, output_tokens=10)),
        (BilledUsage(), "", 50, BilledUsage(30, output_tokens=20)),
        (BilledUsage(), "a" * 1_000, 0, BilledUsage(30, output_tokens=100)),
        (BilledUsage(9, 4), "a" * 25, 0, BilledUsage(9, 4, 10)),
        (BilledUsage(9, 4, 7, 0.5), "a" * 25, 0, BilledUsage(9, 4, 7, 0.5)),
        (BilledUsage(9, 4, 700), "", 0, BilledUsage(9, 4, 700)),
    ],
)
def test_what_the_provider_counted_goes_before_an_estimate(
    counted: BilledUsage, text: str, unread: int, billed: BilledUsage
) -> None:
    assert billed_usage(REQUEST, counted, text, unread) == billed


@given(st.text(), st.text(), st.text(), st.integers(0, 10**8), st.integers(1, 10**5))
def test_an_estimate_is_within_what_was_reserved(
    system: str, asked: str, text: str, unread: int, max_tokens: int
) -> None:
    messages = (Message(role="user", content=asked),)
    request = LLMRequest(model="m", system=system, messages=messages, max_tokens=max_tokens)
    billed = billed_usage(request, BilledUsage(), text, unread)
    assert billed.input_tokens <= estimate_request_tokens(request)
    assert billed.output_tokens <= max_tokens
