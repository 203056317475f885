"""Opens a build: everything it works with, in one place, closed again at its end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from prefect.context import FlowRunContext
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from core.artifacts.build_outcome import BuildOutcome, OutcomeStatus, clipped
from core.artifacts.build_record import BuildRecord
from core.artifacts.questionnaire import Questionnaire
from core.errors import AppBuilderError, ArtifactNotFoundError
from core.layout import BUILD_RECORD, build_prefix
from core.options import AUTO_BASELINE, BuildOptions
from core.release import release
from core.settings import Settings, load_settings, make_home
from core.stages import AUTO
from providers.llm.asker import Asker
from providers.llm.breakers import Breakers
from providers.sandbox.choice import choose_sandbox
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tasks.engine.baseline import (
    note_beginning,
    open_baseline,
    resolved_baseline,
)
from tasks.engine.budget_watch import BudgetWatch, budgets_watched
from tasks.engine.build_events import publish_outcome
from tasks.engine.build_lock import build_held
from tasks.engine.build_recorder import BuildRecorder, utc_now
from tasks.engine.build_session import BuildSession
from tasks.engine.closing import closing
from tasks.engine.dead_runs import mark_dead_runs
from tasks.engine.listening import current_listener
from tasks.engine.model_access import model_access
from tasks.engine.model_choices import read_history, save_choices
from tasks.engine.observed import ObservedBuild, observed_build
from tasks.engine.operator_models import operator_models
from tasks.engine.plan import make_plan
from tasks.engine.plan_page import show_plan
from tasks.engine.preparation import PreparedBuild, identity_of, prepare_build
from tasks.engine.publishers import open_publisher
from tasks.engine.raised_limit import with_raised_limit
from tasks.engine.redo import begin_redo, load_redo, save_redo
from tasks.engine.result_storage import saved_result_storage
from tasks.engine.secret_sources import environment_secrets


@dataclass
class _Opening:
    """A build on its way to being begun.

    Attributes:
        questionnaire: the person's answers.
        given: how to build, as it was asked for.
        options: the same with the baseline that was found; it is part of who the build is.
        begun: whether it is.
    """

    questionnaire: Questionnaire
    given: BuildOptions
    options: BuildOptions
    begun: bool = False


@asynccontextmanager
async def open_build(
    questionnaire: Questionnaire, options: BuildOptions
) -> AsyncGenerator[BuildSession]:
    """Check what a build is given, then open it; on the way out write down and tell how it ended.

    Raises:
        InputError: refused before anything is spent or written.
        BuildBusyError: another process is already running this build.
    """
    opening = _Opening(questionnaire, options, options)
    try:
        async with observed_build(options) as observed, _opened(opening, observed) as session:
            opening.begun = True
            yield session
    except Exception as error:
        if not opening.begun:
            await _tell_refusal(opening, error)
        raise


async def _tell_refusal(opening: _Opening, error: Exception) -> None:
    """Whoever waits for the build hears that it was not begun; its record stays as it is."""
    project_id, build_id = identity_of(opening.questionnaire, opening.options)
    known = isinstance(error, AppBuilderError)
    outcome = BuildOutcome(
        build_id=build_id,
        project_id=project_id,
        project_name=opening.questionnaire.project_name,
        status=OutcomeStatus.REFUSED,
        error=clipped(str(error) if known else f"{type(error).__name__}: {error}"),
        flow_run_id=str(flow_run.id or ""),
        finished_at=utc_now(),
    )
    try:
        await publish_outcome(outcome)
    except Exception:  # what led here is to be seen, and not this
        get_run_logger().exception("Nobody could be told that the build was refused")


@asynccontextmanager
async def _opened(opening: _Opening, observed: ObservedBuild) -> AsyncGenerator[BuildSession]:
    settings = load_settings()
    make_home(settings)
    store = ArtifactStore(settings.store_url)
    ledger = UsageLedger(settings.ledger_database_url)
    try:
        breakers = Breakers(settings.breaker, ledger)
        async with _held(settings, opening, store, breakers) as prepared:
            observed.known_as(prepared.build_id, prepared.project_id)
            await mark_dead_runs(prepared.build_id, current=str(flow_run.id or ""))
            await save_choices(store, prepared.build_id, prepared.chosen)
            async with model_access(
                settings,
                prepared.options,
                catalogue=prepared.catalogue,
                secrets=prepared.secrets,
                store=store,
                ledger=ledger,
                breakers=breakers,
            ) as asker:
                session = await _session(settings, prepared, asker, store, ledger)
                # Before the record of an earlier run is written over: the plan reads it.
                await show_plan(await make_plan(settings, prepared, store))
                watch = BudgetWatch(
                    store, ledger, lambda: session.spending, session.recorder.record
                )
                async with budgets_watched(watch), closing(session, observed):
                    yield session
    finally:
        ledger.close()


@asynccontextmanager
async def _held(
    settings: Settings, opening: _Opening, store: ArtifactStore, breakers: Breakers
) -> AsyncGenerator[PreparedBuild]:
    """Hold a build whose beginning is noted.

    Which build it is depends on what it begins from. Where somebody published, or began a build of
    the same answers, after that was found, it is found again: so all of them begin from the same.
    """
    given = opening.given
    async with AsyncExitStack() as holding:
        while True:
            opening.options = await resolved_baseline(store, opening.questionnaire, given)
            prepared = await _prepared(
                settings, opening.questionnaire, opening.options, store, breakers
            )
            async with AsyncExitStack() as attempt:
                locks = settings.root / "locks"
                await attempt.enter_async_context(build_held(locks, store, prepared.build_id))
                noted = await note_beginning(store, opening.questionnaire, opening.options)
                if noted == opening.options.baseline or given.baseline != AUTO_BASELINE:
                    holding.push_async_exit(attempt.pop_all())
                    break
        yield prepared


async def _prepared(
    settings: Settings,
    questionnaire: Questionnaire,
    options: BuildOptions,
    store: ArtifactStore,
    breakers: Breakers,
) -> PreparedBuild:
    standing = await operator_models()
    history = None
    if AUTO in {*options.models.values(), *standing.values()}:
        _, build_id = identity_of(questionnaire, options)
        history = await read_history(settings, store, breakers, build_id)
    return await asyncio.to_thread(  # keys may be looked up over the network
        prepare_build,
        settings,
        questionnaire,
        options,
        environment_secrets(),
        standing,
        history,
    )


async def _session(
    settings: Settings,
    prepared: PreparedBuild,
    asker: Asker,
    store: ArtifactStore,
    ledger: UsageLedger,
) -> BuildSession:
    workspace = settings.root / "work" / prepared.build_id
    baseline = await open_baseline(store, prepared, workspace / "repository.git")
    earlier = await _earlier(store, prepared.build_id)
    record = BuildRecord(
        build_id=prepared.build_id,
        project_id=prepared.project_id,
        project_name=prepared.questionnaire.project_name,
        user=prepared.user,
        baseline=baseline.published.build_id if baseline else "",
        demo=prepared.demo,
        edited=tuple(prepared.options.use),
        release=earlier.release if earlier else release(),
        made_by=earlier.made_by if earlier else {},
        flow_run_id=str(flow_run.id or ""),
        started_at=_begun(),
    )
    redo = await load_redo(store, prepared.build_id)
    redo = begin_redo(redo, prepared.table, prepared.options.from_stage)
    await save_redo(store, prepared.build_id, redo)
    session = BuildSession(
        settings=settings,
        questionnaire=prepared.questionnaire,
        options=prepared.options,
        build_id=prepared.build_id,
        project_id=prepared.project_id,
        user=prepared.user,
        table=prepared.table,
        router=prepared.router,
        asker=asker,
        store=store,
        recorder=BuildRecorder(store, ledger, record, current_listener()),
        results=await saved_result_storage(store.address),
        sandbox=choose_sandbox(settings.sandbox_kind, settings.sandbox_image),
        publisher=open_publisher(settings, prepared.options, prepared.secrets),
        workspace=workspace,
        prepared=prepared,
        redo=redo,
        baseline=baseline,
    )
    session.spending = await with_raised_limit(store, prepared.build_id, settings.spending)
    return session


def _begun() -> str:
    """When the run began: one that waited for a person, or crashed, goes on as the same run."""
    context = FlowRunContext.get()
    run = context.flow_run if context is not None else None
    if run is None or run.state is None:
        return utc_now()
    # What is known here of a run that began just now has no start yet.
    first = run.start_time or run.state.timestamp
    return datetime.fromtimestamp(first.timestamp(), UTC).isoformat(timespec="seconds")


async def _earlier(store: ArtifactStore, build_id: str) -> BuildRecord | None:
    """The record of the run before, if there was one.

    Raises:
        StorageError: it cannot be read, as when a newer release wrote it: then nothing is begun.
    """
    try:
        return await store.read_artifact(build_prefix(build_id) + BUILD_RECORD, BuildRecord)
    except ArtifactNotFoundError:
        return None
