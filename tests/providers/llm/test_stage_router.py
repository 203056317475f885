"""Which models are asked, with which keys, on the terms of the demo mode."""

import pytest

from core.errors import ConfigurationError
from core.settings import DemoMode
from core.stages import StageTable, load_stage_table, read_stage_rows
from providers.llm.catalogue import load_catalogue, read_catalogue_rows
from providers.llm.stage_router import DEMO_CHOICE, ModelChoice, StageRouter
from providers.secrets.environment import EnvironmentSecrets

ALL = ("1", "1.5", "2", "3", "3.5", "4", "5", "7", "7.5")


def router(
    demo_mode: DemoMode = "auto", overrides: dict[str, str] | None = None, /, **variables: str
) -> StageRouter:
    secrets = EnvironmentSecrets(variables)
    catalogue = load_catalogue(read_catalogue_rows(), secrets.get)
    rows = read_stage_rows()
    templates = [use["template"] for row in rows for use in row.get("models", ())]
    table: StageTable = load_stage_table(rows, providers=catalogue.names, templates=templates)
    overrides = overrides or {}
    table = table.with_models(overrides, catalogue.names)
    return StageRouter(table, catalogue, secrets, demo_mode, overridden=overrides)


def test_without_any_key_the_demo_model_answers_everything() -> None:
    auto = router()
    assert auto.demo
    assert auto.choices("3", "schema-generator") == (DEMO_CHOICE,)
    assert DEMO_CHOICE.identity == str(DEMO_CHOICE) == "demo/demo"
    auto.check_keys(ALL)


def test_one_key_ends_the_demo() -> None:
    auto = router(DEEPSEEK_API_KEY="k")
    assert not auto.demo
    assert auto.choices("3", "schema-generator") == (ModelChoice("deepseek", "deepseek-v3"),)


def test_a_local_server_ends_the_demo_by_its_url_alone() -> None:
    assert not router(LOCAL_LLM_BASE_URL="http://127.0.0.1:8080/v1").demo
    assert router(LOCAL_LLM_API_KEY="k").demo


def test_forced_demo_ignores_keys() -> None:
    forced = router("forced", DEEPSEEK_API_KEY="k")
    assert forced.demo
    assert forced.choices("3", "schema-generator") == (DEMO_CHOICE,)


def test_a_fallback_is_asked_second_if_its_provider_has_a_key() -> None:
    both = router(DEEPSEEK_API_KEY="k", ZUKIJOURNEY_API_KEY="k")
    assert both.choices("7.5", "debugger") == (
        ModelChoice("deepseek", "deepseek-v3"),
        ModelChoice("zukijourney", "claude-3.5-haiku"),
    )
    one = router(DEEPSEEK_API_KEY="k")
    assert one.choices("7.5", "debugger") == (ModelChoice("deepseek", "deepseek-v3"),)


def test_a_fallback_like_the_first_model_is_not_asked_twice() -> None:
    same = router("auto", {"7.5": "zukijourney/claude-3.5-haiku"}, ZUKIJOURNEY_API_KEY="k")
    assert same.choices("7.5", "debugger") == (ModelChoice("zukijourney", "claude-3.5-haiku"),)


def test_lists_the_missing_keys_of_exactly_the_stages_that_run() -> None:
    disabled = router("disabled", DEEPSEEK_API_KEY="k")
    assert not disabled.demo
    disabled.check_keys(["0", "3", "6", "8"])
    with pytest.raises(ConfigurationError) as caught:
        disabled.check_keys(["3", "4", "5", "7"])
    message = str(caught.value)
    assert (
        "ZUKIJOURNEY_API_KEY (for stage 4 file-structure-generator, 5 validator, "
        "7 code-generation)" in message
    )
    assert "GEMINI_API_KEY (for stage 7 code-generation)" in message
    assert "DEEPSEEK" not in message
    assert "HUGGINGFACE" not in message
    assert "MODEL_ROUTER_DEMO_MODE=forced" in message


