"""How a build reaches its models: keys in use stay out of records, others harm nobody."""

import gc
import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

from core.options import BuildOptions
from core.settings import Settings
from providers.llm.asker import Asker, Question
from providers.llm.breakers import Breakers
from providers.llm.catalogue import open_catalogue
from providers.llm.stage_router import ModelChoice
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallMaxima
from providers.storage.ledger import UsageLedger
from tasks.engine.model_access import model_access
from tasks.engine.secret_sources import secret_chain
from tests.providers.secrets.answering import answering


def answer(text: str) -> bytes:
    message = {"message": {"content": text}, "finish_reason": "stop"}
    return json.dumps({"choices": [message]}).encode()


@asynccontextmanager
async def opened(home: Path, variables: dict[str, str]) -> AsyncGenerator[Asker]:
    settings = Settings(home=home)
    environment = EnvironmentSecrets(variables)
    catalogue = open_catalogue(None, environment.get)
    ledger = UsageLedger(settings.ledger_database_url)
    try:
        async with model_access(
            settings,
            BuildOptions(),
            catalogue=catalogue,
            secrets=secret_chain(settings, catalogue, environment),
            store=ArtifactStore(settings.store_url),
            ledger=ledger,
            breakers=Breakers(settings.breaker, ledger),
        ) as asker:
            yield asker
    finally:
        ledger.close()


def question(text: str) -> Question:
    return Question(
        build_id="tasks-0123456789",
        project_id="tasks",
        user="olga",
        stage="3",
        template="schema-generator",
        system="",
        user_text=text,
        choices=(ModelChoice("deepseek", "deepseek-v3"),),
        limits=CallMaxima(per_stage=9, per_file=9, per_build=9),
    )


def records(home: Path) -> list[str]:
    return [page.read_text("utf-8") for page in sorted(home.rglob("report/calls/**/*.md"))]


async def test_a_key_that_nobody_uses_cannot_harm_a_build(home: Path) -> None:
    with answering(200, answer("A")) as url:
        variables = {
            "DEEPSEEK_API_KEY": "sk-in-use-0123456789",
            "DEEPSEEK_BASE_URL": url,
            "OPENAI_API_KEY": "sk-both",
            "OPENAI_API_KEY_FILE": "/are/set",
        }
        async with opened(home, variables) as asker:
            assert (await asker.ask(question("Q"), str)).value == "A"
    (page,) = records(home)
    assert "sk-in-use" not in page


async def test_no_key_that_was_in_use_is_in_a_record(home: Path) -> None:
    # Too short to be taken out of answers, so that only the record is redacted.
    first, second = "sk-old-9a1c", "sk-new-77e0"
    with answering(200, answer(f"I was shown {first} and {second}.")) as url:
        variables = {"DEEPSEEK_API_KEY": first, "DEEPSEEK_BASE_URL": url}
        async with opened(home, variables) as asker:
            await asker.ask(question("Q1"), str)
            variables["DEEPSEEK_API_KEY"] = second
            await asker.ask(question("Q2"), str)
    before, after = records(home)
    assert f"I was shown [key] and {second}." in before, "it was not in use yet"
    assert "I was shown [key] and [key]." in after


async def test_the_collector_passes_over_loaded_code_and_comes_less_often(home: Path) -> None:
    gc.unfreeze()
    before = gc.get_threshold()
    gc.set_threshold(700, 10, 10)  # as Python has it
    try:
        async with opened(home, {}):
            assert gc.get_freeze_count() > 100_000
            assert gc.isenabled()
            assert gc.get_threshold()[0] >= 10_000
        frozen = gc.get_freeze_count()
        async with opened(home, {}):
            # Once a process: what builds leave is collected. What was frozen can go all the same.
            assert gc.get_freeze_count() <= frozen
    finally:
        gc.set_threshold(*before)
