"""What the flow `provider-health` found: `reports/provider-health.json`."""

from pydantic import Field

from core.artifacts.base import Artifact, Part

TABLE_KEY = "provider-health"
"""Key of the artifact by which Prefect's UI shows it."""


class ProviderCheck(Part):
    """One provider, looked after once.

    Attributes:
        provider: its name in the catalogue.
        well: whether it answers, and takes our key.
        seconds: how long the look took.
        reason: why it is not well; empty where it is.
        providers_fault: whether the provider is to blame, and not the key or a setting.
        breaker: models of it that are left alone for now, with the state of their breakers.
        since: when it was first found as it is now, in a row; ISO 8601, UTC.
    """

    provider: str
    well: bool
    seconds: float = Field(default=0.0, ge=0)
    reason: str = ""
    providers_fault: bool = False
    breaker: str = "closed"
    since: str = ""


class ProviderHealth(Artifact):
    """Every configured provider, looked after at one time."""

    checked_at: str = Field(description="ISO 8601, UTC.")
    providers: tuple[ProviderCheck, ...] = ()

    def of(self, provider: str) -> ProviderCheck | None:
        """What was found of one provider."""
        return next((check for check in self.providers if check.provider == provider), None)
