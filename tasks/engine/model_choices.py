"""The models of a build: those named for it, and those the model router chooses where it may."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import Field

from core.artifacts.base import Part
from core.errors import ArtifactNotFoundError
from core.layout import CHOSEN_MODELS, build_prefix
from core.secrets import SecretSource
from core.settings import Settings
from core.stages import StageTable
from providers.llm.auto_models import auto_choices, with_auto_choices
from providers.llm.breakers import Breakers
from providers.llm.catalogue import Catalogue
from providers.llm.model_router import ModelRouter
from providers.llm.prices import PriceList
from providers.llm.stage_router import DEMO_CHOICE, ModelChoice
from providers.storage.artifact_store import ArtifactStore
from providers.storage.call_statistics import ModelRecord
from providers.storage.calls import ModelOutcomes
from providers.storage.ledger_database import LedgerDatabase
from providers.storage.ledger_queries import recent_outcomes
from providers.storage.ledger_statistics import LedgerStatistics

HISTORY_DAYS = 30
"""How far back calls tell how a model does."""

Choices = Mapping[str, tuple[ModelChoice, ...]]
"""From a template's name to its models: the first, and its fallback where there is one."""


class ChosenModels(Part):
    """`models.json`: what the model router chose for a build, as `provider/model`.

    A build keeps it, because its results and answers hang on the models.
    """

    choices: dict[str, tuple[str, ...]] = Field(default_factory=dict[str, tuple[str, ...]])


@dataclass(frozen=True)
class RoutingHistory:
    """What the model router knows besides the catalogue.

    Attributes:
        chosen: what it chose for this build before.
        records: how the models did lately.
        breakers: how they are now; `None` where nobody looked.
    """

    chosen: Choices = field(default_factory=dict[str, tuple[ModelChoice, ...]])
    records: Sequence[ModelRecord] = ()
    breakers: Breakers | None = None


def choose_models(
    settings: Settings,
    table: StageTable,
    catalogue: Catalogue,
    secrets: SecretSource,
    history: RoutingHistory,
) -> tuple[StageTable, Choices]:
    """Put models in the place of every `auto`.

    Returns:
        The table, and what was chosen; nothing where no stage leaves the choice to the router.

    Raises:
        InputError: no model can do the work of some template.
    """
    if not any(use.is_auto for stage in table.stages for use in stage.models):
        return table, {}
    router = ModelRouter(
        catalogue,
        secrets,
        settings.demo_mode,
        PriceList(catalogue),
        history.breakers or Breakers(settings.breaker),
        statistics=history.records,
        longest_prompt=settings.calls.prompt_characters,
    )
    # What the demo mode says holds now, whatever was chosen before: the demo model is never kept.
    kept: Choices = {} if router.demo else _without_demo(history.chosen)
    chosen = auto_choices(table, router, kept)
    return with_auto_choices(table, chosen), chosen


async def read_history(
    settings: Settings, store: ArtifactStore, breakers: Breakers, build_id: str
) -> RoutingHistory:
    """What there is to know when a build is opened.

    Raises:
        StorageError: store or ledger failed.
    """
    await breakers.refresh()
    database = LedgerDatabase(settings.ledger_database_url)
    try:
        since = datetime.now(UTC) - timedelta(days=HISTORY_DAYS)
        records = await LedgerStatistics(database).models(since)
    finally:
        database.close()
    return RoutingHistory(chosen=await _load(store, build_id), records=records, breakers=breakers)


async def peek_history(settings: Settings, store: ArtifactStore, build_id: str) -> RoutingHistory:
    """The same for a plan, which writes nothing and makes no ledger where there is none.

    Raises:
        StorageError: store or ledger failed.
    """
    database = LedgerDatabase(settings.ledger_database_url)
    try:
        if not await asyncio.to_thread(database.is_readable):
            return RoutingHistory(chosen=await _load(store, build_id))
        breakers = Breakers(settings.breaker, _Outcomes(database))
        return await read_history(settings, store, breakers, build_id)
    finally:
        database.close()


@dataclass(frozen=True)
class _Outcomes:
    """What a ledger that is only read knows of the models' health."""

    database: LedgerDatabase

    async def recent_outcomes(self, since: datetime) -> Sequence[ModelOutcomes]:
        return await asyncio.to_thread(recent_outcomes, self.database, since)


async def save_choices(store: ArtifactStore, build_id: str, choices: Choices) -> None:
    """Write down what was chosen for a build; one that names all its models has no such file.

    Where the demo model answers, what was written before stays.
    """
    kept = _without_demo(choices)
    if kept:
        told = {
            template: tuple(choice.identity for choice in models)
            for template, models in kept.items()
        }
        await store.write_artifact(
            build_prefix(build_id) + CHOSEN_MODELS, ChosenModels(choices=told)
        )


async def _load(store: ArtifactStore, build_id: str) -> Choices:
    try:
        kept = await store.read_artifact(build_prefix(build_id) + CHOSEN_MODELS, ChosenModels)
    except ArtifactNotFoundError:
        return {}
    return {
        template: tuple(_choice(identity) for identity in models)
        for template, models in kept.choices.items()
    }


def _without_demo(choices: Choices) -> Choices:
    return {template: models for template, models in choices.items() if DEMO_CHOICE not in models}


def _choice(identity: str) -> ModelChoice:
    provider, _, model = identity.partition("/")
    return ModelChoice(provider, model)
