"""The JSON Schema of an answer, in the form that providers enforce.

OpenAI's strict mode is the narrowest: every object names all its properties as required and allows
no others, and few keywords are known. A schema in that form is accepted by the others too. All
being required costs a model some empty lists, and saves what it would else forget.
"""

from typing import Any, cast

from pydantic import BaseModel

_Json = dict[str, Any]

# Of no use to a grammar, or refused by strict mode: validation holds them afterwards.
_DROPPED = frozenset(
    {"default", "discriminator", "examples", "maxLength", "minLength", "position", "title"}
)


def json_schema_of(answer_type: type[BaseModel]) -> _Json:
    """The schema a model's answer must fit, fit itself for strict mode where the type allows."""
    schema = answer_type.model_json_schema()
    return _strict(schema, cast("dict[str, _Json]", schema.get("$defs", {})), ())


def is_strict(schema: _Json) -> bool:
    """Whether every object in it is closed, as strict mode demands; maps with free keys are not."""
    if schema.get("type") == "object" and schema.get("additionalProperties") is not False:
        return False
    return all(is_strict(part) for part in _parts(schema))


def _parts(schema: _Json) -> list[_Json]:
    """Schemas right inside a schema."""
    parts: list[_Json] = []
    for key, value in schema.items():
        if key in ("properties", "$defs"):
            parts += cast("dict[str, _Json]", value).values()
        elif key in ("anyOf", "prefixItems"):
            parts += cast("list[_Json]", value)
        elif key in ("items", "additionalProperties") and isinstance(value, dict):
            parts.append(cast("_Json", value))
    return parts


def _strict(schema: _Json, definitions: dict[str, _Json], within: tuple[str, ...]) -> _Json:
    """A copy in strict form.

    Args:
        schema: what pydantic wrote.
        definitions: what `$ref` points to.
        within: references that are being written out here.
    """
    reference = schema.get("$ref")
    if isinstance(reference, str):
        name = reference.removeprefix("#/$defs/")
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        if not beside.keys() - _DROPPED or name in within:
            return {"$ref": reference}
        # Nothing may stand beside a reference, so it is written out.
        return _strict({**definitions[name], **beside}, definitions, (*within, name))
    strict: _Json = {}
    for key, value in schema.items():
        if key in _DROPPED:
            continue
        name = "anyOf" if key == "oneOf" else key
        strict[name] = _strict_value(name, value, definitions, within)
    if "properties" in strict:
        strict["required"] = list(cast("_Json", strict["properties"]))
        strict["additionalProperties"] = False
    return strict


def _strict_value(
    key: str, value: Any, definitions: dict[str, _Json], within: tuple[str, ...]
) -> Any:
    if key in ("properties", "$defs"):
        named = cast("dict[str, _Json]", value)
        inside = within if key == "properties" else ()
        return {name: _strict(part, definitions, inside) for name, part in named.items()}
    if key in ("anyOf", "prefixItems"):
        return [_strict(part, definitions, within) for part in cast("list[_Json]", value)]
    if key in ("items", "additionalProperties") and isinstance(value, dict):
        return _strict(cast("_Json", value), definitions, within)
    return value
