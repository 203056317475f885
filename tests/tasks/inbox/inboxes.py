"""An inbox in a store, and a deployment of its own whose runs can be counted."""

import json
from uuid import uuid4

from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterTags
from prefect.client.schemas.objects import FlowRun, State
from prefect.utilities.callables import parameter_schema

from core.artifacts.inbox import HandledFile, InboxLook
from core.options import BuildOptions
from flows.build_app import build_app
from providers.storage.artifact_store import ArtifactStore
from tasks.inbox.steps import handle, look


class Inbox:
    """The inbox, and the runs of one deployment.

    Args:
        url: of the artifact store.
        deployment: its own, so that tests do not see each other's runs.
    """

    def __init__(self, url: str, deployment: str) -> None:
        self.store = ArtifactStore(url)
        self.deployment = deployment
        self.found = InboxLook()

    async def drop(self, name: str, content: bytes | str) -> None:
        data = content.encode() if isinstance(content, str) else content
        await self.store.write_bytes(f"inbox/{name}", data)

    async def look(self) -> tuple[HandledFile, ...]:
        """What a look does with each file, without a flow around it."""
        _, arrivals = await look.fn()
        handled = [
            await handle.fn(arrival, self.found, f"build-app/{self.deployment}", BuildOptions())
            for arrival in arrivals
        ]
        files = tuple(file for file, _ in handled)
        unfinished = tuple(left for _, left in handled if left is not None)
        self.found = InboxLook(files=files, unfinished=unfinished)
        return files

    async def runs(self) -> list[FlowRun]:
        async with get_client() as client:
            found = await client.read_deployment_by_name(f"build-app/{self.deployment}")
            inbox = FlowRunFilter(tags=FlowRunFilterTags(all_=["inbox"]))
            runs = await client.read_flow_runs(flow_run_filter=inbox)
            return [run for run in runs if run.deployment_id == found.id]

    async def end(self, state: State[None]) -> None:
        """Let every run of a build be over."""
        async with get_client() as client:
            for run in await self.runs():
                await client.set_flow_run_state(run.id, state, force=True)

    async def names(self, folder: str = "") -> list[str]:
        keys = await self.store.list_keys(f"inbox/{folder}")
        names = [key.removeprefix(f"inbox/{folder}") for key in keys]
        return [name for name in names if folder or "/" not in name]


async def deployed_inbox(url: str) -> Inbox:
    """An inbox in a store, with a new deployment of `build-app`."""
    name = f"inbox-{uuid4().hex}"
    async with get_client() as client:
        await client.create_deployment(
            await client.create_flow(build_app),
            name,
            enforce_parameter_schema=True,
            parameter_openapi_schema=parameter_schema(build_app).model_dump(),
        )
    return Inbox(url, name)


def notes(number: int = 0) -> str:
    return json.dumps({"project_name": f"Notes {number}", "summary": "Keeps short notes."})
