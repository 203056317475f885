"""Checks of clean spec and schema without a model: what is named must exist, and be named once."""

import re
from collections.abc import Iterable, Iterator, Sequence

from codegen.issues import Problem, issues_of
from codegen.legal_names import SQL_RESERVED, camel_case, reserved_by, route_of
from core.artifacts.answers import SchemaPart
from core.artifacts.questionnaire import Stack
from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec, Relation, SpecEntity
from core.artifacts.structure import Severity, StructuralIssue

_SEGMENT = re.compile(r"(?!:)(?:[A-Za-z0-9._~@:-]|\{[^{}]*\})+")
_PARAMETER = re.compile(r"\{([^{}]*)\}")


def check_spec(spec: CleanSpec) -> list[StructuralIssue]:
    """Errors of a clean spec: names that code cannot use, or that would meet in code."""
    return issues_of("SN", _name_problems(spec.entities, spec.stack))


def check_schema(spec: CleanSpec, schema: Schema) -> list[StructuralIssue]:
    """Errors of a schema, entities left out included, and warnings about its names."""
    missing = [
        Problem(name, f"the spec has the entity {name!r}, the schema does not", "Add it.")
        for name in _left_out(spec, schema)
    ]
    return [*issues_of("SC", [*missing, *_problems(spec, schema)]), *_warnings(spec, schema, [])]


def check_edited_schema(spec: CleanSpec, schema: Schema) -> list[StructuralIssue]:
    """The same of a schema that a person may have edited.

    They may leave an entity out on purpose: that is a warning here.
    """
    left_out = [
        Problem(
            name,
            f"the spec has the entity {name!r}, and the edited schema leaves it out",
            "Nothing is built to store it. If that is not meant, put it back into the schema.",
        )
        for name in _left_out(spec, schema)
    ]
    return [*_warnings(spec, schema, left_out), *issues_of("SC", _problems(spec, schema))]


def check_schema_part(
    spec: CleanSpec, part: SchemaPart, earlier: Sequence[SchemaPart] = ()
) -> list[StructuralIssue]:
    """Errors of some entities and endpoints.

    Args:
        spec: what they must keep to; entities of the spec that are not in the part may be named.
        part: what a model answered.
        earlier: the parts before it, whose tables and routes are taken.
    """
    known = {entity.name for entity in spec.entities}
    problems = [
        Problem(
            entity.name,
            f"its relation {relation.name!r} points to {relation.target!r}, which is no entity",
            "Point it to an entity of the spec, or leave it out.",
        )
        for entity in part.entities
        for relation in entity.relations
        if relation.target not in known
    ]
    problems += [
        Problem(
            endpoint.id,
            f"it serves {endpoint.entity!r}, which is no entity",
            "Name an entity of the spec, or none.",
        )
        for endpoint in part.endpoints
        if endpoint.entity and endpoint.entity not in known
    ]
    problems += _unknown_requirements(spec, part.endpoints)
    problems += _name_problems(part.entities, spec.stack)
    tables = [entity for one in earlier for entity in one.entities]
    routes = [endpoint for one in earlier for endpoint in one.endpoints]
    problems += _table_problems(part.entities, spec.stack, tables)
    problems += _endpoint_problems(part.endpoints, spec.stack, routes)
    return issues_of("SP", problems)


def _problems(spec: CleanSpec, schema: Schema) -> Iterator[Problem]:
    """What is an error in any schema; its type keeps it from naming entities that it lacks."""
    yield from _unknown_requirements(spec, schema.endpoints)
    yield from _name_problems(schema.entities, spec.stack)
    yield from _table_problems(schema.entities, spec.stack, ())
    yield from _endpoint_problems(schema.endpoints, spec.stack, ())


def _left_out(spec: CleanSpec, schema: Schema) -> list[str]:
    stored = {entity.name for entity in schema.entities}
    return [entity.name for entity in spec.entities if entity.name not in stored]


def _unknown_requirements(spec: CleanSpec, endpoints: Iterable[Endpoint]) -> Iterator[Problem]:
    numbers = {requirement.id for requirement in spec.requirements}
    for endpoint in endpoints:
        for number in endpoint.requirements:
            if number not in numbers:
                yield Problem(
                    endpoint.id,
                    f"it serves {number}, which is not a requirement",
                    "Name an existing one.",
                )


def _name_problems(entities: Iterable[SpecEntity], stack: Stack) -> Iterator[Problem]:
    for entity in entities:
        if language := reserved_by(entity.name, stack):
            yield _reserved(entity.name, entity.name, language)
        for item in (*entity.fields, *entity.relations):
            if language := reserved_by(item.name, stack):
                yield _reserved(entity.name, item.name, language)
            if item.name == "id":
                yield Problem(
                    entity.name,
                    "it lists 'id', which every entity has without being told",
                    "Leave it out, or name what it means, such as 'number' or 'code'.",
                )
        yield from _meetings(entity)


