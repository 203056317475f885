"""How a build ended, as whoever waits for it is told."""

from prefect.client.orchestration import get_client

from core.artifacts.build_outcome import BuildOutcome


async def outcome_of(key: str) -> BuildOutcome:
    """The outcome that was published last under a key."""
    async with get_client() as client:
        response = await client.request("GET", "/artifacts/{key}/latest", path_params={"key": key})
        return BuildOutcome.model_validate(response.json()["data"])
