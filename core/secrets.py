"""Where secrets come from, as everything outside `providers` sees it."""

from typing import Protocol


class SecretSource(Protocol):
    """Gives secrets by name: from the environment, a secrets manager, a secret block."""

    def get(self, name: str) -> str | None:
        """The secret called `name`, or `None` where there is none.

        Raises:
            ConfigurationError: it is set in a way that cannot be read.
        """
        ...
