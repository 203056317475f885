"""Models that nobody named: chosen when a build is opened first, and kept for its resumes."""

from decimal import Decimal
from pathlib import Path

import pytest

from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError, ProviderFailedError
from core.options import BuildOptions
from core.settings import Settings, SpendingLimits
from providers.llm.breakers import Breakers
from providers.llm.stage_router import DEMO_CHOICE, ModelChoice
from providers.secrets.environment import EnvironmentSecrets
from providers.storage.artifact_store import ArtifactStore
from providers.storage.calls import CallIdentity, CallMaxima
from providers.storage.ledger import UsageLedger
from tasks.engine.model_choices import RoutingHistory, read_history, save_choices
from tasks.engine.preparation import PreparedBuild, prepare_build

ANSWERS = Questionnaire(project_name="Task Tracker", summary="Keeps tasks.")
KEYS = EnvironmentSecrets({"OPENROUTER_API_KEY": "k-1234567", "OPENAI_API_KEY": "k-7654321"})
AUTO = BuildOptions(models={"all": "auto"})


def prepare(
    options: BuildOptions = AUTO,
    *,
    keys: EnvironmentSecrets = KEYS,
    history: RoutingHistory | None = None,
    demo_mode: str = "disabled",
) -> PreparedBuild:
    settings = Settings.model_validate({"user": "olga", "demo_mode": demo_mode})
    return prepare_build(settings, ANSWERS, options, keys, None, history)


def models_of(prepared: PreparedBuild) -> dict[str, tuple[ModelChoice, ...]]:
    return {
        use.template: prepared.router.choices(stage.number, use.template)
        for stage in prepared.table.stages
        for use in stage.models
    }


def test_every_stage_gets_a_model_whose_key_is_there() -> None:
    prepared = prepare()
    providers = {choice.provider for models in models_of(prepared).values() for choice in models}
    assert providers <= {"openrouter", "openai"}
    assert prepared.chosen.keys() == models_of(prepared).keys()
    assert prepare().chosen == prepared.chosen


def test_only_what_is_left_to_the_router_is_chosen_by_it() -> None:
    named = BuildOptions(models={"all": "openai/gpt-4o", "coder": "auto"})
    prepared = prepare(named)
    assert prepared.chosen.keys() == {"coder"}
    assert models_of(prepared)["normalizer"][0] == ModelChoice("openai", "gpt-4o")
    assert not prepare(BuildOptions(models={"all": "openai/gpt-4o"})).chosen


def test_without_any_key_the_error_says_what_is_missing() -> None:
    with pytest.raises(ConfigurationError, match="OPENROUTER_API_KEY"):
        prepare(keys=EnvironmentSecrets({}))


async def test_a_choice_is_kept_although_the_model_is_down_later(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    store = ArtifactStore(settings.store_url)
    breakers = Breakers(settings.breaker)
    first = prepare()
    await save_choices(store, first.build_id, first.chosen)
    chosen = first.chosen["coder"][0]
    for _ in range(settings.breaker.failures):
        breakers.failed(chosen, ProviderFailedError("it broke"))

    resumed = prepare(history=await read_history(settings, store, breakers, first.build_id))
    another = prepare(history=await read_history(settings, store, breakers, "another-build"))

    assert resumed.chosen == first.chosen
    assert another.chosen["coder"][0] != chosen


async def test_a_build_that_names_its_models_has_no_file_of_choices(tmp_path: Path) -> None:
    store = ArtifactStore(f"file://{tmp_path}")
    await save_choices(store, "b-1", {})
    assert not await store.list_keys("project/")


async def test_the_history_has_what_the_ledger_saw(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    ledger = UsageLedger(settings.ledger_database_url)
    call = CallIdentity(
        build_id="b", project_id="b", user="u", stage="3", provider="openai", model="gpt-4o"
    )
    number = await ledger.reserve(
        call,
        CallMaxima(per_stage=1, per_file=1, per_build=1),
        spending=SpendingLimits(),
        estimate_usd=Decimal(0),
        seconds=60,
    )
    await ledger.settle(number, outcome="answered", latency_seconds=3.0)
    breakers = Breakers(settings.breaker, ledger)

    history = await read_history(settings, ArtifactStore(settings.store_url), breakers, "b")

    (record,) = history.records
    assert (record.provider, record.model, record.successes) == ("openai", "gpt-4o", 1)
    assert record.median_seconds == pytest.approx(3.0)
    assert history.breakers is breakers
    assert breakers.reopens_at(ModelChoice("openai", "gpt-4o")) is None
    ledger.close()


async def test_the_demo_mode_holds_whatever_was_chosen_before(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    store = ArtifactStore(settings.store_url)
    breakers = Breakers(settings.breaker)
    demo = prepare(keys=EnvironmentSecrets({}), demo_mode="auto")
    assert demo.chosen["coder"] == (DEMO_CHOICE,)
    await save_choices(store, demo.build_id, demo.chosen)

    async def resumed(demo_mode: str) -> ModelChoice:
        history = await read_history(settings, store, breakers, demo.build_id)
        prepared = prepare(history=history, demo_mode=demo_mode)
        await save_choices(store, demo.build_id, prepared.chosen)
        return prepared.chosen["coder"][0]

    real = await resumed("auto")
    assert real != DEMO_CHOICE
    assert await resumed("forced") == DEMO_CHOICE
    assert await resumed("disabled") == real