def test_keys_that_could_not_be_looked_up_are_not_called_missing() -> None:
    both = {"DEEPSEEK_API_KEY": "k", "DEEPSEEK_API_KEY_FILE": "/run/secrets/k"}
    with pytest.raises(ConfigurationError) as caught:
        router("disabled", **both).check_keys(["3", "4"])
    missing, unknown = str(caught.value).split("these could not be looked up, ")
    assert missing.startswith("these are not set, and the stages to run need them:\n  ZUKIJOURNEY")
    assert "DEEPSEEK" not in missing
    assert "DEEPSEEK_API_KEY (for stage 3 schema-generator): both DEEPSEEK_API_KEY and" in unknown
    assert "ZUKIJOURNEY" not in unknown
    with pytest.raises(ConfigurationError) as caught:
        router("disabled", **both).check_keys(["3"])
    assert str(caught.value).startswith("these could not be looked up, and the stages to run need")
    assert "not set" not in str(caught.value)


def test_a_provider_that_is_gone_is_refused_with_the_model_to_choose() -> None:
    keyed = router("disabled", GITHUB_MODELS_TOKEN="k", HUGGINGFACE_API_KEY="k")
    with pytest.raises(ConfigurationError) as caught:
        keyed.check_keys(["1", "2", "3"])
    message = str(caught.value)
    assert "stage 2 docs-creator asks github-models: GitHub shut GitHub Models down" in message
    assert "--model 2=huggingface/meta-llama-4-scout-17b-16e-instruct" in message
    assert "GITHUB_MODELS_BASE_URL" in message
    assert "GITHUB_MODELS_TOKEN" not in message, "a key would not help"
    assert "DEEPSEEK_API_KEY (for stage 3 schema-generator)" in message
    chosen = {"2": "huggingface/meta-llama-4-scout-17b-16e-instruct"}
    router("disabled", chosen, HUGGINGFACE_API_KEY="k").check_keys(["1", "2"])


def test_of_a_stage_with_several_models_the_template_is_named() -> None:
    gone = {"coder": "github-models/meta-llama-4-scout-17b-16e-instruct"}
    with pytest.raises(ConfigurationError, match="--model coder=huggingface/meta-llama-4"):
        router("disabled", gone, ZUKIJOURNEY_API_KEY="k").check_keys(["7"])


def test_a_key_for_a_provider_that_is_gone_does_not_end_the_demo() -> None:
    assert router(GITHUB_MODELS_TOKEN="k").demo


def test_a_server_of_ones_own_takes_the_place_of_a_provider_that_is_gone() -> None:
    own = router(
        GITHUB_MODELS_TOKEN="k",
        GITHUB_MODELS_BASE_URL="http://models.test/v1",
        HUGGINGFACE_API_KEY="k",
    )
    own.check_keys(["2"])
    assert own.choices("2", "docs-creator") == (
        ModelChoice("github-models", "meta-llama-4-scout-17b-16e-instruct"),
        ModelChoice("huggingface", "meta-llama-4-scout-17b-16e-instruct"),
    )


def test_a_local_model_needs_its_url() -> None:
    local = router("disabled", {"3": "local/any/model"})
    with pytest.raises(ConfigurationError, match=r"LOCAL_LLM_BASE_URL \(for stage 3 "):
        local.check_keys(["3"])


@pytest.mark.parametrize("demo_mode", ["auto", "forced"])
@pytest.mark.parametrize("key", ["3", "schema-generator"])
def test_a_model_chosen_by_name_is_never_replaced_by_the_demo(
    demo_mode: DemoMode, key: str
) -> None:
    chosen = router(demo_mode, {key: "openrouter/a/b"})
    assert chosen.demo
    assert chosen.choices("3", "schema-generator") == (ModelChoice("openrouter", "a/b"),)
    assert chosen.choices("4", "file-structure-generator") == (DEMO_CHOICE,)
    with pytest.raises(ConfigurationError, match="OPENROUTER_API_KEY"):
        chosen.check_keys(ALL)
    router("forced", {key: "openrouter/a/b"}, OPENROUTER_API_KEY="k").check_keys(ALL)


def test_the_demo_may_be_chosen_for_one_stage() -> None:
    one = router("disabled", {"3": "demo/demo"})
    one.check_keys(["3"])
    assert one.choices("3", "schema-generator") == (DEMO_CHOICE,)


def test_an_unknown_template_is_a_programming_error() -> None:
    with pytest.raises(KeyError, match="does not ask 'coder'"):
        router().choices("3", "coder")
