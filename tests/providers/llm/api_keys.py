"""Keys for providers in tests, from the source that a process's own variables are."""

from providers.llm.api_key import ApiKey
from providers.secrets.environment import EnvironmentSecrets


def api_key(key: str | None) -> ApiKey:
    """Gives this key, or none."""
    return ApiKey(EnvironmentSecrets({} if key is None else {"KEY": key}), "KEY")
