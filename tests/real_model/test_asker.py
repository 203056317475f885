"""Typed answers of the real model by way of checkpoints and ledger, as the stages ask for them."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field

from providers.llm.asker import Asker, Question
from providers.llm.catalogue import load_catalogue, read_catalogue_rows
from providers.llm.checkpoints import AnswerCheckpoints
from providers.llm.pool import ProviderPool
from providers.llm.stage_router import ModelChoice
from providers.llm.structured import parse_json
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallMaxima, CallOutcome
from providers.storage.ledger import UsageLedger
from tests.providers.llm.callers import model_caller
from tests.real_model.model_process import RealModel


class Priority(BaseModel):
    """A small typed answer."""

    priority: Literal["must", "should", "could"]
    days: int = Field(ge=1, le=30)


QUESTION = Question(
    build_id="books-1",
    project_id="books",
    user="me",
    stage="1",
    template="clarifier",
    system="You plan a small application.",
    user_text="How important is a search, and how many days does it take?",
    answer_type=Priority,
    choices=(ModelChoice("local", "smollm2"),),
    limits=CallMaxima(per_stage=9, per_file=9, per_build=9),
    max_tokens=100,
)


def parse(text: str) -> Priority:
    return parse_json(text, Priority)


@asynccontextmanager
async def asking(model: RealModel, folder: Path) -> AsyncGenerator[tuple[Asker, UsageLedger]]:
    secrets = EnvironmentSecrets(
        {"LOCAL_LLM_BASE_URL": model.base_url, "LOCAL_LLM_API_KEY": model.key}
    )
    catalogue = load_catalogue(read_catalogue_rows(), secrets.get)
    store = ArtifactStore(f"file://{folder / 'store'}")
    ledger = UsageLedger(f"sqlite:///{folder / 'ledger.db'}")
    async with ProviderPool(catalogue, secrets) as pool:
        caller = model_caller(pool, ledger, catalogue)
        yield Asker(pool, AnswerCheckpoints(store), caller), ledger
    ledger.close()


async def test_an_answer_is_kept_and_never_asked_for_twice(
    model: RealModel, tmp_path: Path
) -> None:
    async with asking(model, tmp_path) as (asker, ledger):
        first = await asker.ask(QUESTION, parse)
        again = await asker.ask(QUESTION, parse)
        [call] = await ledger.calls("books-1")
    assert isinstance(first.value, Priority)
    assert again.value == first.value
    assert (first.calls_made, again.calls_made) == (1, 0)
    assert first.models == ("local/smollm2",)
    assert call.outcome is CallOutcome.ANSWERED
    assert (call.input_tokens, call.output_tokens) == (
        first.usage.input_tokens,
        first.usage.output_tokens,
    )
    assert call.output_tokens > 0


async def test_a_rejected_answer_is_asked_for_again_with_the_reason(
    model: RealModel, tmp_path: Path
) -> None:
    seen: list[Priority] = []

    def refuse_the_first(text: str) -> Priority:
        seen.append(parse(text))
        if len(seen) == 1:
            raise ValueError("$.days: be more careful")
        return seen[-1]

    async with asking(model, tmp_path) as (asker, ledger):
        answer = await asker.ask(QUESTION, refuse_the_first)
        calls = await ledger.calls("books-1")
    assert answer.value == seen[1]
    assert answer.calls_made == 2
    assert [call.outcome for call in calls] == [CallOutcome.ANSWERED] * 2
    assert calls[1].input_tokens > calls[0].input_tokens, "the second was told what was wrong"
