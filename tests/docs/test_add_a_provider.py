"""`docs/add-a-provider.md`, followed word for word against a real server."""

import tomllib
from collections.abc import Generator
from decimal import Decimal
from io import StringIO
from pathlib import Path

import httpx
import pytest
from dotenv import dotenv_values

from core.artifacts.questionnaire import Questionnaire
from core.errors import InputError
from core.options import BuildOptions
from core.settings import load_settings
from providers.llm.catalogue import open_catalogue
from providers.llm.http_client import HttpClient
from providers.llm.pool import ProviderPool
from providers.llm.prices import PriceList
from providers.llm.prompt_size import check_prompt
from tasks.engine.preparation import PreparedBuild, prepare_build
from tasks.engine.secret_sources import environment_secrets
from tests.docs.pages import blocks, read
from tests.model_server import ModelServer, model_server
from tests.test_model_server import request as question

PAGE = "docs/add-a-provider.md"
BLOCKS = blocks(read(PAGE))
OWN, OVER = (text for language, text in BLOCKS if language == "toml")
(VARIABLES,) = (text for language, text in BLOCKS if language == "dotenv")
PORT = "127.0.0.1:8080"


class Overheard(httpx.AsyncHTTPTransport):
    """The real transport, with an ear for what is sent."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return await super().handle_async_request(request)


@pytest.fixture(scope="module")
def server() -> Generator[ModelServer]:
    with model_server() as running:
        yield running


@pytest.fixture
def followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ModelServer) -> Path:
    """A folder in which somebody did what the page says; only the port is a free one."""
    (tmp_path / "providers.toml").write_text(OWN, encoding="utf-8")
    host = server.url.removeprefix("http://")
    assert VARIABLES.count(PORT) == 1
    (tmp_path / ".env").write_text(VARIABLES.replace(PORT, host), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def prepare(*models: str) -> PreparedBuild:
    return prepare_build(
        load_settings(),
        Questionnaire(project_name="Tasks", summary="Keeps tasks."),
        BuildOptions(models=dict(model.split("=", 1) for model in models)),
        environment_secrets(),
    )


def chosen_on_the_page() -> str:
    (command,) = (line for line in read(PAGE).splitlines() if "app-builder build" in line)
    return command.partition("--model ")[2]


@pytest.mark.usefixtures("followed")
async def test_its_model_answers_for_real_with_all_that_the_row_says(server: ModelServer) -> None:
    prepared = prepare(chosen_on_the_page())
    (choice,) = prepared.router.choices("2", "docs-creator")
    overheard = Overheard()
    async with (
        HttpClient(transport=overheard) as client,
        ProviderPool(prepared.catalogue, prepared.secrets, client=client) as pool,
    ):
        model = pool.model(choice.provider, choice.model)
        asked = question().model_copy(update={"model": model.wire_id})
        check_prompt(asked.system, asked.messages, model=model, max_characters=9_999, room=8_192)
        answer = await pool.provider(choice.provider).complete(asked)
        assert await pool.provider(choice.provider).health_check()

    assert answer.provider == "lab"
    assert "Tasks" in answer.content
    assert server.calls()[-1].model == "lab-medium-2026"
    key = dotenv_values(stream=StringIO(VARIABLES))["LAB_KEY"]
    assert {one.headers["authorization"] for one in overheard.sent} == {f"Bearer {key}"}

    prices = PriceList(prepared.catalogue)
    cost = prices.cost(choice.provider, model, answer.input_tokens, answer.output_tokens)
    expected = answer.input_tokens * Decimal("0.4") + answer.output_tokens * Decimal("1.6")
    assert cost == expected / 1_000_000 > 0


@pytest.mark.usefixtures("followed")
def test_limits_roles_and_names_are_taken_from_the_row() -> None:
    row = prepare(chosen_on_the_page()).catalogue["lab"]
    assert (row.priority, row.requests_per_minute, row.tokens_per_minute) == (2, 120, 400_000)
    assert row.models_by_role == {"writer": "medium"}
    model = row.model("medium")
    assert model.suits("writer", "medium")
    assert not model.suits("writer", "high")
    assert not model.suits("coder", "low")
    assert model.requests_per_minute == 60
    assert f"`{row.key_block}`" in read(PAGE)


def test_a_row_of_a_known_name_changes_what_is_shipped(followed: Path) -> None:
    (followed / "providers.toml").write_text(OVER, encoding="utf-8")
    catalogue = open_catalogue(followed / "providers.toml", environment_secrets().get)
    said = {row["name"]: row for row in tomllib.loads(OVER)["providers"]}
    (limits,) = said["openai"]["models"]
    model = catalogue["openai"].model("gpt-4o")
    assert model.requests_per_minute == limits["requests_per_minute"]
    assert model.tokens_per_minute == limits["tokens_per_minute"]
    assert model.structured_output == "json_schema"
    with pytest.raises(InputError, match="'zukijourney' is switched off in the catalogue"):
        catalogue["zukijourney"].require_model("gpt-4o")
