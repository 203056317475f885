"""Announces a build, and writes down and tells how it ended."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.exceptions import Pause
from prefect.logging import get_run_logger
from prefect.runtime import flow_run

from core.artifacts.build_outcome import BuildOutcome
from core.artifacts.build_record import BuildRecord, BuildStatus
from core.release import release
from tasks.engine import console
from tasks.engine.artifact_page import show_artifacts
from tasks.engine.baseline import tell_baseline
from tasks.engine.build_events import publish_outcome, tag_run
from tasks.engine.build_session import BuildSession, session_opened
from tasks.engine.observed import ObservedBuild
from tasks.engine.redo import save_redo
from tasks.engine.unbroken import STOPPING_SECONDS, first_failure_kept, unbroken

_ASK_SECONDS = 5.0
"""Longest wait for the server to say why a build was stopped."""


@asynccontextmanager
async def closing(session: BuildSession, observed: ObservedBuild) -> AsyncGenerator[None]:
    """Announce a build; on the way out write down how it ended, and show it."""
    with session_opened(session):
        await _announce(session)
        try:
            await publish_outcome(BuildOutcome.of(session.recorder.record))
            yield
        except Exception:
            await _end_anyway(session, BuildStatus.FAILED)
            raise
        except Pause:  # the run goes on elsewhere when a person has decided
            await _show(session)
            raise
        except BaseException:
            with first_failure_kept():
                await unbroken(_end_when_stopped(session), seconds=STOPPING_SECONDS)
            raise
        else:
            done = session.redo.model_copy(update={"unfinished": ""})
            await save_redo(session.store, session.build_id, done)
            await _end(session, _final_status(session.recorder.record))
            await _show(session)
        finally:
            observed.ended(session.recorder.record)


async def _announce(session: BuildSession) -> None:
    logger = get_run_logger()
    logger.info("Build %s of project %s", session.build_id, session.project_id)
    if session.recorder.record.demo:
        logger.warning("A demo model answers in this build, not a real one")
    begun_by = session.recorder.record.release
    if begun_by != release():
        logger.warning(
            "Begun by release %s, this is release %s: what was finished is kept, the rest is asked "
            "with the templates of this one",
            begun_by or "of unknown number",
            release(),
        )
    tell_baseline(session.baseline, session.recorder.record, logger)
    await tag_run(session.build_id, session.project_id)
    await session.recorder.update()


async def _end(session: BuildSession, status: BuildStatus) -> None:
    """Write down that the run is over, and tell whoever waits for it."""
    await session.recorder.finish(status)
    await publish_outcome(BuildOutcome.of(session.recorder.record))


async def _end_anyway(session: BuildSession, status: BuildStatus) -> None:
    """The same of a run that came to no good end, and show it; each also where another fails."""
    with first_failure_kept():
        await session.recorder.finish(status)
    with first_failure_kept():
        await publish_outcome(BuildOutcome.of(session.recorder.record))
    with first_failure_kept():
        await _show(session)


async def _show(session: BuildSession) -> None:
    await console.show_stages(session)
    await show_artifacts(session)


async def _end_when_stopped(session: BuildSession) -> None:
    await _end_anyway(session, await _status_when_stopped())


async def _status_when_stopped() -> BuildStatus:
    """Whether somebody cancelled the run, or its process was only told to end."""
    try:
        async with asyncio.timeout(_ASK_SECONDS), get_client() as client:
            state = (await client.read_flow_run(UUID(str(flow_run.id)))).state
    except Exception:  # a server that does not answer must not keep a build from ending
        get_run_logger().exception("The server does not say why the build was stopped")
        return BuildStatus.INTERRUPTED
    stopped = state is not None and (state.is_cancelling() or state.is_cancelled())
    return BuildStatus.CANCELLED if stopped else BuildStatus.INTERRUPTED


def _final_status(record: BuildRecord) -> BuildStatus:
    return BuildStatus.COMPLETED if record.test_status == "green" else BuildStatus.REVIEW
