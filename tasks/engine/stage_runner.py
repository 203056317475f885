"""Runs a stage as Prefect tasks: retries, timeout, cached result and names from its row."""

import pkgutil
from collections.abc import Awaitable, Callable, Iterable
from typing import Any
from uuid import UUID

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.states import aget_state_exception
from prefect.utilities.annotations import quote

from core.attempt_clock import AttemptClock
from core.errors import (
    AnswerError,
    AppBuilderError,
    ModelError,
    ProviderBusyError,
    RemoteFailedError,
    RequestRefusedError,
    StageFailedError,
    StorageError,
)
from core.stages import Stage
from tasks.engine.build_session import BuildSession, current_session
from tasks.engine.cache_policy import ContentAddressed
from tasks.engine.edit_checks import check_edits
from tasks.engine.stage_call import Outputs, StageCall, StageResult, as_text
from tasks.engine.stage_record import recorded
from tasks.engine.stage_work import StageWork
from tasks.engine.stages_to_run import is_replaced
from tasks.engine.task_runs import awaited_run, id_of_run

StageFunction = Callable[[StageWork], Awaitable[Outputs]]


def may_retry(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether Prefect is to make another attempt."""
    return may_go_better(state.data)


def may_go_better(error: object) -> bool:
    """Whether another attempt could go better: the same mistake, made again, could not.

    A provider that is busy has been waited for where it is asked, as long as is worth waiting.
    """
    if isinstance(error, (RequestRefusedError, ProviderBusyError)):
        return False
    return isinstance(error, (ModelError, StorageError, RemoteFailedError, TimeoutError))


@task(persist_result=True)
async def perform_stage(call: StageCall) -> StageResult:
    """One attempt at a stage, or at one file of a fan-out stage.

    Raises:
        InputError: a person's edit does not fit the artifacts before it.
    """
    session = current_session()
    session.attempts[call.name] += 1
    stage = session.table[call.stage]
    work = StageWork(session, call)
    check_edits(work)
    if is_replaced(stage, call.edits):
        return StageResult(outputs=call.edits)
    # Not Prefect's own timeout, which would count the time that a call waits for its turn.
    async with AttemptClock(stage.timeout_seconds):
        outputs = await _do(stage, work)
    texts = {path: as_text(value) for path, value in outputs.items()}
    return StageResult(outputs={**texts, **call.edits}, usage=work.usage, models=tuple(work.models))


async def _do(stage: Stage, work: StageWork) -> Outputs:
    """Call the stage's function; answers that led to an `AnswerError` are never used again.

    Each may have been accepted on its own, so that the same questions, asked again, would be
    given the same answers from what is kept, and fail in the same way for ever.
    """
    try:
        return await load_function(stage)(work)
    except AnswerError:
        await work.reject_answers()
        raise


def load_function(stage: Stage) -> StageFunction:
    """The function that does a stage's work, as its row names it."""
    return pkgutil.resolve_name(stage.task)


def stage_task(session: BuildSession, stage: Stage) -> Task[..., Any]:
    """The Prefect task of a stage, with the policy of its row; made once for a build.

    To make one, Prefect reads and digests its source, which takes as long as half a task run.
    """
    if stage.number not in session.tasks:
        session.tasks[stage.number] = perform_stage.with_options(
            name=stage.label,
            task_run_name=_run_name,  # pyright: ignore[reportArgumentType] -- Prefect calls it so
            retries=len(stage.retry_delays),
            retry_delay_seconds=list(stage.retry_delays),
            retry_condition_fn=may_retry,
            cache_policy=ContentAddressed() if stage.cached else NO_CACHE,
            persist_result=stage.cached,
            result_storage=session.results,
            result_serializer="json",
            cache_result_in_memory=False,
        )
    return session.tasks[stage.number]


def _run_name(parameters: dict[str, Any]) -> str:
    call: StageCall = parameters["call"]
    return call.name


async def run_call(
    session: BuildSession, stage: Stage, call: StageCall, after: Iterable[UUID]
) -> tuple[StageResult, UUID]:
    """Await one task run.

    Args:
        session: the build.
        stage: the row.
        call: what the task is given.
        after: ids of the task runs it follows, for the edges in the UI.

    Returns:
        The result, and the id of the task run.

    Raises:
        StageFailedError: all attempts failed.
    """
    call = await session.call_as_kept(stage, call)
    await session.used.note(stage, call.result_key)
    state = await awaited_run(stage_task(session, stage), {"call": quote(call)}, after)
    run = id_of_run(state)
    session.recorder.listener.task_run_ended(str(run))
    if not state.is_completed():
        error = await aget_state_exception(state)
        raise failure_of(session, stage, call, error)
    result = await state.aresult()
    if not isinstance(result, StageResult):
        raise StorageError(
            f"the kept result of {call.name!r} is a {type(result).__name__}, not a StageResult; "
            f"redo it with --from-stage {stage.number}"
        )
    return result, run


def failure_of(
    session: BuildSession, stage: Stage, call: StageCall, error: BaseException
) -> StageFailedError:
    """What the last attempt's error means for the build."""
    attempts = max(session.attempts[call.name], 1)
    if isinstance(error, TimeoutError):
        reason = f"no result within {stage.timeout_seconds:g} s"
    elif isinstance(error, AppBuilderError):
        reason = str(error)
    else:
        reason = f"{type(error).__name__}: {error}"
    if call.file:
        reason = f"{call.file}: {reason}"
    return StageFailedError(stage.number, attempts, reason, cause=type(error).__name__)


async def run_stage(
    session: BuildSession, stage: Stage, inputs: dict[str, str] | None = None
) -> None:
    """Run a stage that is one task, and write down what it wrote.

    Args:
        session: the build.
        stage: the row.
        inputs: what the task reads, when that is not simply the artifacts of the row.

    Raises:
        StageFailedError: the build is halted; nothing later runs.
    """
    async with recorded(session, stage) as done:
        call = session.call_for(stage, inputs=inputs)
        done.result, run = await run_call(session, stage, call, session.runs_before(stage))
        done.runs = (run,)
        done.attempts = session.attempts[call.name]
