import pytest

from core.errors import ConfigurationError
from core.stages import StageTable
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.preparation import load_table
from tasks.engine.stage_functions import require_stage_functions


def table(task: str) -> StageTable:
    stages = load_table(EnvironmentSecrets({})).stages
    return StageTable((stages[0], stages[1].model_copy(update={"task": task}), *stages[2:]))


def test_the_functions_of_the_shipped_table_are_there() -> None:
    require_stage_functions(table("tasks.clarifier:clarify"))


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("tasks.nope:f", "there is no module 'tasks.nope'"),
        ("nope.nope:f", "there is no module 'nope.nope'"),
        ("tasks.clarifier.nope:f", "there is no module 'tasks.clarifier.nope'"),
        (".:f", "there is no module '.'"),
        ("tasks..clarifier:clarify", "there is no module 'tasks..clarifier'"),
        ("sys:exit", "there is no module 'sys'"),
        ("tasks.clarifier:nope", "'tasks.clarifier' has no function `async def nope`"),
        ("core.identity:project_slug", "has no function `async def project_slug`"),
    ],
)
def test_a_function_that_is_not_there_is_refused_by_its_row(task: str, said: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        require_stage_functions(table(task))
    assert str(refused.value).startswith("stage table, row '1 clarifier': task: ")
    assert said in str(refused.value)
