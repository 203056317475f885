"""Several sources of secrets, one after the other."""

from collections.abc import Iterable

from core.log_secrets import hide_from_log
from core.secrets import NotAtHandError, RefreshableSecrets, SecretSource


class SecretChain:
    """A `RefreshableSecrets` that takes each secret from the first source that has it.

    A source that cannot be asked is an error, not a reason to ask the next one: else a moment's
    trouble would decide which key is used.

    Args:
        sources: in the order they are asked.
    """

    def __init__(self, sources: Iterable[SecretSource]) -> None:
        self._sources = tuple(sources)
        self._given_out: set[str] = set()
        # Asked once: to see whether an object fits a protocol takes longer than to look a key up.
        self._refreshable = tuple(
            source if isinstance(source, RefreshableSecrets) else None for source in self._sources
        )

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
                return self._noted(value)
        return None

    def at_hand(self, name: str) -> str | None:
        """The same, if no source has to be waited for.

        Raises:
            NotAtHandError: one has to be, or does not say.
            ConfigurationError: as the source that was asked.
        """
        for source in self._refreshable:
            if source is None:
                raise NotAtHandError(name)
            value = source.at_hand(name)
            if value is not None:
                return self._noted(value)
        return None

    def refresh(self, name: str) -> str | None:
        """The same, with no source answering from memory.

        Raises:
            ConfigurationError, StorageError: as the source that was asked.
        """
        for source, refreshable in zip(self._sources, self._refreshable, strict=True):
            value = source.get(name) if refreshable is None else refreshable.refresh(name)
            if value is not None:
                return self._noted(value)
        return None

    def given_out(self) -> frozenset[str]:
        """Every secret that was given, those of before a rotation too; to be kept from others."""
        return frozenset(self._given_out)

    def _noted(self, value: str) -> str:
        if value not in self._given_out:
            hide_from_log(value)
            self._given_out.add(value)
        return value
