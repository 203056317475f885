import json
from typing import Any
from uuid import uuid4

import pytest
from prefect.server.schemas.actions import FlowRunCreate

from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError, InputError
from core.options import MAX_PARAMETERS, BuildOptions
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
    operator = {"3": "local/a", "4": "local/b"}
    local = EnvironmentSecrets({"LOCAL_LLM_BASE_URL": "http://models.test/v1"})
    options = BuildOptions(models={"3": "local/c"})
    prepared = prepare(options, operator_models=operator, secrets=local, demo_mode="forced")
    assert prepared.table["3"].models[0].model == "c"
    assert prepared.table["4"].models[0].model == "b"
    operator = {"3": "demo/demo"}
    assert prepared.build_id != prepare(operator_models=operator).build_id
    assert prepare(operator_models=operator).build_id == prepare().build_id


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (BuildOptions(from_stage="42"), "there is no stage '42'"),
        (BuildOptions(models={"3": "nobody/m"}), "unknown provider 'nobody'"),
        (
            BuildOptions(models={"3": "deepseek/deepsek-v33"}),
            r"models: 'deepseek/deepsek-v33' for '3': .*did you mean 'deepseek-v3'\?",
        ),
        (BuildOptions(models={"all": "demo/other"}), "demo has no model 'other'"),
        (
            BuildOptions(models={"2": "github-models/meta-llama-4-scout-17b-16e-instruct"}),
            "choose --model 2=huggingface/meta-llama-4-scout-17b-16e-instruct",
        ),
        (
            BuildOptions(use={"report/tests.json": "{}"}),
            r"use: 'report/tests\.json' cannot be replaced; these can: .*docs\.md",
        ),
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


def test_what_prefect_would_refuse_for_its_size_is_refused_in_words_that_help() -> None:
    edits = {"docs/docs.md": "é" * 100_000, "specs/schema.json": "{}"}
    with pytest.raises(InputError) as refused:
        prepare(BuildOptions(use=edits))
    said = str(refused.value)
    assert "at most 524,288; shorten the largest part, use: 'docs/docs.md' with 600,002" in said


def test_the_size_is_measured_as_prefect_does() -> None:
    def parameters(length: int) -> dict[str, Any]:
        options = BuildOptions(use={"docs/docs.md": "\n" + "x" * length})
        return {
            "questionnaire": ANSWERS.model_dump(mode="json"),
            "options": options.model_dump(mode="json"),
        }

    rest = len(json.dumps(parameters(0), separators=(",", ":")))
    fitting = MAX_PARAMETERS - rest
    FlowRunCreate.model_validate({"flow_id": uuid4(), "parameters": parameters(fitting)})
    prepare(BuildOptions.model_validate(parameters(fitting)["options"]))
    with pytest.raises(ValueError, match="must be less than 524,288 bytes"):
        FlowRunCreate.model_validate({"flow_id": uuid4(), "parameters": parameters(fitting + 1)})
    with pytest.raises(InputError, match=r"make 524,289 bytes"):
        prepare(BuildOptions.model_validate(parameters(fitting + 1)["options"]))
