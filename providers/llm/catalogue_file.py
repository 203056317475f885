"""An operator's own catalogue file, laid over the rows that are shipped."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from core.errors import ConfigurationError

Table = dict[str, Any]

_BY_FIELD = ("others", "models_by_role")
"""Tables of a row that are laid over field by field; any other table is replaced as a whole."""


def read_own_rows(file: Path) -> list[Table]:
    """The rows of an operator's file, each with a name of its own.

    Raises:
        ConfigurationError: it cannot be read, or is not of the form; the message names the file.
    """
    label = f"catalogue {file} (APP_BUILDER_CATALOGUE)"
    try:
        document = tomllib.loads(file.expanduser().read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{label}: it cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{label}: it is not TOML: {error}") from None
    rows = document.pop("providers", None)
    if document:
        raise ConfigurationError(
            f"{label}: {next(iter(document))!r} is not known; rows begin with [[providers]]"
        )
    if not _are_tables(rows):
        raise ConfigurationError(f"{label}: it has no row; rows begin with [[providers]]")
    names: set[str] = set()
    for number, row in enumerate(rows, start=1):
        name = row.get("name")
        if not isinstance(name, str):
            raise ConfigurationError(f"{label}, row 'number {number}': name: it needs one")
        if name in names:
            raise ConfigurationError(f"{label}, row {name!r}: an earlier row has this name")
        names.add(name)
        _require_named_models(f"{label}, row {name!r}", row)
    return rows


def merge_rows(shipped: Sequence[Table], own: Sequence[Table]) -> list[Table]:
    """Lay an operator's rows over the shipped ones.

    A row of an unknown name is added. In a row of a known name each field that is given replaces
    the shipped one; fields of `others` and roles of `models_by_role` do so one by one; a model of
    a known name has the given fields replaced, and one of another name is added. `free = true`
    takes the place of a shipped price and a price that of `free`; a `base_url` of its own takes
    away what is said of a provider that is gone.
    """
    rows = {row["name"]: row for row in shipped}
    for row in own:
        name = row["name"]
        rows[name] = _merged_row(rows[name], row) if name in rows else row
    return list(rows.values())


def _merged_row(shipped: Table, own: Table) -> Table:
    merged = {**shipped, **own}
    if "base_url" in own:
        merged |= {field: own.get(field, "") for field in ("gone", "instead")}
    for field in _BY_FIELD:
        if isinstance(own.get(field), dict) and field in shipped:
            merged[field] = _merged_traits(shipped[field], own[field])
    if "models" in own:
        models = {model["name"]: model for model in shipped.get("models", ())}
        for model in own["models"]:
            models[model["name"]] = _merged_traits(models.get(model["name"], {}), model)
        merged["models"] = list(models.values())
    return merged


def _merged_traits(shipped: Table, own: Table) -> Table:
    merged = {**shipped, **own}
    if own.get("free") is True and "price" not in own:
        merged.pop("price", None)
    if "price" in own and "free" not in own:
        merged.pop("free", None)
    return merged


def _require_named_models(label: str, row: Table) -> None:
    """See that models can be laid over by name; the rest is found when the row is validated."""
    models = row.get("models", [])
    if not _are_tables(models) and models != []:
        raise ConfigurationError(f"{label}: models: they are written as [[providers.models]]")
    names: list[Any] = [model.get("name") for model in models]
    for number, name in enumerate(names, start=1):
        if not isinstance(name, str):
            raise ConfigurationError(f"{label}: model number {number}: name: it needs one")
        if names.count(name) > 1:
            raise ConfigurationError(f"{label}: the model {name!r} is there twice")


def _are_tables(value: Any) -> bool:
    rows = cast("list[Any]", value) if isinstance(value, list) else []
    return bool(rows) and all(isinstance(row, dict) for row in rows)
