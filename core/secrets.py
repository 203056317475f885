"""Where secrets come from, as everything outside `providers` sees it."""

from typing import Protocol, runtime_checkable


class NotAtHandError(Exception):
    """A secret cannot be given without asking for it over a network; caught by whoever asked."""


class SecretSource(Protocol):
    """Gives secrets by name: from the environment, a secrets manager, a secret block.

    A source shows no value in its `repr`, logs none and puts none into an error.
    """

    def get(self, name: str) -> str | None:
        """The secret called `name`, or `None` where there is none.

        Raises:
            ConfigurationError: it is set in a way that cannot be read, or may not be read.
            StorageError: whatever keeps it cannot be asked.
        """
        ...

    def places(self, name: str) -> tuple[str, ...]:
        """Where `get` looks for `name`, in that order, in words for a message."""
        ...


@runtime_checkable
class RefreshableSecrets(SecretSource, Protocol):
    """A source that may keep what it was told, and can be made to ask again."""

    def at_hand(self, name: str) -> str | None:
        """The secret as `get` gives it, without waiting for a network.

        Raises:
            NotAtHandError: only `get` can tell.
            ConfigurationError: it is set in a way that cannot be read, or may not be read.
        """
        ...

    def refresh(self, name: str) -> str | None:
        """The secret as it is now, whatever was kept; for a key that was refused.

        Raises:
            ConfigurationError: it is set in a way that cannot be read, or may not be read.
            StorageError: whatever keeps it cannot be asked.
        """
        ...
