"""The flow `provider-health`: whether the providers of models answer."""

from prefect import flow

from core.artifacts.provider_health import ProviderHealth
from tasks.provider_health import look_after_providers, tell_changes


@flow(name="provider-health")
async def provider_health() -> ProviderHealth:
    """Look after every provider that has a key, all at the same time, and tell what changed.

    It succeeds whether they are well or not; it fails where it cannot find out or tell.

    Returns:
        What was found, as it is kept in the artifact store.
    """
    return await tell_changes(await look_after_providers())
