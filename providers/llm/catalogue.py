"""The catalogue: every provider a stage may name, loaded from validated rows."""

import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from core.errors import ConfigurationError, InputError
from providers.llm.catalogue_file import merge_rows, read_own_rows
from providers.llm.catalogue_rows import (
    DEMO,
    ModelRow,
    ModelTraits,
    Price,
    ProviderRow,
    WireProtocol,
    require_url,
)

__all__ = [
    "DEMO",
    "Catalogue",
    "ModelRow",
    "ModelTraits",
    "Price",
    "ProviderRow",
    "WireProtocol",
    "load_catalogue",
    "open_catalogue",
    "read_catalogue_rows",
]


class Catalogue:
    """All providers, looked up by name."""

    def __init__(self, providers: tuple[ProviderRow, ...]) -> None:
        self._by_name = {provider.name: provider for provider in providers}

    def __iter__(self) -> Iterator[ProviderRow]:
        return iter(self._by_name.values())

    def __getitem__(self, name: str) -> ProviderRow:
        try:
            return self._by_name[name]
        except KeyError:
            known = ", ".join(self._by_name)
            raise InputError(f"there is no provider {name!r}; there are {known}") from None

    @property
    def names(self) -> Collection[str]:
        """Names of the providers, in the order of the catalogue."""
        return self._by_name.keys()


def open_catalogue(file: Path | None, variable: Callable[[str], str | None]) -> Catalogue:
    """The shipped catalogue, with the rows of an operator's own file laid over it.

    Args:
        file: the operator's file, if there is one; `merge_rows` says how it is laid over.
        variable: value of an environment variable, or `None`.

    Raises:
        ConfigurationError: a wrong file, row or variable; the message names it and the field.
    """
    shipped = read_catalogue_rows()
    if file is None:
        return load_catalogue(shipped, variable)
    own = read_own_rows(file)
    origins = {row["name"]: str(file) for row in own}
    return load_catalogue(merge_rows(shipped, own), variable, origins)


def read_catalogue_rows() -> list[dict[str, Any]]:
    """The rows of `catalogue.toml`, as they stand in the file."""
    file = resources.files("providers.llm").joinpath("catalogue.toml")
    return tomllib.loads(file.read_text(encoding="utf-8"))["providers"]


def load_catalogue(
    rows: list[dict[str, Any]],
    variable: Callable[[str], str | None],
    origins: Mapping[str, str] | None = None,
) -> Catalogue:
    """Validate rows into a catalogue, with the base URLs that the environment replaces.

    Args:
        rows: as `read_catalogue_rows` gives them.
        variable: value of an environment variable, or `None`; for example
            `EnvironmentSecrets().get`.
        origins: for messages, from a row's name to the file it comes from, where that is not the
            shipped one.

    Raises:
        ConfigurationError: a wrong row or variable; the message names it.
    """
    providers: list[ProviderRow] = []
    for number, row in enumerate(rows, start=1):
        name = row.get("name", f"number {number}")
        origin = (origins or {}).get(str(name))
        label = f"catalogue {origin}, row {name!r}" if origin else f"catalogue, row {name!r}"
        try:
            provider = ProviderRow.model_validate(row)
        except ValidationError as error:
            raise ConfigurationError(f"{label}: {_first_problem(row, error)}") from None
        if provider.name in {other.name for other in providers}:
            raise ConfigurationError(f"{label}: an earlier row has this name")
        providers.append(_placed(provider, variable))
    return Catalogue(tuple(providers))


def _first_problem(row: dict[str, Any], error: ValidationError) -> str:
    """Field and reason of the first thing wrong; a model is named, as far as it has a name."""
    first = error.errors()[0]
    place = [str(part) for part in first["loc"]]
    match first["loc"]:
        case ("models", int(position), *_):
            with suppress(TypeError, KeyError):  # it is no table, or has no name
                place[1] = repr(row["models"][position]["name"])
        case _:
            pass
    given = first["input"]
    quoted = f" (not {given!r})" if isinstance(given, (str, int, float)) else ""
    return f"{'.'.join(place) or 'row'}: {first['msg']}{quoted}"


def _placed(provider: ProviderRow, variable: Callable[[str], str | None]) -> ProviderRow:
    name = provider.base_url_variable
    replacement = variable(name) if name else None
    if replacement:
        try:
            require_url(replacement)
        except ValueError as error:
            raise ConfigurationError(f"{name}: {error}") from None
    shipped = provider.base_url.rstrip("/")
    url = replacement.rstrip("/") if replacement else shipped
    # What was shut down does not concern a server of one's own.
    here = {} if url == shipped else {"gone": "", "instead": ""}
    return provider.model_copy(update={"base_url": url, **here})
