"""`auto` in place of a model: chosen once by the work of the template, then pinned."""

from collections.abc import Sequence
from typing import Any

import pytest

from core.errors import ConfigurationError, InputError
from core.stages import StageTable, load_stage_table, read_stage_rows
from providers.llm.auto_models import auto_choices, with_auto_choices
from providers.llm.catalogue import read_catalogue_rows
from providers.llm.stage_router import DEMO_CHOICE, ModelChoice, StageRouter
from providers.secrets.environment import EnvironmentSecrets
from tests.providers.llm.routing_samples import catalogue_of, model_row, provider_row, router_over

ONE = provider_row(
    "one", model_row("good"), model_row("also-good", priority=6), priority=1, key_variable="ONE_KEY"
)
TWO = provider_row("two", model_row("coder/large", roles=["coder"]), priority=2)


def table(overrides: dict[str, str]) -> StageTable:
    rows = read_stage_rows()
    templates = [use["template"] for row in rows for use in row.get("models", ())]
    providers = [row["name"] for row in read_catalogue_rows()]
    return load_stage_table(rows, providers=providers, templates=templates).with_models(
        overrides, providers
    )


def stage_router(rows: Sequence[dict[str, Any]], chosen: StageTable, key: str) -> StageRouter:
    shipped = [row for row in read_catalogue_rows() if row["name"] != "demo"]
    catalogue = catalogue_of([*shipped, *rows])
    secrets = EnvironmentSecrets({"ONE_KEY": "k", "TWO_KEY": "k"})
    return StageRouter(chosen, catalogue, secrets, "disabled", overridden=[key])


def test_the_work_of_the_template_decides_and_the_fallback_is_of_another_provider(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    overridden = table({"coder": "auto", "3": "auto"})
    choices = auto_choices(overridden, router_over([ONE, TWO]))
    assert choices == {
        "schema-generator": (ModelChoice("one", "good"),),
        "coder": (ModelChoice("one", "good"), ModelChoice("two", "coder/large")),
    }
    assert (
        "coder (coder, high) asks one/good, because:\n  1. one/good: breaker closed" in caplog.text
    )
    assert "two/coder/large: passed over: its roles have no 'planner'" in caplog.text


def test_the_choices_stand_in_the_table_and_the_stage_router_gives_them() -> None:
    overridden = table({"all": "auto", "4": "zukijourney/gpt-4o"})
    settled = with_auto_choices(overridden, auto_choices(overridden, router_over([ONE, TWO])))
    assert not any(use.is_auto for stage in settled.stages for use in stage.models)
    assert settled["4"].models[0].provider == "zukijourney"
    router = stage_router([ONE, TWO], settled, "all")
    router.check_keys(["1", "2", "3", "7"])
    assert router.choices("1", "clarifier") == (ModelChoice("one", "good"),)
    assert router.choices("7", "coder") == (
        ModelChoice("one", "good"),
        ModelChoice("two", "coder/large"),
    )


def test_what_was_chosen_before_is_kept_though_the_model_is_down_by_now() -> None:
    overridden = table({"coder": "auto", "3": "auto"})
    kept = {"coder": auto_choices(overridden, router_over([ONE, TWO]))["coder"]}
    now = router_over([ONE, TWO], down=[ModelChoice("one", "good")])
    again = auto_choices(overridden, now, kept)
    assert again["coder"] == kept["coder"]
    assert again["schema-generator"] == (ModelChoice("one", "also-good"),)
    assert auto_choices(overridden, now)["coder"] == (
        ModelChoice("one", "also-good"),
        ModelChoice("two", "coder/large"),
    )


def test_nothing_is_chosen_where_nobody_says_auto() -> None:
    plain = table({"3": "deepseek/deepseek-v3"})
    assert auto_choices(plain, router_over([], keys={})) == {}
    assert with_auto_choices(plain, {}).stages == plain.stages


def test_without_keys_the_demo_model_is_chosen() -> None:
    overridden = table({"all": "auto"})
    choices = auto_choices(overridden, router_over([ONE], keys={}))
    assert set(choices.values()) == {(DEMO_CHOICE,)}


def test_says_for_which_template_no_model_can_be_chosen() -> None:
    overridden = table({"7.5": "auto"})
    with pytest.raises(ConfigurationError, match="models: 'auto' for 'debugger': no model can be"):
        auto_choices(overridden, router_over([TWO], demo_mode="disabled"))


def test_a_model_named_auto_is_no_choice_of_the_router() -> None:
    assert not table({"3": "deepseek/auto"})["3"].models[0].is_auto
    with pytest.raises(InputError, match="or auto"):
        table({"3": "automatic"})
