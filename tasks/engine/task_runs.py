"""Awaits task runs of Prefect, each behind those whose work it reads."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from prefect import Task
from prefect.client.schemas.objects import RunInput, State, TaskRunResult
from prefect.task_engine import run_task_async


async def awaited_run(
    task: Task[..., Any], parameters: dict[str, Any], after: Iterable[UUID]
) -> State[Any]:
    """Await a run of a task, for which the UI shows edges from the runs that it follows.

    They are named, and not given as states to wait for, because they have ended: of each state
    Prefect would fetch the result anew, in another thread, while the event loop stands still. For
    a file that follows five runs that took as long as its gate.

    Args:
        task: an asynchronous one.
        parameters: its arguments by name, at least one.
        after: ids of the runs that it follows.

    Returns:
        How it ended.
    """
    follows = set(map(_followed, after))
    # Prefect adds dependencies to those that it finds in a parameter, and so asks for its name.
    return await run_task_async(  # pyright: ignore[reportReturnType] -- a state is asked for
        task,
        parameters=parameters,
        return_type="state",
        dependencies={next(iter(parameters)): follows},
    )


def _followed(run: UUID) -> RunInput:
    return TaskRunResult(id=run)


def id_of_run(state: State[Any]) -> UUID:
    """Id of the task run that a state belongs to.

    Raises:
        ValueError: it belongs to none.
    """
    run = state.state_details.task_run_id
    if run is None:
        raise ValueError(f"{state!r} is no state of a task run")
    return run
