"""Where keys may be, as the settings say, with and without a Prefect server."""

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from core.settings import Settings
from providers.llm.catalogue import load_catalogue, read_catalogue_rows
from providers.secrets.environment import EnvironmentSecrets
from tasks.engine.secret_sources import UncheckedBlocks, blocks_come_later, secret_chain

URL = "http://127.0.0.1:9/api"


@pytest.mark.parametrize(
    ("sources", "url", "later"),
    [
        (("environment", "prefect"), None, True),
        (("environment", "prefect"), URL, False),
        (("environment", "aws"), None, False),
    ],
)
def test_blocks_come_later_where_a_build_starts_their_server(
    sources: tuple[str, ...], url: str | None, later: bool
) -> None:
    settings = Settings.model_validate({"secret_sources": sources})
    with temporary_settings({PREFECT_API_URL: url}):
        assert blocks_come_later(settings) is later


def test_a_key_that_is_at_hand_is_not_taken_for_unchecked() -> None:
    settings = Settings(secret_sources=("environment", "prefect"))
    environment = EnvironmentSecrets({"OPENAI_API_KEY": "k"})
    catalogue = load_catalogue(read_catalogue_rows(), environment.get)
    chain = secret_chain(settings, catalogue, environment, UncheckedBlocks())
    assert chain.get("OPENAI_API_KEY") == "k"
    assert chain.get("DEEPSEEK_API_KEY") == "DEEPSEEK_API_KEY is not looked up"
    assert "a Prefect secret block for DEEPSEEK_API_KEY" in chain.places("DEEPSEEK_API_KEY")
