"""A source of secrets in memory, one of which it cannot give."""

from collections.abc import Mapping

from core.errors import StorageError


class Vault:
    """Has what it is given; looking for `SHUT` fails."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)

    def places(self, name: str) -> tuple[str, ...]:
        return (f"the vault ({name})",)

    def get(self, name: str) -> str | None:
        if name == "SHUT":
            raise StorageError("the vault is shut")
        return self.values.get(name)
