"""Which models the router takes for which work, and what it says about it."""

import pytest

from core.errors import ConfigurationError, InputError
from core.roles import COMPLEXITIES, ROLES
from core.settings import BreakerSettings, DemoMode
from providers.llm.breakers import Breakers
from providers.llm.catalogue import load_catalogue, read_catalogue_rows
from providers.llm.model_router import ModelRouter
from providers.llm.prices import PriceList
from providers.llm.stage_router import DEMO_CHOICE, ModelChoice
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.call_statistics import ModelRecord
from tests.providers.llm.routing_samples import model_row, provider_row, router_over


def names(choices: tuple[ModelChoice, ...]) -> list[str]:
    return [choice.identity for choice in choices]


def test_only_models_that_can_do_the_work_are_candidates() -> None:
    route = router_over(
        [
            provider_row(
                "one",
                model_row("able"),
                model_row("prose", roles=["writer"]),
                model_row("simple", complexity="medium"),
                model_row("off", enabled=False),
                model_row("short", context_tokens=9_000, max_output_tokens=8_192),
                model_row("unpriced", price=None),
            ),
            provider_row("two", model_row("m"), enabled=False),
            provider_row("three", model_row("m"), gone="it closed", instead="one/able"),
            provider_row("four", model_row("m"), key_variable="FOUR_KEY"),
        ],
        keys={"ONE_KEY": "k", "TWO_KEY": "k", "THREE_KEY": "k"},
    ).route("coder", "high", "x" * 5_000)
    assert names(route.choices) == ["one/able"]
    said = "\n".join(route.reasons)
    assert "one/prose: passed over: its roles have no 'coder'" in said
    assert "one/simple: passed over: it is good for work of complexity 'medium' at most" in said
    assert "one/off: passed over: it is switched off in the catalogue" in said
    assert "one/short: passed over: its context is 9,000 tokens; the prompt takes about" in said
    assert "one/unpriced: passed over: it is not known what one/unpriced costs" in said
    assert "two: passed over: it is switched off in the catalogue" in said
    assert "three: passed over: it closed" in said
    assert "four: passed over: FOUR_KEY is not set" in said
    assert "demo: passed over: it answers only where the demo mode says so" in said


def test_health_outweighs_priority_and_priority_outweighs_cost() -> None:
    rows = [
        provider_row("one", model_row("m"), priority=1),
        provider_row("two", model_row("plain", priority=2), model_row("best"), priority=2),
        provider_row("three", model_row("m", free=True), priority=3),
    ]
    rows[1]["models"][1]["priority"] = 1
    order = ["one/m", "two/best", "two/plain", "three/m"]
    assert names(router_over(rows).route("coder", "low", "hello").choices) == order
    ill = router_over(rows, down=[ModelChoice("one", "m")]).route("coder", "low", "hello")
    assert names(ill.choices) == [*order[1:], "one/m"]
    assert ill.reasons[3].endswith("behind three/m because of its breaker")
    assert "because of the model's priority" in ill.reasons[1]
    assert "because of the provider's priority" in ill.reasons[2]


def test_the_model_that_the_provider_names_for_the_role_comes_before_its_others() -> None:
    row = provider_row(
        "one", model_row("a", priority=1), model_row("b"), models_by_role={"coder": "b"}
    )
    router = router_over([row])
    assert names(router.route("coder", "low", "hello").choices) == ["one/b", "one/a"]
    route = router.route("writer", "low", "hello")
    assert names(route.choices) == ["one/a", "one/b"]


def test_among_equals_the_cheapest_answer_wins_failures_and_waiting_included() -> None:
    rows = [
        provider_row(
            "one",
            model_row("cheap"),
            model_row("quick", latency_seconds=1),
            model_row("flaky", latency_seconds=1, reliability=0.2),
        )
    ]
    route = router_over(rows).route("coder", "low", "hello")
    assert names(route.choices) == ["one/quick", "one/cheap", "one/flaky"]
    assert "what an answer is expected to cost" in route.reasons[1]
    slow = ModelRecord(
        provider="one", model="quick", calls=200, successes=200, median_seconds=300.0
    )
    router = router_over(rows, records=[slow])
    route = router.route("coder", "low", "hello")
    assert names(route.choices) == ["one/cheap", "one/quick", "one/flaky"]
    assert "200 calls observed" in "\n".join(route.reasons)