def _reserved(entity: str, name: str, language: str) -> Problem:
    return Problem(
        entity,
        f"the name {name!r} is a reserved word of {language}",
        f"Choose another name, such as '{name.lower()}_value' for a field.",
    )


def _meetings(entity: SpecEntity) -> Iterator[Problem]:
    """Names of one entity that are the same in some spelling, or as columns."""
    taken: dict[str, str] = {}
    told = [(item.name, repr(item.name)) for item in (*entity.fields, *entity.relations)]
    told += [
        (name, f"{name!r}, as which the relation {item.name!r} is stored")
        for item in entity.relations
        for name in _stored_as(item)
    ]
    for name, text in told:
        other = taken.setdefault(camel_case(name), text)
        if other != text:
            yield Problem(
                entity.name,
                f"{other} and {text} are one name in code ({camel_case(name)!r})",
                "Rename one of them.",
            )


def _stored_as(relation: Relation) -> set[str]:
    """Columns of a relation, as the conventions have them."""
    if relation.kind == "many_to_many":
        return {f"{relation.name.removesuffix('s')}_ids"}
    return {f"{relation.name}_id"}


def _table_problems(
    entities: Iterable[StoredEntity], stack: Stack, earlier: Iterable[StoredEntity]
) -> Iterator[Problem]:
    tables = {camel_case(entity.table): entity.name for entity in earlier}
    for entity in entities:
        other = tables.setdefault(camel_case(entity.table), entity.name)
        if other != entity.name:
            yield Problem(
                entity.name,
                f"its table {entity.table!r} is that of {other!r} already",
                "Derive the table's name from the entity's own.",
            )
        if stack.database == "sqlite" and entity.table.startswith("sqlite_"):
            yield Problem(
                entity.name,
                f"its table {entity.table!r} has a name that SQLite keeps for itself",
                "Begin it with something else than 'sqlite_'.",
            )


def _endpoint_problems(
    endpoints: Iterable[Endpoint], stack: Stack, earlier: Iterable[Endpoint]
) -> Iterator[Problem]:
    routes = {(item.method, route_of(item.path)): item.id for item in earlier}
    for endpoint in endpoints:
        key = (endpoint.method, route_of(endpoint.path))
        if key in routes:
            yield Problem(
                endpoint.id,
                f"a router cannot tell it from {routes[key]}",
                "Give it another path, or leave one of the two out.",
            )
        routes.setdefault(key, endpoint.id)
        yield from _path_problems(endpoint, stack)


def _path_problems(endpoint: Endpoint, stack: Stack) -> Iterator[Problem]:
    segments = endpoint.path.split("/")[1:]
    illegal = [part for part in segments if not _SEGMENT.fullmatch(part) or part in {".", ".."}]
    if illegal and endpoint.path != "/":
        yield Problem(
            endpoint.id,
            f"its path has the part {illegal[0]!r}",
            "Write a path of words between single slashes, with parameters as '{task_id}', "
            "and no query string.",
        )
    parameters: list[str] = _PARAMETER.findall(endpoint.path)
    for name in dict.fromkeys(parameters):
        if not name.isascii() or not name.isidentifier() or reserved_by(name, stack):
            yield Problem(
                endpoint.id,
                f"its parameter {name!r} is no name that code can use",
                "Name it after what it holds, such as '{task_id}'.",
            )
        if parameters.count(name) > 1:
            yield Problem(
                endpoint.id,
                f"its parameter {name!r} is there twice",
                "Give each parameter a name of its own.",
            )


def _warnings(
    spec: CleanSpec, schema: Schema, problems: Iterable[Problem]
) -> list[StructuralIssue]:
    """What can be built, but not without care: the given problems, and names SQL must quote."""
    known = {entity.name.casefold(): entity.name for entity in schema.entities}
    found = list(problems)
    for entity in schema.entities:
        names = [entity.table, *(field.name for field in entity.fields)]
        if spec.stack.database != "none":
            found += [
                Problem(
                    entity.name,
                    f"{name!r} is a reserved word of SQL",
                    "Quote it in every statement that is written by hand.",
                )
                for name in names
                if name in SQL_RESERVED
            ]
        for field in entity.fields:
            target = known.get(field.name.removesuffix("_id").replace("_", ""))
            if field.name.endswith("_id") and target:
                found.append(
                    Problem(
                        entity.name,
                        f"its field {field.name!r} looks like a reference to {target!r}, and "
                        "nothing keeps it from naming a record that does not exist",
                        f"Make it a relation to {target} if it is one.",
                    )
                )
    return issues_of("SW", found, Severity.WARNING)
