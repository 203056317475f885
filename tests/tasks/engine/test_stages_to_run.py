"""Whose keys a run needs: those of the stages whose work it does."""

import pytest

from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError, InputError
from core.options import BuildOptions
from core.settings import Settings
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.preparation import load_table, prepare_build
from tasks.engine.stages_to_run import edits_of, is_replaced, stages_to_run

TABLE = load_table(EnvironmentSecrets({}))
ALL = tuple(stage.number for stage in TABLE.stages)
DEEPSEEK = EnvironmentSecrets({"DEEPSEEK_API_KEY": "k"})


def prepare(keys: EnvironmentSecrets, **options: object) -> None:
    prepare_build(
        Settings(demo_mode="disabled"),
        Questionnaire(project_name="Task Tracker", summary="Keeps tasks."),
        BuildOptions.model_validate(options),
        keys,
    )


def test_without_options_every_stage_runs() -> None:
    assert stages_to_run(TABLE, BuildOptions()) == ALL


def test_from_a_stage_on_those_before_it_do_not_run() -> None:
    later = stages_to_run(TABLE, BuildOptions(from_stage="7"))
    assert later == ALL[ALL.index("7") :]
    with pytest.raises(InputError, match="no stage '42'"):
        stages_to_run(TABLE, BuildOptions(from_stage="42"))


def test_a_stage_of_which_everything_is_replaced_does_not_run() -> None:
    use = {"docs/docs.md": "# T", "specs/specs_refined.json": "{}"}
    ran = stages_to_run(TABLE, BuildOptions(use=use))
    assert set(ALL) - set(ran) == {"2"}, "stage 1 writes its history too"
    both = {**use, "specs/clarification_history.json": "{}"}
    assert set(ALL) - set(stages_to_run(TABLE, BuildOptions(use=both))) == {"1", "2"}


def test_an_edit_is_of_the_stage_that_writes_first() -> None:
    use = {"docs/docs.md": "# T", "specs/schema.json": "{}"}
    assert edits_of(TABLE, TABLE["2"], use) == {"docs/docs.md": "# T"}
    assert edits_of(TABLE, TABLE["3"], use) == {"specs/schema.json": "{}"}
    assert not is_replaced(TABLE["3"], edits_of(TABLE, TABLE["3"], use))
    assert "3" in stages_to_run(TABLE, BuildOptions(use=use)), "it updates the documentation"


def test_a_fan_out_stage_is_never_replaced() -> None:
    assert not is_replaced(TABLE["7"], TABLE["7"].writes)


def test_keys_are_needed_from_the_stage_on_alone() -> None:
    models = {"prompt-builder": "deepseek/deepseek-v3", "coder": "deepseek/deepseek-v3"}
    prepare(DEEPSEEK, models=models, from_stage="7")
    with pytest.raises(ConfigurationError, match="HUGGINGFACE_API_KEY"):
        prepare(DEEPSEEK, models=models)
    with pytest.raises(ConfigurationError) as refused:
        prepare(DEEPSEEK, models=models, from_stage="5")
    assert "ZUKIJOURNEY_API_KEY (for stage 5 validator):" in str(refused.value)
    assert "HUGGINGFACE" not in str(refused.value)


def test_a_replaced_stage_needs_no_key() -> None:
    models = {"all": "deepseek/deepseek-v3", "2": "openai/gpt-4o"}
    with pytest.raises(ConfigurationError, match="OPENAI_API_KEY"):
        prepare(DEEPSEEK, models=models)
    prepare(DEEPSEEK, models=models, use={"docs/docs.md": "# T"})
