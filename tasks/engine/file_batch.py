"""Files of a fan-out stage that share one task run, for products of very many files.

What a task run of its own gives each file otherwise is done here for each: its kept result, the
attempts that the stage's row allows it, and a row in a table that the UI shows with the task run.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.logging import get_run_logger
from prefect.states import aget_state_exception
from prefect.utilities.annotations import quote

from core.stages import Stage
from tasks.engine.build_session import BuildSession
from tasks.engine.kept_results import KeptResults
from tasks.engine.stage_call import StageCall, StageResult
from tasks.engine.stage_runner import failure_of, may_go_better, perform_stage
from tasks.engine.task_runs import awaited_run, id_of_run

Write = Callable[[], Awaitable[State[Any] | None]]
"""Writes the files of a batch; a state it returns is how its task run ends."""


@task(persist_result=False, cache_policy=NO_CACHE, cache_result_in_memory=False)
async def perform_batch(paths: Sequence[str], write: Write) -> State[Any] | None:
    """Write some files; each has its own attempts, so the task run has one."""
    get_run_logger().info("Files of this batch: %s", ", ".join(paths))
    return await write()


async def run_batch(
    session: BuildSession,
    stage: Stage,
    name: str,
    paths: Sequence[str],
    write: Write,
    after: Iterable[UUID],
) -> UUID | None:
    """Await the task run of a batch.

    Args:
        session: the build.
        stage: the row.
        name: of the task run, as people see it.
        paths: of the files, in the order of writing.
        write: writes them.
        after: ids of the task runs it follows, for the edges in the UI.

    Returns:
        Id of the task run; None if `write` ended it as cancelled.

    Raises:
        StageFailedError: of the first file that could not be written.
    """
    batch: Task[..., Any] = perform_batch.with_options(
        name=stage.label, task_run_name=name.replace("{", "{{").replace("}", "}}")
    )
    given = {"paths": quote(tuple(paths)), "write": quote(write)}
    state = await awaited_run(batch, given, after)
    run = id_of_run(state)
    session.recorder.listener.task_run_ended(str(run))
    if state.is_completed():
        return run
    if state.is_cancelled():
        return None
    raise await aget_state_exception(state)


async def perform_file(
    session: BuildSession, stage: Stage, call: StageCall, results: KeptResults
) -> StageResult:
    """One file of a batch: its kept result, or as many attempts as Prefect would make.

    Raises:
        StageFailedError: all attempts failed.
    """
    try:
        call = await session.call_as_kept(stage, call)
        key = call.result_key
        await session.used.note(stage, key)
        kept = await results.find(call, key)
        return await _attempts(stage, call, key, results) if kept is None else kept
    except Exception as error:
        raise failure_of(session, stage, call, error) from error


async def _attempts(stage: Stage, call: StageCall, key: str, results: KeptResults) -> StageResult:
    for delay in stage.retry_delays:
        try:
            return await _attempt(call, key, results)
        except Exception as error:
            if not may_go_better(error):
                raise
            get_run_logger().warning(
                "%s failed, and is tried again in %g s: %s", call.file, delay, error
            )
            await asyncio.sleep(delay)
    return await _attempt(call, key, results)


async def _attempt(call: StageCall, key: str, results: KeptResults) -> StageResult:
    result = await perform_stage.fn(call)
    await results.keep(key, result)
    return result
