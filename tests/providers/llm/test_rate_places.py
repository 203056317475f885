"""The limits a call has to pass."""

import pytest

from core.errors import ConfigurationError
from providers.llm.rate_places import Place, Rates, limited, places_of_call


def test_a_call_passes_every_limit_there_is() -> None:
    places = places_of_call(
        user="anna",
        user_calls_per_minute=60,
        provider="openai",
        provider_rates=Rates(500, 200_000),
        model="gpt-4o",
        model_rates=Rates(requests_per_minute=100, tokens_per_minute=30_000),
        tokens=1_200,
    )

    assert places == (
        Place("user:anna", 60, 1),
        Place("provider:openai:requests", 500, 1),
        Place("provider:openai:tokens", 200_000, 1_200),
        Place("model:openai/gpt-4o:requests", 100, 1),
        Place("model:openai/gpt-4o:tokens", 30_000, 1_200),
    )


@pytest.mark.parametrize("none", [None, 0])
def test_no_limit_is_no_place(none: int | None) -> None:
    places = places_of_call(
        user="anna",
        user_calls_per_minute=none,
        provider="p",
        provider_rates=Rates(none, none),
        model="m",
        model_rates=Rates(none, 10),
        tokens=0,
    )

    assert places == ()


def test_a_weight_above_the_limit_is_the_whole_limit() -> None:
    assert Place("t", 10, 11).units == 10
    assert Place("t", 10, 9).units == 9


@pytest.mark.parametrize(("limit", "weight"), [(-1, 1), (1, -1)])
def test_nothing_is_negative(limit: int, weight: int) -> None:
    with pytest.raises(ConfigurationError, match=r"'t'.*negative"):
        Place("t", limit, weight)


def test_a_key_stands_once() -> None:
    with pytest.raises(ConfigurationError, match=r"twice in \['t', 't'\]"):
        limited([Place("t", 5), Place("t", 6)])
