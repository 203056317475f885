"""Writes down a stage's beginning and end: artifacts, build record, events, the UI."""

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from core.artifacts.build_record import StageRecord, StageStatus
from core.errors import AppBuilderError, StageFailedError
from core.layout import build_prefix
from core.stages import Stage
from tasks.engine import console
from tasks.engine.build_session import BuildSession, made_today
from tasks.engine.observed import observed_stage, result_told
from tasks.engine.stage_call import StageResult
from tasks.engine.unbroken import STAGE_STOPPING_SECONDS, first_failure_kept, unbroken


@dataclass
class StageDone:
    """Filled in by whoever runs the stage.

    Attributes:
        result: what the stage wrote and took.
        runs: ids of the task runs that nothing else of the stage follows.
        attempts: attempts made; 0 means that the result was kept from an earlier run.
        all_asked: set where no more calls follow, though there is more to do: the page that shows
            them is then made beside it.
    """

    result: StageResult = field(default_factory=StageResult)
    runs: tuple[UUID, ...] = ()
    attempts: int = 0
    all_asked: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def recorded(session: BuildSession, stage: Stage) -> AsyncGenerator[StageDone]:
    """Record the stage that runs inside.

    Artifacts are stored and everybody is told only after the stage ended well; a failure is
    written down and raised on.
    """
    with observed_stage(stage) as observed:
        async with _recorded(session, stage) as done:
            yield done
        result_told(observed, done.result.usage, done.attempts, done.result.models)


@asynccontextmanager
async def _recorded(session: BuildSession, stage: Stage) -> AsyncGenerator[StageDone]:
    started = time.monotonic()
    models = tuple(
        session.router.choices(stage.number, use.template)[0].identity
        for use in stage.models
        if use.asked
    )
    done = StageDone()
    # Made and sent beside the rest. Should it fail, the stage has ended well all the same.
    page = asyncio.create_task(_show_calls(session, stage, done))
    try:
        await session.recorder.stage_started(stage, models)
        yield done
        done.all_asked.set()
        await _keep_outputs(session, stage, done)
        await session.used.finish(stage)
    except Exception as error:
        page.cancel()
        failure = _as_failure(stage, done, error)
        with first_failure_kept():
            await session.recorder.stage_failed(
                stage,
                attempts=failure.attempts,
                error=failure.reason,
                seconds=round(time.monotonic() - started, 3),
                cause=failure.cause,
            )
        raise failure from error
    except BaseException:
        page.cancel()
        with first_failure_kept():
            interrupted = session.recorder.stage_interrupted(stage)
            await unbroken(interrupted, seconds=STAGE_STOPPING_SECONDS)
        raise
    if stage.cached:
        session.recorder.made(stage, session.kept_from.get(stage.number) or made_today(stage))
    await session.recorder.stage_completed(
        stage,
        StageRecord(
            status=StageStatus.COMPLETED,
            models=done.result.models,
            artifacts=_artifacts(stage, done.result),
            attempts=done.attempts,
            cached=not done.attempts,
            usage=done.result.usage,
            seconds=round(time.monotonic() - started, 3),
        ),
    )
    await console.show_stage(session, stage)
    await page


async def _show_calls(session: BuildSession, stage: Stage, done: StageDone) -> None:
    await done.all_asked.wait()
    await console.show_calls(session, stage)


def _as_failure(stage: Stage, done: StageDone, error: Exception) -> StageFailedError:
    """What went wrong around the task, such as storing its outputs, fails the stage as well."""
    if isinstance(error, StageFailedError):
        return error
    known = isinstance(error, AppBuilderError)
    reason = str(error) if known else f"{type(error).__name__}: {error}"
    return StageFailedError(stage.number, max(done.attempts, 1), reason)


async def _keep_outputs(session: BuildSession, stage: Stage, done: StageDone) -> None:
    """Store what the stage wrote; of a tree (a path that ends in a slash) its files."""
    prefix = build_prefix(session.build_id)
    await _remove_stale_files(session, stage, done)
    outputs = done.result.outputs
    writing = [
        session.store.write_text(prefix + path, text)
        for path, text in outputs.items()
        if not path.endswith("/")
    ]
    # Together, which a disk takes hardly longer for than for one, and none is left under way.
    for end in await asyncio.gather(*writing, return_exceptions=True):
        if end is not None:
            raise end
    for path in stage.writes:
        if path in outputs:
            session.artifacts[path] = outputs[path]
            session.runs[path] = done.runs


async def _remove_stale_files(session: BuildSession, stage: Stage, done: StageDone) -> None:
    """Remove files of a tree that an earlier run wrote and this one no longer has."""
    prefix = build_prefix(session.build_id)
    for tree in (path for path in stage.writes if path.endswith("/")):
        files = {prefix + path for path in done.result.outputs if path.startswith(tree)} - {
            prefix + tree
        }
        if files:  # stage 6 only commits the tree; its files are written by stage 7
            for stale in set(await session.store.list_keys(prefix + tree)) - files:
                await session.store.delete(stale)


def _artifacts(stage: Stage, result: StageResult) -> tuple[str, ...]:
    """What the record lists: a tree by its name, not file by file."""
    return tuple(path for path in result.outputs if path in stage.writes)
