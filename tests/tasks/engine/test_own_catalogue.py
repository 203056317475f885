"""An operator's own catalogue file, as builds see it."""

from pathlib import Path

import pytest

from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError, InputError
from core.options import BuildOptions
from core.settings import Settings
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.preparation import PreparedBuild, load_table, prepare_build

ACME = """
[[providers]]
name = "acme"
protocol = "openai-compatible"
base_url = "https://models.acme.test/v1"
key_variable = "ACME_API_KEY"
[[providers.models]]
name = "large"
wire_id = "acme-large-2"
free = true
[[providers.models]]
name = "old"
wire_id = "acme-large-1"
enabled = false
"""
OFF = '[[providers]]\nname = "deepseek"\nenabled = false\n'
MODEL_OFF = """
[[providers]]
name = "huggingface"
[[providers.models]]
name = "Qwen2-7B-Instruct"
enabled = false
"""
KEYS = EnvironmentSecrets(
    {
        "ACME_API_KEY": "k",
        "DEEPSEEK_API_KEY": "k",
        "HUGGINGFACE_API_KEY": "k",
        "LOCAL_LLM_BASE_URL": "http://models.test/v1",
    }
)


def prepare(
    folder: Path, rows: str, models: dict[str, str], demo_mode: str = "auto"
) -> PreparedBuild:
    file = folder / "providers.toml"
    file.write_text(rows, encoding="utf-8")
    return prepare_build(
        Settings.model_validate({"user": "olga", "catalogue": file, "demo_mode": demo_mode}),
        Questionnaire(project_name="Task Tracker", summary="Keeps tasks."),
        BuildOptions(models=models),
        KEYS,
    )


def test_a_provider_of_ones_own_can_be_chosen(tmp_path: Path) -> None:
    prepared = prepare(tmp_path, ACME, {"all": "acme/large"})
    (choice, *_) = prepared.router.choices("3", "schema-generator")
    assert choice.identity == "acme/large"
    assert prepared.catalogue["acme"].model("large").wire_id == "acme-large-2"


def test_what_is_switched_off_is_refused_where_a_build_names_it(tmp_path: Path) -> None:
    said = r"models: 'acme/old' for '3': acme has the model 'old' switched off in the catalogue"
    with pytest.raises(InputError, match=said):
        prepare(tmp_path, ACME, {"all": "acme/large", "3": "acme/old"})
    said = "models: 'deepseek/deepseek-v3' for 'all': the provider 'deepseek' is switched off"
    with pytest.raises(InputError, match=said):
        prepare(tmp_path, OFF, {"all": "deepseek/deepseek-v3"})


def test_a_stage_of_the_table_is_refused_too_with_what_to_choose(tmp_path: Path) -> None:
    chosen: dict[str, str] = dict.fromkeys(("1", "1.5", "2", "3.5", "4", "5", "coder"), "local/m")
    with pytest.raises(ConfigurationError) as refused:
        prepare(tmp_path, OFF, chosen)
    said = str(refused.value)
    assert "stage 3 schema-generator asks deepseek/deepseek-v3: the provider 'deepseek' is" in said
    assert said.endswith("--model 3=PROVIDER/MODEL names another")


def test_the_demo_model_needs_none_of_them(tmp_path: Path) -> None:
    assert prepare(tmp_path, OFF, {}, demo_mode="forced").demo


def test_a_fallback_that_is_switched_off_is_left_out(tmp_path: Path) -> None:
    chosen = {"all": "local/m", "1": "huggingface/OpenHermes-2.5-Mistral-7B"}
    with_it = prepare(tmp_path, ACME, chosen).router.choices("1", "clarifier")
    without = prepare(tmp_path, MODEL_OFF, chosen).router.choices("1", "clarifier")
    assert [choice.model for choice in with_it] == [
        "OpenHermes-2.5-Mistral-7B",
        "Qwen2-7B-Instruct",
    ]
    assert without == with_it[:1]


UNPRICED = """
[[providers]]
name = "huggingface"
[[providers.models]]
name = "meta-llama-4-scout-17b-16e-instruct"
wire_id = "someone/unpriced"
"""


def test_a_fallback_whose_price_nobody_knows_is_refused(tmp_path: Path) -> None:
    chosen = {"all": "local/m", "2": "deepseek/deepseek-v3"}
    with pytest.raises(ConfigurationError) as refused:
        prepare(tmp_path, UNPRICED, chosen)
    said = str(refused.value)
    fallback = "huggingface/meta-llama-4-scout-17b-16e-instruct"
    assert said.startswith(f"stage 2 docs-creator falls back on {fallback}: it is not known what")
    assert said.endswith("; switched off in the catalogue, it is left out")
    assert prepare(tmp_path, UNPRICED + "enabled = false\n", chosen)


def test_a_wrong_file_is_refused_before_the_table_is_read(tmp_path: Path) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(ACME.replace("free = true", "free = 7"), encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load_table(EnvironmentSecrets({}), file)
    assert str(refused.value).startswith(f"catalogue {file}, row 'acme': models.'large'.free: ")
