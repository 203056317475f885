"""The names of settings, as they are set: which there are, which are mistaken, and their forms."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

PREFIX = "APP_BUILDER_"
_NESTED = "__"

_OTHERS = frozenset({f"{PREFIX}FOLDER"})
"""Variables of this project that are no settings: `prefect.yaml` takes this one from `make`."""

_SERVICE_LINK = re.compile(
    rf"{PREFIX}(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)"
)
"""What Kubernetes gives every container of a namespace with a service called `app-builder`:
https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables"""


def variables_of(
    model: type[BaseModel], prefix: str = PREFIX
) -> Iterator[tuple[str, FieldInfo, type[BaseModel] | None]]:
    """Variable and field of every setting, and of a group of settings its model.

    A group comes before what is in it: its variable takes all of it as one JSON object.
    """
    for name, field in model.model_fields.items():
        variable = str(field.validation_alias or f"{prefix}{name.upper()}")
        group = _group(field)
        yield variable, field, group
        if group is not None:
            yield from variables_of(group, f"{variable}{_NESTED}")


def unknown_names(model: type[BaseModel], variables: Mapping[str, str | None]) -> list[str]:
    """What is wrong with variables that have the prefix and a value, and set nothing.

    Args:
        model: the settings.
        variables: the environment, or what a `.env` file says; small and capital letters are one,
            as they are to the settings.
    """
    known = [variable for variable, _, _ in variables_of(model)]
    return [
        f"{name} is no setting{_instead(name, known)}"
        for name in map(str.upper, _set(variables))
        if name.startswith(PREFIX)
        and name not in {*known, *_OTHERS}
        and not _SERVICE_LINK.fullmatch(name)
    ]


def wrong_json(model: type[BaseModel], variables: Mapping[str, str | None]) -> list[str]:
    """What is wrong with values that must be JSON and are not.

    Args:
        model: the settings.
        variables: as of `unknown_names`.
    """
    forms = {
        # A group is not quoted: a URL in it may hold a password.
        variable: (form, " is {!r}" if group is None else "")
        for variable, field, group in variables_of(model)
        if (form := _form(field, group)) is not None
    }
    return [
        f"{name.upper()}{shown.format(value)}: it must be {form} ({why})"
        for name, value in _set(variables).items()
        if (why := _not_json(value)) and (found := forms.get(name.upper()))
        for form, shown in (found,)
    ]


def told(model: type[BaseModel], place: tuple[int | str, ...], value: object, why: str) -> str:
    """What is wrong with a setting that is of the right form.

    Args:
        model: the settings.
        place: where, as pydantic says it: fields, then places within a value.
        value: what is there.
        why: pydantic's reason.
    """
    known = {variable: (field, group) for variable, field, group in variables_of(model)}
    variable = _variable(model, place)
    if variable not in known:
        return f"{variable} is no setting{_instead(variable, known)}"
    form = _form(*known[variable])
    said = f"{variable} is {value!r}" if form is None else f"{variable} has {value!r}"
    return f"{said}: {why}" if form is None else f"{said}: {why}; it must be {form}"


def as_set(value: object) -> str:
    """A value as it is written in the environment: `true`, `["environment"]`."""
    if isinstance(value, (bool, tuple)):
        return json.dumps(value, ensure_ascii=False)
    return f"{value:g}" if isinstance(value, float) else str(value)


def _group(field: FieldInfo) -> type[BaseModel] | None:
    kind: Any = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _form(field: FieldInfo, group: type[BaseModel] | None) -> str | None:
    """How JSON is written that a setting needs; `None` where it is no JSON."""
    if group is not None:
        name, inner = next(iter(group.model_fields.items()))
        return f"a JSON object such as {json.dumps({name: inner.default}, default=str)}"
    default = as_set(field.default)
    return f"a JSON list such as {default}" if default.startswith("[") else None


def _variable(model: type[BaseModel], place: tuple[int | str, ...]) -> str:
    """The variable of a place, as far as it is made of fields."""
    first, *inner = [part for part in place if isinstance(part, str)]
    # Where a field has an alias, pydantic gives that.
    field = model.model_fields.get(first)
    if field is None:
        return first
    return _NESTED.join(
        [str(field.validation_alias or PREFIX + first.upper()), *map(str.upper, inner)]
    )


def _instead(name: str, known: Iterable[str]) -> str:
    # The prefix, which all of them share, would make any two of them alike.
    rests = {variable.removeprefix(PREFIX): variable for variable in known}
    close = get_close_matches(name.removeprefix(PREFIX), rests, n=1)
    return f"; did you mean {rests[close[0]]}?" if close else "; docs/operations.md lists them"


def _set(variables: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in variables.items() if value}


def _not_json(value: str) -> str:
    """Why a text is not JSON; empty where it is."""
    try:
        json.loads(value)
    except ValueError as error:
        return f"not JSON: {error}"
    return ""
