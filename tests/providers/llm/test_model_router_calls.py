"""The router asks one model after the other, within its bound, whatever they do."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    AnswerError,
    ConfigurationError,
    InputError,
    ModelError,
    ProviderBusyError,
    ProviderFailedError,
    RequestRefusedError,
)
from core.roles import COMPLEXITIES, ROLES
from providers.llm.provider import LLMResponse
from providers.llm.stage_router import ModelChoice
from tests.providers.llm.routing_samples import catalogue_of, model_row, provider_row, router_over

TWO = [
    provider_row("one", model_row("m"), priority=1),
    provider_row("two", model_row("m"), priority=2),
]


class Asked:
    """Asks no model, but does what is planned for each, and notes who was asked."""

    def __init__(self, outcomes: Mapping[str, ModelError | None]) -> None:
        self.outcomes = outcomes
        self.choices: list[ModelChoice] = []

    async def __call__(self, choice: ModelChoice, system: str, prompt: str) -> LLMResponse:
        self.choices.append(choice)
        error = self.outcomes.get(choice.identity)
        if error is not None:
            raise error
        return LLMResponse(
            content=f"{system}{prompt}", provider=choice.provider, model=choice.model
        )


async def test_the_first_model_that_answers_is_the_last_that_is_asked() -> None:
    asked = Asked({})
    response = await router_over(TWO, ask=asked).complete("coder", "high", "do", system="you: ")
    assert (response.provider, response.content) == ("one", "you: do")
    assert len(asked.choices) == 1


@pytest.mark.parametrize("error_type", [ProviderFailedError, ProviderBusyError, AnswerError])
async def test_the_next_model_is_asked_where_one_fails(
    error_type: type[ModelError], caplog: pytest.LogCaptureFixture
) -> None:
    asked = Asked({"one/m": error_type("it was not to be")})
    response = await router_over(TWO, ask=asked).complete("coder", "high", "do")
    assert response.provider == "two"
    assert f"one/m: {error_type.__name__}: it was not to be" in caplog.text


async def test_without_fallback_only_the_first_is_asked() -> None:
    asked = Asked({"one/m": ProviderFailedError("500")})
    with pytest.raises(ProviderFailedError, match="asked 1 of 2: one/m: ProviderFailedError: 500"):
        await router_over(TWO, ask=asked).complete("coder", "high", "do", fallback=False)


async def test_a_refused_request_is_not_taken_to_another_model() -> None:
    asked = Asked({"one/m": RequestRefusedError("401: wrong key")})
    with pytest.raises(RequestRefusedError, match="401"):
        await router_over(TWO, ask=asked).complete("coder", "high", "do")
    assert len(asked.choices) == 1


async def test_refuses_to_attempt_nothing() -> None:
    asked = Asked({})
    with pytest.raises(InputError, match="max_attempts is 0"):
        await router_over(TWO, ask=asked).complete("coder", "high", "do", max_attempts=0)
    with pytest.raises(ValueError, match="without `ask`"):
        await router_over(TWO).complete("coder", "high", "do")
    assert not asked.choices


_OUTCOMES = st.sampled_from(
    [None, ProviderFailedError, ProviderBusyError, AnswerError, RequestRefusedError]
)
_PRIORITIES = st.integers(1, 3)


@st.composite
def _models(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "roles": draw(st.lists(st.sampled_from(ROLES), unique=True)),
        "complexity": draw(st.sampled_from(COMPLEXITIES)),
        "enabled": draw(st.booleans()),
        "priority": draw(_PRIORITIES),
        "context_tokens": draw(st.sampled_from([8_192, 100_000])),
        "reliability": draw(st.floats(0.01, 1)),
        "free": draw(st.booleans()),
    }


@st.composite
def _rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for provider in range(draw(st.integers(0, 5))):
        models = draw(st.lists(_models(), max_size=3))
        rows.append(
            provider_row(
                f"p{provider}",
                *(model_row(f"m{number}", **fields) for number, fields in enumerate(models)),
                enabled=draw(st.booleans()),
                priority=draw(_PRIORITIES),
            )
        )
    return rows


def _may_be_asked(
    rows: Sequence[dict[str, Any]], keys: Mapping[str, str], role: str, complexity: str
) -> set[str]:
    """By hand, what the router may ask."""
    return {
        f"{row['name']}/{model['name']}"
        for row in rows
        for model in row["models"]
        if row["enabled"] and model["enabled"] and row["key_variable"] in keys
        if role in model["roles"] and model["context_tokens"] == 100_000
        if COMPLEXITIES.index(complexity) <= COMPLEXITIES.index(model["complexity"])
    }


@given(st.data())
def test_whatever_happens_it_ends_within_its_bound_and_names_every_cause(
    data: st.DataObject,
) -> None:
    rows = data.draw(_rows())
    providers = [row["name"] for row in rows]
    keyed = data.draw(st.lists(st.sampled_from(providers), unique=True)) if rows else []
    keys = {f"{name.upper()}_KEY": "k" for name in keyed}
    role, complexity = data.draw(st.sampled_from(ROLES)), data.draw(st.sampled_from(COMPLEXITIES))
    identities = [f"{row['name']}/{model['name']}" for row in rows for model in row["models"]]
    outcomes: dict[str, ModelError | None] = {}
    for identity in identities:
        error = data.draw(_OUTCOMES, label=identity)
        outcomes[identity] = error and error(f"the cause at {identity}")
    down = [ModelChoice(*each.split("/")) for each in identities if data.draw(st.booleans())]
    fallback, max_attempts = data.draw(st.booleans()), data.draw(st.integers(1, 4))
    able = _may_be_asked(rows, keys, role, complexity)
    asked = Asked(outcomes)
    router = router_over(rows, keys=keys, demo_mode="disabled", down=down, ask=asked)
    call = router.complete(role, complexity, "do", fallback=fallback, max_attempts=max_attempts)
    error = None
    try:
        answer = asyncio.run(asyncio.wait_for(call, 5))
    except (InputError, ModelError) as raised:
        error = raised
    else:
        assert outcomes[f"{answer.provider}/{answer.model}"] is None
    tried = [choice.identity for choice in asked.choices]
    bound = min(len(able), max_attempts if fallback else 1)
    assert len(tried) == len(set(tried)) <= bound
    assert set(tried) <= able
    enabled = {row.name for row in catalogue_of(rows) if row.enabled}
    assert all(choice.provider in enabled for choice in asked.choices)
    failed = [outcomes[identity] for identity in tried if outcomes[identity] is not None]
    if isinstance(error, InputError):
        assert not able
        assert not tried
    elif isinstance(error, RequestRefusedError):
        assert error is failed[-1]
    elif error is not None:
        assert isinstance(error, ProviderFailedError)
        assert len(tried) == bound
        assert all(str(cause) in str(error) for cause in failed)
        assert all(type(cause).__name__ in str(error) for cause in failed)


@given(_rows(), st.sampled_from(ROLES), st.sampled_from(COMPLEXITIES))
def test_a_route_is_a_function_of_what_is_known(
    rows: list[dict[str, Any]], role: str, complexity: str
) -> None:
    able = _may_be_asked(rows, {row["key_variable"]: "k" for row in rows}, role, complexity)
    try:
        first = router_over(rows, demo_mode="disabled").route(role, complexity, "do")
    except (ConfigurationError, InputError):
        assert not able
        return
    second = router_over(rows[::-1], demo_mode="disabled").route(role, complexity, "do")
    assert first.choices == second.choices
    assert {choice.identity for choice in first.choices} == able
    models = sum(len(row["models"]) for row in rows if row["enabled"])
    switched_off = sum(not row["enabled"] for row in rows)
    assert len(first.reasons) == models + switched_off + 1  # and the demo model's
