"""Legal names for what people call things in any script, and the names derived from them."""

import keyword
from collections.abc import Iterable

from core.artifacts.specs import Relation
from providers.llm.demo.words import plural, singular, snake_case, words_of

_MAX_ENTITY = 32
_MAX_FIELD = 32

_IN_CLASS_BODIES = {
    "bool",
    "dt",
    "float",
    "int",
    "list",
    "mapped_column",
    "property",
    "relationship",
    "str",
}
"""What the bodies of generated classes use; an attribute of that name would stand before it."""

_OF_METHODS = {"cls", "self"}
"""Fields are passed to constructors by name, beside the record itself."""

_OF_DECLARATIVE_CLASSES = {"id", "metadata", "registry"}
_OF_PYDANTIC_MODELS = {
    "construct",
    "copy",
    "dict",
    "from_orm",
    "json",
    "model_computed_fields",
    "model_config",
    "model_construct",
    "model_copy",
    "model_extra",
    "model_fields",
    "model_fields_set",
    "model_json_schema",
    "model_parametrized_name",
    "model_post_init",
    "model_rebuild",
    "parse_file",
    "parse_obj",
    "parse_raw",
    "schema",
    "schema_json",
    "update_forward_refs",
    "validate",
}
_OF_LISTS = {"limit", "offset", "search", "sort"}
_RESERVED = (
    _IN_CLASS_BODIES | _OF_METHODS | _OF_DECLARATIVE_CLASSES | _OF_PYDANTIC_MODELS | _OF_LISTS
)
_RESERVED_STARTS = ("model_dump", "model_validate")
_DEVICES = {"aux", "con", "nul", "prn"} | {
    f"{port}{number}" for port in ("com", "lpt") for number in range(10)
}
"""File names that one operating system keeps for itself."""


def is_reserved(field: str) -> bool:
    """Whether a field of this name would break the code, or hide something it needs."""
    return field in _RESERVED or keyword.iskeyword(field) or field.startswith(_RESERVED_STARTS)


def legal_entity_names(names: Iterable[str]) -> list[str]:
    """Class names for what people call their entities, unique whatever their capitals."""
    taken: set[str] = set()
    return [_unique(_legal_entity(name), taken, _MAX_ENTITY, "") for name in names]


def _legal_entity(name: str) -> str:
    words = [word[:1].upper() + word[1:] for word in words_of(name)]
    if not words or not words[0][0].isalpha():
        words.insert(0, "Item")
    name = "".join(words)
    return f"{name}Item" if keyword.iskeyword(name) else name


def legal_field_name(name: str, taken: set[str]) -> str:
    """A field name for what people call it; it is added to those taken."""
    text = "_".join(words_of(name)).lower()
    if not text or not text[0].isalpha():
        text = f"field_{text}".rstrip("_")
    if text.startswith(_RESERVED_STARTS):
        text = f"field_{text}"
    elif is_reserved(text):
        text = f"{text}_value"
    return _unique(text, taken, _MAX_FIELD, "_")


def legal_relation_name(name: str, many: bool, taken: set[str]) -> str:
    """A relation name for what people call it; all names derived from it are taken, too."""
    text = "_".join(words_of(name)).lower().removesuffix("_id").removesuffix("_ids")
    if not text or not text[0].isalpha():
        text = f"related_{text}".rstrip("_")
    if text.startswith(_RESERVED_STARTS) or keyword.iskeyword(text):
        text = f"related_{text}"
    number = 1
    chosen = text[:_MAX_FIELD].rstrip("_")
    while derived_names(chosen, many) & taken:
        number += 1
        chosen = f"{text[: _MAX_FIELD - 4].rstrip('_')}_{number}"
    taken |= derived_names(chosen, many)
    return chosen


def derived_names(relation: str, many: bool) -> set[str]:
    """A relation's own name and the attributes that stand for it in code."""
    if many:
        return {relation, ids_name(relation), links_name(relation)}
    return {relation, id_name(relation)}


def _unique(name: str, taken: set[str], limit: int, separator: str) -> str:
    chosen = name[:limit].rstrip("_")
    number = 1
    while chosen.lower() in taken:
        number += 1
        ending = f"{separator}{number}"
        chosen = name[: limit - len(ending)].rstrip("_") + ending
    taken.add(chosen.lower())
    return chosen


def id_name(relation: str) -> str:
    """Field that holds the id of the one record a relation points to."""
    return f"{relation}_id"


def ids_name(relation: str) -> str:
    """Field that holds the ids of the records a relation points to."""
    return f"{singular(relation)}_ids"


def links_name(relation: str) -> str:
    """Attribute that holds the links to the records a relation points to."""
    return f"{singular(relation)}_links"


def is_many(relation: Relation) -> bool:
    """Whether a relation points to any number of records."""
    return relation.kind == "many_to_many"


def module_name(entity: str) -> str:
    """Name of the Python modules about an entity."""
    name = snake_case(entity)
    return f"{name}_" if keyword.iskeyword(name) or name in _DEVICES else name


def table_names(entities: Iterable[str]) -> dict[str, str]:
    """Table of each entity, by the entity's name; a table belongs to one entity only."""
    taken: set[str] = set()
    tables: dict[str, str] = {}
    for entity in entities:
        table = plural(snake_case(entity))
        if table.startswith("sqlite_"):  # SQLite keeps these names for itself
            table = f"app_{table}"
        tables[entity] = _unique(table, taken, 60, "_")
    return tables


def collection_path(table: str) -> str:
    """Where the records of a table are served."""
    return f"/api/{table.replace('_', '-')}"
