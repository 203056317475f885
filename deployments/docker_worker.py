"""The worker that runs builds in Docker, each in a container without the engine's socket.

    python -m deployments.docker_worker

It is Prefect's Docker worker, for work pools of the type `docker`; only how containers are made is
not up to the API but to this machine, see `deployments/run_containers.py`.
"""

import asyncio
import os
import socket
import warnings
from typing import Annotated, Any

import typer
from anyio.abc import TaskStatus
from docker.errors import DockerException, NotFound
from docker.utils import kwargs_from_env
from prefect.client.schemas.objects import FlowRun
from prefect.utilities.processutils import setup_signal_handlers_worker
from prefect_docker.worker import (  # pyright: ignore[reportMissingTypeStubs] -- typed, unmarked
    DockerWorker,
    DockerWorkerJobConfiguration,
    DockerWorkerResult,
)

from deployments.abandoned_containers import remove_abandoned
from deployments.run_containers import ContainedClient, RunSettings

_ENGINE_SECONDS = 120


with warnings.catch_warnings():
    # Prefect warns of a second worker for a type of pools; here it is meant.
    warnings.filterwarnings("ignore", message="Type 'ContainedDockerWorker' ")

    class ContainedDockerWorker(DockerWorker):
        """Prefect's Docker worker, on an engine that contains what it starts."""

        type = "docker"

        async def run(
            self,
            flow_run: FlowRun,
            configuration: DockerWorkerJobConfiguration,
            task_status: TaskStatus[str] | None = None,
        ) -> DockerWorkerResult:
            """Run a flow run's container to its end, and remove it; its log is the run's."""
            await asyncio.to_thread(self._remove_abandoned)
            result = await super().run(flow_run, configuration, task_status)
            await asyncio.to_thread(self._remove, result.identifier.rpartition(":")[2])
            return result

        def _remove_abandoned(self) -> None:
            """What workers left that were killed; that this fails must not keep a run from it."""
            client = self._get_client()
            try:
                for name in remove_abandoned(client):
                    self._logger.info("Removed %s, whose worker was gone when it ended", name)
            except DockerException as error:
                self._logger.warning("Cannot look for abandoned containers: %s", error)
            finally:
                client.close()

        def _remove(self, container_id: str) -> None:
            client = self._get_client()
            try:
                client.containers.get(container_id).remove(v=True)
            except NotFound:
                self._logger.info("Container %s is gone already", container_id)
            finally:
                client.close()

        def _get_client(self) -> Any:
            return ContainedClient(
                RunSettings(), version="auto", timeout=_ENGINE_SECONDS, **kwargs_from_env()
            )


def main(
    pool: Annotated[str, typer.Option(help="Work pool whose runs it takes.")] = "app-builder",
    limit: Annotated[
        int | None, typer.Option(help="Most runs at once on this machine.", min=1)
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="Name on the server; default: that of the machine.")
    ] = None,
) -> None:
    """Run builds of a work pool in containers of this machine's Docker engine."""
    settings = RunSettings()
    typer.echo(f"containers of runs: {settings.model_dump_json()}")
    worker = ContainedDockerWorker(
        work_pool_name=pool,
        name=name or f"{socket.gethostname()}",
        limit=limit,
        create_pool_if_not_found=False,
    )
    setup_signal_handlers_worker(os.getpid(), "the worker", typer.echo)
    asyncio.run(worker.start(with_healthcheck=True, printer=typer.echo))


if __name__ == "__main__":
    typer.run(main)