def test_between_equals_the_less_capable_and_then_the_name_decides() -> None:
    rows = [provider_row("one", model_row("b"), model_row("a"), model_row("c", complexity="low"))]
    route = router_over(rows).route("coder", "low", "hello")
    assert names(route.choices) == ["one/c", "one/a", "one/b"]
    assert "it can do more than is needed" in route.reasons[1]
    assert "its name, for they are alike" in route.reasons[2]


@pytest.mark.parametrize(
    ("role", "complexity", "prompt", "expected"),
    [
        ("poet", "low", "hello", "no role 'poet'; there are planner, writer, reviewer, coder"),
        ("coder", "extreme", "hello", "no complexity 'extreme'; there are low, medium, high"),
        ("coder", "low", "", "prompt for role 'coder' is empty"),
        ("coder", "low", " \n", "prompt for role 'coder' is empty"),
        ("coder", "low", "x" * 100_001, "has 100,001 characters, and 100,000 are the most"),
    ],
)
@pytest.mark.parametrize("demo_mode", ["auto", "forced"])
def test_refuses_wrong_input(
    demo_mode: DemoMode, role: str, complexity: str, prompt: str, expected: str
) -> None:
    router = router_over([provider_row("one", model_row("m"))], demo_mode=demo_mode)
    with pytest.raises(InputError, match=expected):
        router.route(role, complexity, prompt)


def test_the_longest_prompt_is_a_setting_and_includes_the_system_text() -> None:
    router = router_over([provider_row("one", model_row("m"))], longest_prompt=10)
    router.route("coder", "low", "x" * 6, system="y" * 4)
    with pytest.raises(InputError, match="APP_BUILDER_CALLS__PROMPT_CHARACTERS"):
        router.route("coder", "low", "x" * 6, system="y" * 5)


def test_refuses_a_prompt_that_is_too_long_for_every_model() -> None:
    short = model_row("m", context_tokens=10_000, max_output_tokens=8_192)
    with pytest.raises(InputError, match=r"too long for every model.*\n.*one/m") as caught:
        router_over([provider_row("one", short)]).route("coder", "low", "x" * 50_000)
    assert not isinstance(caught.value, ConfigurationError)


def test_says_what_is_missing_where_no_model_can_be_asked() -> None:
    rows = [provider_row("one", model_row("m")), provider_row("two", model_row("m"))]
    router = router_over(rows, keys={}, demo_mode="disabled")
    with pytest.raises(ConfigurationError) as caught:
        router.route("coder", "high", "hello")
    assert "ONE_KEY is not set" in str(caught.value)
    assert "TWO_KEY is not set" in str(caught.value)
    assert "MODEL_ROUTER_DEMO_MODE=forced" in str(caught.value)


@pytest.mark.parametrize(
    ("demo_mode", "keys", "demo"),
    [
        ("auto", {}, True),
        ("auto", {"ONE_KEY": "k"}, False),
        ("forced", {"ONE_KEY": "k"}, True),
        ("disabled", {"ONE_KEY": "k"}, False),
    ],
)
def test_the_demo_model_answers_on_the_terms_of_the_demo_mode(
    demo_mode: DemoMode, keys: dict[str, str], demo: bool
) -> None:
    router = router_over([provider_row("one", model_row("m"))], keys=keys, demo_mode=demo_mode)
    route = router.route("coder", "high", "hello")
    assert (route.choices == (DEMO_CHOICE,)) is demo
    if demo:
        assert f"MODEL_ROUTER_DEMO_MODE is {demo_mode}" in route.reasons[0]


def test_the_shipped_catalogue_has_a_model_for_every_work_with_the_keys_of_the_readme() -> None:
    secrets = EnvironmentSecrets({"DEEPSEEK_API_KEY": "k", "OPENROUTER_API_KEY": "k"})
    catalogue = load_catalogue(read_catalogue_rows(), secrets.get)
    router = ModelRouter(
        catalogue, secrets, "disabled", PriceList(catalogue), Breakers(BreakerSettings())
    )
    for role in ROLES:
        for complexity in COMPLEXITIES:
            route = router.route(role, complexity, "hello")
            providers = [choice.provider for choice in route.choices]
            assert set(providers) == {"deepseek", "openrouter"}
            assert providers == sorted(providers)  # by the priorities of their rows
