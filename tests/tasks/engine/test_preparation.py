import pytest

from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError, InputError
from core.options import BuildOptions
from core.settings import Settings
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.preparation import PreparedBuild, load_table, prepare_build

ANSWERS = Questionnaire(project_name="Task Tracker", summary="Keeps tasks.")
NO_KEYS = EnvironmentSecrets({})


def prepare(
    options: BuildOptions | None = None,
    *,
    operator_models: dict[str, str] | None = None,
    secrets: EnvironmentSecrets = NO_KEYS,
    **settings: str,
) -> PreparedBuild:
    return prepare_build(
        Settings.model_validate({"user": "olga", **settings}),
        ANSWERS,
        options or BuildOptions(),
        secrets,
        operator_models,
    )


def test_a_build_is_named_after_its_project_and_its_input() -> None:
    prepared = prepare()
    assert prepared.project_id == "task-tracker"
    assert prepared.build_id.startswith("task-tracker-")
    assert prepared.user == "olga"
    assert prepare(BuildOptions(user="ivan")).user == "ivan"
    assert prepare(BuildOptions(user="ivan")).build_id == prepared.build_id
    assert prepare(BuildOptions(project_id="other")).build_id.startswith("other-")


def test_redoing_and_editing_go_on_with_the_same_build() -> None:
    options = BuildOptions(from_stage="3", use={"docs/docs.md": "# T"})
    assert prepare(options).build_id == prepare().build_id


def test_without_any_key_the_demo_model_answers() -> None:
    assert prepare().router.demo
    with pytest.raises(ConfigurationError, match="HUGGINGFACE_API_KEY"):
        prepare(demo_mode="disabled")


def test_the_builds_own_models_win_over_the_operators() -> None:
    operator = {"3": "demo/a", "4": "demo/b"}
    prepared = prepare(BuildOptions(models={"3": "demo/c"}), operator_models=operator)
    assert prepared.table["3"].models[0].model == "c"
    assert prepared.table["4"].models[0].model == "b"
    assert prepared.build_id != prepare(operator_models=operator).build_id
    assert prepare(operator_models=operator).build_id == prepare().build_id


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (BuildOptions(from_stage="42"), "there is no stage '42'"),
        (BuildOptions(models={"3": "nobody/m"}), "unknown provider 'nobody'"),
        (BuildOptions(use={"docs/docs.md": "  "}), "the text for 'docs/docs.md' is empty"),
        (BuildOptions(use={"specs/schema.json": "{"}), "'specs/schema.json' is not valid: "),
        (
            BuildOptions(use={"specs/specs_clean.json": '{"project_name": "a"}'}),
            "'specs/specs_clean.json' is not valid: slug: Field required",
        ),
    ],
)
def test_a_wrong_option_is_refused_before_anything_runs(options: BuildOptions, said: str) -> None:
    with pytest.raises(InputError, match=said):
        prepare(options)


def test_the_shipped_table_fits_the_shipped_catalogue_and_templates() -> None:
    assert load_table(NO_KEYS).position("8") == len(load_table(NO_KEYS).stages) - 1
