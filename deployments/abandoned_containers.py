"""Removes containers of flow runs that ended while their worker was not there to do it.

A worker that is killed leaves its builds running, and they end well. What is left of them then
takes space; what they said is in Prefect.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from docker import DockerClient
from docker.errors import APIError, NotFound

_LABEL = "io.prefect.flow-run-id"
ABANDONED = timedelta(minutes=10)
"""A worker that is there removes its containers within seconds."""

_BEING_REMOVED = 409
"""What the engine answers where another worker is just removing the container."""


def remove_abandoned(client: DockerClient, longer_than: timedelta = ABANDONED) -> list[str]:
    """Remove containers of flow runs that ended some time ago.

    Args:
        client: of the engine.
        longer_than: how long ago at least.

    Returns:
        Names of those that were removed.

    Raises:
        docker.errors.APIError: the engine refuses.
    """
    engine: Any = client.containers
    removed: list[str] = []
    for container in engine.list(
        all=True, filters={"label": _LABEL, "status": "exited"}, ignore_removed=True
    ):
        ended = datetime.fromisoformat(container.attrs["State"]["FinishedAt"])
        if datetime.now(UTC) - ended < longer_than:
            continue
        try:
            container.remove(v=True)
        except NotFound:
            continue
        except APIError as error:
            if error.status_code == _BEING_REMOVED:
                continue
            raise
        removed.append(container.name)
    return removed
