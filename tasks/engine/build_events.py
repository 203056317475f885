"""Tells other services how a build goes: by events, and by its outcome as a Prefect artifact."""

from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.client.schemas.actions import ArtifactCreate
from prefect.events import emit_event
from prefect.runtime import flow_run

from core.artifacts.base import Part
from core.artifacts.build_outcome import BuildOutcome, OutcomeStatus
from core.build_events import PREFIX, outcome_event

OUTCOME_TYPE = "build-outcome"
"""Type of the artifact that holds an outcome."""


def emit_of_build(
    event: str, payload: Part, *, build_id: str, project_id: str, project_name: str
) -> None:
    """Emit an event about a build.

    Args:
        event: its name, of `core.build_events`.
        payload: of the type that is listed there with the name.
        build_id, project_id, project_name: which build.
    """
    emit_event(
        event=event,
        resource={
            "prefect.resource.id": f"{PREFIX}{build_id}",
            "prefect.resource.name": project_name,
            f"{PREFIX}project-id": project_id,
        },
        payload=payload.model_dump(mode="json"),
    )


async def publish_outcome(outcome: BuildOutcome) -> None:
    """Tell how a build stands: an event, and a Prefect artifact, which can be asked for later.

    The artifact belongs to the flow run. Its key is `build-` and the build's id; that of a build
    that was refused begins with `refused-`, so that it does not hide how the build stands that is
    under way, or was built before.
    """
    emit_of_build(
        outcome_event(outcome.status),
        outcome,
        build_id=outcome.build_id,
        project_id=outcome.project_id,
        project_name=outcome.project_name,
    )
    key = "refused" if outcome.status is OutcomeStatus.REFUSED else "build"
    artifact = ArtifactCreate(
        type=OUTCOME_TYPE,
        key=f"{key}-{outcome.build_id}",
        description=f"How the build of {outcome.project_name} stands: {outcome.status}",
        data=outcome.model_dump(mode="json"),
        flow_run_id=UUID(outcome.flow_run_id) if outcome.flow_run_id else None,
    )
    # Not through Prefect's own class of artifacts, which would make one text of the data.
    async with get_client() as client:
        await client.create_artifact(artifact)


async def tag_run(build_id: str, project_id: str) -> None:
    """Tag the flow run with its build and its project, by which the UI and the API find it."""
    tags = {*flow_run.tags, f"build:{build_id}", f"project:{project_id}"}
    async with get_client() as client:
        await client.update_flow_run(UUID(flow_run.id), tags=tags)
