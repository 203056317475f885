"""Task runs behind others: the edges that the server is told, and the states they end in."""

import asyncio
from uuid import UUID

import pytest
from prefect import flow, task
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import TaskRunResult
from prefect.states import Completed

from tasks.engine.task_runs import awaited_run, id_of_run

pytestmark = pytest.mark.usefixtures("prefect_server")


@task(persist_result=False)
async def add(left: int, right: int) -> int:
    if right < 0:
        raise ValueError(right)
    return left + right


async def followed(run: UUID) -> set[UUID]:
    """Ids of the runs that a run follows, once the server has recorded it."""
    async with get_client() as client, asyncio.timeout(60):
        while True:
            found = await client.read_task_runs()
            inputs = [one.task_inputs for one in found if one.id == run and one.end_time]
            if inputs:
                named = (item for items in inputs[0].values() for item in items)
                return {item.id for item in named if isinstance(item, TaskRunResult)}
            await asyncio.sleep(0.2)


async def test_a_run_follows_those_that_it_names_and_no_others() -> None:
    @flow
    async def adding() -> tuple[UUID, UUID, UUID]:
        first = await awaited_run(add, {"left": 1, "right": 2}, ())
        other = await awaited_run(add, {"left": 1, "right": -2}, ())
        assert other.is_failed()
        # One that failed can be followed as well: who is told of it decides what it means.
        after = [id_of_run(first), id_of_run(other)]
        last = await awaited_run(add, {"left": 3, "right": 4}, after)
        assert await last.aresult() == 7
        return after[0], after[1], id_of_run(last)

    first, other, last = await adding()
    assert await followed(last) == {first, other}
    assert await followed(first) == set()


def test_a_state_of_no_task_run_has_no_id() -> None:
    with pytest.raises(ValueError, match="no state of a task run"):
        id_of_run(Completed())
