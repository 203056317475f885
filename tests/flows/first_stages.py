"""The first stages of a build as a flow of its name, for what people are asked there."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow
from prefect.client.orchestration import PrefectClient
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.client.schemas.responses import SetStateStatus
from prefect.flow_engine import run_flow_async
from prefect.input.actions import aread_flow_run_input

from core.artifacts.build_record import BuildRecord, BuildStatus
from core.artifacts.questionnaire import Entity, EntityField, Questionnaire
from core.options import BuildOptions
from flows.asking import run_and_ask
from tasks.engine.open_build import open_build

NOTES = Questionnaire(
    project_name="Notes",
    summary="Keeps short notes.",
    users=("Anybody",),
    entities=(Entity(name="Note", fields=(EntityField(name="title", required=True),)),),
)
"""Nothing of it is unclear to the demo model."""


@flow(name="build-app")
async def first_stages(
    questionnaire: Questionnaire, options: BuildOptions, last: str
) -> BuildRecord:
    """All stages up to one, as `build-app` runs them."""
    async with open_build(questionnaire, options) as session:
        for stage in session.table.stages[: session.table.position(last) + 1]:
            await run_and_ask(session, stage)
    return session.recorder.record


async def waiting_run(client: PrefectClient, home: Path) -> FlowRun:
    """The run that waits for a person."""
    for _ in range(1_200):
        written = list((home / "store" / "project").glob("*/build.json"))
        if written and (record := record_of(home)).status is BuildStatus.WAITING:
            run = await client.read_flow_run(UUID(record.flow_run_id))
            if await _is_asked(run):
                return run
        await asyncio.sleep(0.05)
    raise AssertionError("no run waits for a decision")


async def _is_asked(run: FlowRun) -> bool:
    """Whether the form is there, which Prefect keeps only after the run is paused."""
    if run.state is None or run.state.type is not StateType.PAUSED:
        return False
    keyset = run.state.state_details.run_input_keyset
    return keyset is not None and await aread_flow_run_input(keyset["schema"], run.id) is not None


def record_of(home: Path) -> BuildRecord:
    """The record of the only build."""
    (path,) = (home / "store" / "project").glob("*/build.json")
    return BuildRecord.model_validate_json(path.read_text())


async def deployed_run(client: PrefectClient, parameters: dict[str, Any]) -> FlowRun:
    """A run of a deployment of these stages."""
    flow_id = await client.create_flow(first_stages)
    deployment = await client.create_deployment(flow_id=flow_id, name="first-stages")
    return await client.create_flow_run_from_deployment(
        deployment,
        parameters={
            name: value.model_dump(mode="json") if hasattr(value, "model_dump") else value
            for name, value in parameters.items()
        },
    )


async def worked_on(client: PrefectClient, run: FlowRun, parameters: dict[str, Any]) -> State[Any]:
    """What a worker does with a run, in this process; `Pause` is raised where it is suspended."""
    state = await run_flow_async(
        first_stages,
        flow_run=await client.read_flow_run(run.id),
        parameters=parameters,
        return_type="state",
    )
    assert isinstance(state, State)
    return state


async def answer_waiting(client: PrefectClient, home: Path, answer: dict[str, Any]) -> None:
    """Answer what the build asks, and wait until it goes on."""
    run = await waiting_run(client, home)
    assert run.state is not None
    result = await client.resume_flow_run(run.id, run_input=answer)
    assert result.status is SetStateStatus.ACCEPT, result.details
    for _ in range(1_200):
        if record_of(home).status is not BuildStatus.WAITING:
            return
        await asyncio.sleep(0.05)
    raise AssertionError("the build does not go on")
