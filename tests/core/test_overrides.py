import pytest

from core.artifacts.questionnaire import Questionnaire
from core.errors import InputError
from core.options import BuildOptions
from core.settings import Settings
from core.stages import ALL, StageTable
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.preparation import PreparedBuild, load_table, prepare_build

PROVIDERS = ("deepseek", "local", "openai")
ANSWERS = Questionnaire(project_name="Task Tracker", summary="Keeps tasks.")
LOCAL = EnvironmentSecrets({"LOCAL_LLM_BASE_URL": "http://models.test/v1"})


def chosen(table: StageTable) -> dict[str, str]:
    return {
        use.template: f"{use.provider}/{use.model}"
        for stage in table.stages
        for use in stage.models
    }


def prepare(
    models: dict[str, str],
    operator_models: dict[str, str] | None = None,
    secrets: EnvironmentSecrets = LOCAL,
) -> PreparedBuild:
    return prepare_build(Settings(), ANSWERS, BuildOptions(models=models), secrets, operator_models)


@pytest.mark.parametrize("all_first", [True, False])
def test_all_is_every_template_that_is_not_named(all_first: bool) -> None:
    named = {"coder": "openai/gpt-x", "3": "deepseek/v"}
    overrides = {ALL: "local/x", **named} if all_first else {**named, ALL: "local/x"}
    models = chosen(load_table(EnvironmentSecrets({})).with_models(overrides, PROVIDERS))
    assert models.pop("coder") == "openai/gpt-x"
    assert models.pop("schema-generator") == "deepseek/v"
    assert set(models.values()) == {"local/x"}
    assert len(models) > 5


@pytest.mark.parametrize(
    ("value", "said"),
    [("nobody/x", "unknown provider 'nobody' for 'all'"), ("local", "must be provider/model")],
)
def test_a_wrong_model_for_all_is_refused(value: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        load_table(EnvironmentSecrets({})).with_models({ALL: value}, PROVIDERS)


def test_with_all_no_other_key_is_needed_and_no_demo_model_answers() -> None:
    prepared = prepare({ALL: "local/x"})
    assert not prepared.demo
    without = EnvironmentSecrets({})
    with pytest.raises(InputError, match="LOCAL_LLM_BASE_URL"):
        prepare({ALL: "local/x"}, secrets=without)


def test_all_of_the_build_wins_over_what_the_operator_names() -> None:
    models = chosen(
        prepare({ALL: "local/x"}, {"3": "deepseek/deepseek-v3", ALL: "openai/gpt-4o"}).table
    )
    assert set(models.values()) == {"local/x"}


def test_what_the_build_names_wins_over_all_of_the_operator() -> None:
    models = chosen(prepare({"coder": "local/x"}, {ALL: "local/y"}).table)
    assert models.pop("coder") == "local/x"
    assert set(models.values()) == {"local/y"}
