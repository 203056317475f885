"""Which package indexes the installers are configured with: by variables, files, or their own."""

from collections.abc import Mapping
from dataclasses import dataclass

from providers.sandbox.index_addresses import configured_indexes
from providers.sandbox.npm import npm_configuration, npm_environment
from providers.sandbox.uv import uv_environment


@dataclass(frozen=True)
class ConfiguredIndexes:
    """Indexes of one ecosystem.

    Attributes:
        default: addresses of those that have every package.
        scoped: address of the one that has a scope's packages, by scope.
        settings: variables that say how they are reached.
    """

    default: tuple[str, ...]
    settings: Mapping[str, str]
    scoped: Mapping[str, str]

    def urls_for(self, name: str) -> tuple[str, ...]:
        """Addresses of the indexes that may have a package."""
        scope = name.partition("/")[0]
        return (self.scoped[scope],) if scope in self.scoped else self.default


async def python_indexes(variables: Mapping[str, str]) -> ConfiguredIndexes:
    """Those that uv installs from, which pip's settings are given to as well.

    None where uv is told to stay offline.

    Raises:
        ConfigurationError: the settings are malformed.
        SandboxError: uv is not installed.
    """
    settings = uv_environment(variables)
    offline = settings.get("UV_OFFLINE", "").lower() in {"1", "true", "yes", "on"}
    indexes = () if offline else await configured_indexes(settings)
    return ConfiguredIndexes(default=indexes, settings=settings, scoped={})


async def npm_registries(variables: Mapping[str, str]) -> ConfiguredIndexes:
    """Those that npm installs from. None where npm is told to stay offline.

    Raises:
        ConfigurationError: the settings are malformed.
        SandboxError: Node is not installed.
    """
    settings = npm_environment(variables)
    said = await npm_configuration(settings)
    if said.get("offline") is True:
        return ConfiguredIndexes(default=(), settings=settings, scoped={})
    scoped = {
        name.removesuffix(":registry"): str(value)
        for name, value in said.items()
        if name.startswith("@") and name.endswith(":registry")
    }
    default = (str(said["registry"]),) if said.get("registry") else ()
    certificates = said.get("cafile")
    if certificates:
        settings = {**settings, "SSL_CERT_FILE": str(certificates)}
    return ConfiguredIndexes(default=default, settings=settings, scoped=scoped)
