"""Several sources of secrets, one after the other."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context

from core.errors import AppBuilderError
from core.secrets import SecretSource
from providers.secrets.cached import CachedSecrets

_LOOKUPS_AT_ONCE = 16


class SecretChain:
    """A `RefreshableSecrets` that takes each secret from the first source that has it.

    A source that cannot be asked is an error, not a reason to ask the next one: else a moment's
    trouble would decide which key is used.

    Args:
        sources: in the order they are asked.
    """

    def __init__(self, sources: Iterable[SecretSource]) -> None:
        self._sources = tuple(sources)

    def __repr__(self) -> str:
        return f"SecretChain({list(self._sources)!r})"

    def places(self, name: str) -> tuple[str, ...]:
        """Where all sources look, in their order."""
        return tuple(place for source in self._sources for place in source.places(name))

    def get(self, name: str) -> str | None:
        """The secret from the first source that has it, or `None`.

        Raises:
            ConfigurationError, StorageError: as the source that was asked.
        """
        for source in self._sources:
            value = source.get(name)
            if value is not None:
                return value
        return None

    def refresh(self, name: str) -> str | None:
        """The same, with no source answering from memory.

        Raises:
            ConfigurationError, StorageError: as the source that was asked.
        """
        for source in self._sources:
            cached = isinstance(source, CachedSecrets)
            value = source.refresh(name) if cached else source.get(name)
            if value is not None:
                return value
        return None


def lacking(source: SecretSource, names: Iterable[str]) -> Mapping[str, str]:
    """Which secrets cannot be had, and why; all are looked up at the same time.

    Args:
        source: where to look; usable from many threads at once.
        names: of the secrets.

    Returns:
        Name to reason, fit for a message.
    """
    wanted = tuple(dict.fromkeys(names))

    def reason(name: str) -> str:
        try:
            found = source.get(name) is not None
        except AppBuilderError as error:
            return str(error)
        return "" if found else f"looked in {', '.join(source.places(name))}"

    with ThreadPoolExecutor(_LOOKUPS_AT_ONCE) as pool:
        # Each with the context of the caller: Prefect keeps there which server it talks to.
        asked = {name: pool.submit(copy_context().run, reason, name) for name in wanted}
    reasons = {name: future.result() for name, future in asked.items()}
    return {name: why for name, why in reasons.items() if why}
