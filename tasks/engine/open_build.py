"""Opens a build: everything it works with, in one place, closed again at its end."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from prefect.logging import get_run_logger
from prefect.runtime import flow_run
from prefect.variables import Variable
from pydantic import TypeAdapter, ValidationError

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.questionnaire import Questionnaire
from core.errors import ConfigurationError
from core.options import BuildOptions
from core.settings import Settings, load_settings, make_home
from providers.llm.asker import Asker
from providers.llm.checkpoints import AnswerCheckpoints
from providers.llm.pool import ProviderPool
from providers.llm.shared_answers import SharedAnswers
from providers.sandbox.bubblewrap import BubblewrapSandbox
from providers.storage.artifact_store import ArtifactStore
from providers.storage.ledger import UsageLedger
from tasks.engine import console
from tasks.engine.build_lock import build_locked
from tasks.engine.build_recorder import BuildRecorder, utc_now
from tasks.engine.build_session import BuildSession, session_opened
from tasks.engine.dead_runs import mark_dead_runs
from tasks.engine.listening import current_listener
from tasks.engine.preparation import PreparedBuild, prepare_build
from tasks.engine.redo import begin_redo, load_redo, save_redo
from tasks.engine.result_storage import saved_result_storage
from tasks.engine.secret_sources import environment_secrets

MODELS_VARIABLE = "app_builder_models"
"""Prefect variable with the operator's models: a JSON object like the option `models`."""


@asynccontextmanager
async def open_build(
    questionnaire: Questionnaire, options: BuildOptions
) -> AsyncGenerator[BuildSession]:
    """Check what a build is given, then open it; on the way out write down how it ended.

    Raises:
        InputError: refused before anything is spent or written.
        BuildBusyError: another process is already running this build.
    """
    settings = load_settings()
    make_home(settings)
    prepared = await asyncio.to_thread(  # keys may be looked up over the network
        prepare_build,
        settings,
        questionnaire,
        options,
        environment_secrets(),
        await _operator_models(),
    )
    with build_locked(settings.root / "locks", prepared.build_id):
        await mark_dead_runs(prepared.build_id, current=str(flow_run.id or ""))
        ledger = UsageLedger(settings.ledger_database_url)
        try:
            async with ProviderPool(prepared.catalogue, prepared.secrets) as pool:
                session = await _session(settings, prepared, pool, ledger)
                with session_opened(session):
                    await _announce(session)
                    try:
                        yield session
                    except Exception:
                        await session.recorder.finish(BuildStatus.FAILED)
                        raise
                    except BaseException:
                        await session.recorder.finish(BuildStatus.INTERRUPTED)
                        raise
                    else:
                        done = session.redo.model_copy(update={"unfinished": ""})
                        await save_redo(session.store, session.build_id, done)
                        await session.recorder.finish(_final_status(session.recorder.record))
                    finally:
                        await console.show_stages(session)
        finally:
            ledger.close()


async def _operator_models() -> dict[str, str]:
    value: object = await Variable.aget(MODELS_VARIABLE, default=None)
    if value is None:
        return {}
    try:
        return TypeAdapter(dict[str, str]).validate_python(value)
    except ValidationError:
        raise ConfigurationError(
            f"the Prefect variable {MODELS_VARIABLE} holds {value!r}; it must be a JSON object "
            'such as {"3": "deepseek/deepseek-v3"}'
        ) from None


async def _session(
    settings: Settings, prepared: PreparedBuild, pool: ProviderPool, ledger: UsageLedger
) -> BuildSession:
    store = ArtifactStore(settings.store_url)
    record = BuildRecord(
        build_id=prepared.build_id,
        project_id=prepared.project_id,
        project_name=prepared.questionnaire.project_name,
        user=prepared.user,
        demo=prepared.demo,
        edited=tuple(prepared.options.use),
        flow_run_id=str(flow_run.id or ""),
        started_at=utc_now(),
    )
    redo = await load_redo(store, prepared.build_id)
    redo = begin_redo(redo, prepared.table, prepared.options.from_stage)
    await save_redo(store, prepared.build_id, redo)
    return BuildSession(
        settings=settings,
        questionnaire=prepared.questionnaire,
        options=prepared.options,
        build_id=prepared.build_id,
        project_id=prepared.project_id,
        user=prepared.user,
        table=prepared.table,
        router=prepared.router,
        asker=Asker(pool, _checkpoints(settings, prepared.options, store), ledger),
        store=store,
        recorder=BuildRecorder(store, ledger, record, current_listener()),
        results=await saved_result_storage(store.url),
        sandbox=BubblewrapSandbox(),
        workspace=settings.root / "work" / prepared.build_id,
        redo=redo,
    )


def _checkpoints(
    settings: Settings, options: BuildOptions, store: ArtifactStore
) -> AnswerCheckpoints:
    """Kept answers, and those of other builds if they may be used."""
    seconds = settings.response_cache_seconds if options.response_cache else 0
    return AnswerCheckpoints(store, SharedAnswers(store, seconds=seconds) if seconds else None)


async def _announce(session: BuildSession) -> None:
    logger = get_run_logger()
    logger.info("Build %s of project %s", session.build_id, session.project_id)
    if session.recorder.record.demo:
        logger.warning("A demo model answers in this build, not a real one")
    await session.recorder.update()


def _final_status(record: BuildRecord) -> BuildStatus:
    return BuildStatus.COMPLETED if record.test_status == "green" else BuildStatus.REVIEW
