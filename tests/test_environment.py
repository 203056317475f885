import os
from pathlib import Path

import pytest

from tests.environment import OF_PROVIDERS, is_the_developers
from tests.flows.command import variables


@pytest.mark.parametrize(
    "name",
    ["GITHUB_MODELS_TOKEN", "OPENAI_API_KEY_FILE", "LOCAL_LLM_BASE_URL", "GEMINI_BASE_URL_FILE",
     "APP_BUILDER_HOME", "MODEL_ROUTER_DEMO_MODE"],
)  # fmt: skip
def test_what_leads_to_a_model_is_kept_from_the_tests(name: str) -> None:
    assert is_the_developers(name)


@pytest.mark.parametrize("name", ["PATH", "HOME", "GITHUB_TOKEN", "OPENAI"])
def test_what_does_not_stays(name: str) -> None:
    assert not is_the_developers(name)


def test_no_variable_of_a_provider_is_left_here() -> None:
    assert not OF_PROVIDERS & os.environ.keys()


def test_nor_in_the_environment_of_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in OF_PROVIDERS:
        monkeypatch.setenv(name, "the developer's")
    monkeypatch.setenv("APP_BUILDER_USER", "the developer's")
    assert "the developer's" not in variables(tmp_path).values()
