"""Marks runs of the command line that were killed: nobody else would notice."""

import socket
from uuid import UUID

from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.filters import (
    FlowRunFilter,
    FlowRunFilterId,
    FlowRunFilterState,
    FlowRunFilterStateType,
    FlowRunFilterTags,
    TaskRunFilter,
    TaskRunFilterState,
    TaskRunFilterStateType,
)
from prefect.client.schemas.objects import StateType
from prefect.states import Crashed

_UNDER_WAY = [StateType.PENDING, StateType.RUNNING]
_MESSAGE = "The process that ran it is gone; the build was started again."


def run_tags(build_id: str) -> tuple[str, ...]:
    """Tags of a flow run that the command line starts on this machine."""
    return ("command-line", f"build:{build_id}", f"host:{socket.gethostname()}")


async def mark_dead_runs(build_id: str, current: str) -> int:
    """Mark earlier runs of a build as `Crashed` that this machine's command line started.

    Call it while holding the build's lock: then none of them can still be alive.

    Args:
        build_id: the build.
        current: id of the flow run that holds the lock.

    Returns:
        Number of flow runs marked.
    """
    async with get_client() as client:
        dead = await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(
                tags=FlowRunFilterTags(all_=list(run_tags(build_id))),
                state=FlowRunFilterState(type=FlowRunFilterStateType(any_=_UNDER_WAY)),
            )
        )
        marked = 0
        for run in dead:
            if str(run.id) == current:
                continue
            await _mark_task_runs(client, run.id)
            await client.set_flow_run_state(run.id, Crashed(message=_MESSAGE), force=True)
            marked += 1
        return marked


async def _mark_task_runs(client: PrefectClient, flow_run_id: UUID) -> None:
    task_runs = await client.read_task_runs(
        flow_run_filter=FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id])),
        task_run_filter=TaskRunFilter(
            state=TaskRunFilterState(type=TaskRunFilterStateType(any_=_UNDER_WAY))
        ),
    )
    for task_run in task_runs:
        await client.set_task_run_state(task_run.id, Crashed(message=_MESSAGE), force=True)
