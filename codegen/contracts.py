"""Checks a structure without a model: what is promised must be there."""

from collections.abc import Iterable, Iterator

from codegen.paths import place_problems
from core.artifacts.answers import ModuleFiles, ModulePlan, SchemaPart
from core.artifacts.schema import Endpoint, Schema
from core.artifacts.specs import CleanSpec
from core.artifacts.structure import FileStructure, Module, Severity, StructuralIssue


def check_schema(spec: CleanSpec, schema: Schema) -> list[StructuralIssue]:
    """Problems of a schema: entities the spec has and the schema lacks, unknown requirements."""
    missing = [
        (name, f"the spec has the entity {name!r}, the schema does not", "Add it.")
        for name in _left_out(spec, schema)
    ]
    return _issues("SC", [*missing, *_unknown_requirements(spec, schema.endpoints)])


def check_edited_schema(spec: CleanSpec, schema: Schema) -> list[StructuralIssue]:
    """Problems of a schema that a person may have edited.

    They may leave an entity out on purpose: that is a warning here. All else is an error, as in
    `check_schema`.
    """
    left_out = [
        (
            name,
            f"the spec has the entity {name!r}, and the edited schema leaves it out",
            "Nothing is built to store it. If that is not meant, put it back into the schema.",
        )
        for name in _left_out(spec, schema)
    ]
    return [
        *_issues("SW", left_out, Severity.WARNING),
        *_issues("SC", list(_unknown_requirements(spec, schema.endpoints))),
    ]


def check_schema_part(spec: CleanSpec, part: SchemaPart) -> list[StructuralIssue]:
    """Problems of some entities and endpoints: entities or requirements the spec does not have."""
    known = {entity.name for entity in spec.entities}
    problems = [
        (
            entity.name,
            f"its relation {relation.name!r} points to {relation.target!r}, which is no entity",
            "Point it to an entity of the spec, or leave it out.",
        )
        for entity in part.entities
        for relation in entity.relations
        if relation.target not in known
    ]
    problems += [
        (
            endpoint.id,
            f"it serves {endpoint.entity!r}, which is no entity",
            "Name an entity of the spec, or none.",
        )
        for endpoint in part.endpoints
        if endpoint.entity and endpoint.entity not in known
    ]
    return _issues("SP", [*problems, *_unknown_requirements(spec, part.endpoints)])


def _left_out(spec: CleanSpec, schema: Schema) -> list[str]:
    stored = {entity.name for entity in schema.entities}
    return [entity.name for entity in spec.entities if entity.name not in stored]


def _unknown_requirements(
    spec: CleanSpec, endpoints: Iterable[Endpoint]
) -> Iterator[tuple[str, str, str]]:
    numbers = {requirement.id for requirement in spec.requirements}
    for endpoint in endpoints:
        for number in endpoint.requirements:
            if number not in numbers:
                yield (
                    endpoint.id,
                    f"it serves {number}, which is not a requirement",
                    "Name an existing one.",
                )


def check_plan(spec: CleanSpec, schema: Schema, plan: ModulePlan) -> list[StructuralIssue]:
    """Problems of a module plan: names given twice, requirements or entities left out."""
    names = [module.name for module in plan.modules]
    planned = {number for module in plan.modules for number in module.requirements}
    held = {name for module in plan.modules for name in module.entities}
    problems = [
        (name, "there are several modules of this name", "Give each module its own name.")
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    problems += [
        (item.id, "no module has this requirement", "Name it in a module's requirements.")
        for item in spec.requirements
        if item.id not in planned
    ]
    problems += [
        (entity.name, "no module has this entity", "Name it in a module's entities.")
        for entity in schema.entities
        if entity.name not in held
    ]
    return _issues("MP", problems)


def check_module_files(so_far: FileStructure, answer: ModuleFiles) -> list[StructuralIssue]:
    """Problems of one module's files beside the files of earlier modules."""
    paths = [file.path for file in (*so_far.files, *answer.files)]
    problems = [
        (path, problem, "Give every file a canonical, relative path of its own.")
        for path, problem in place_problems(paths)
    ]
    together = FileStructure(
        modules=(Module(name="all", purpose="all", files=(*so_far.files, *answer.contracts)),)
    )
    mine = {file.path for file in answer.files}
    problems += [problem for problem in _unresolved(together) if problem[0] in mine]
    problems += [
        (test.path, f"the test {test.case!r} is planned in no file of this module", "Add it.")
        for test in answer.tests
        if test.path not in mine
    ]
    return _issues("MF", problems)


def check_structure(
    spec: CleanSpec, schema: Schema, structure: FileStructure
) -> list[StructuralIssue]:
    """Problems of a file structure.

    Paths must be canonical and unique, imports must resolve to a file and a name it exports, and
    every requirement and entity needs a file, every requirement a planned test.
    """
    problems = [
        (path, problem, "Give every file a canonical, relative path of its own.")
        for path, problem in place_problems([file.path for file in structure.files])
    ]
    problems += _unresolved(structure)
    problems += _unowned(spec, schema, structure)
    return _issues("ST", problems)


def _unresolved(structure: FileStructure) -> Iterator[tuple[str, str, str]]:
    exports = {file.path: {item.name for item in file.exports} for file in structure.files}
    for file in structure.files:
        for item in file.imports:
            if item.path not in exports:
                yield (
                    file.path,
                    f"it imports {item.path!r}, which is no file of the structure",
                    "Import an existing file, or add that file.",
                )
                continue
            for symbol in item.symbols:
                if symbol not in exports[item.path]:
                    yield (
                        file.path,
                        f"it imports {symbol!r} from {item.path!r}, which does not export it",
                        "Add the export there, or import what is exported.",
                    )


def _unowned(
    spec: CleanSpec, schema: Schema, structure: FileStructure
) -> Iterator[tuple[str, str, str]]:
    paths = {file.path for file in structure.files}
    owned = {number for file in structure.files for number in file.requirements}
    held = {name for file in structure.files for name in file.entities}
    tested = {test.requirement for test in structure.tests if test.path in paths}
    for requirement in spec.requirements:
        if requirement.id not in owned:
            yield requirement.id, "no file serves it", "Name it in a file's requirements."
        if requirement.id not in tested:
            yield requirement.id, "no acceptance test is planned for it", "Plan one in a test file."
    for entity in schema.entities:
        if entity.name not in held:
            yield entity.name, "no file holds this entity", "Name it in a file's entities."
    for test in structure.tests:
        if test.path not in paths:
            yield test.path, f"the test {test.case!r} is planned in no file", "Add the file."


def issues_of_module(
    structure: FileStructure, module: Module, issues: Iterable[StructuralIssue]
) -> tuple[StructuralIssue, ...]:
    """The issues a module should mend; those that are nobody's go to the first module."""
    places = [
        {item.name, *item.requirements, *item.entities, *(file.path for file in item.files)}
        for item in structure.modules
    ]
    mine = places[structure.modules.index(module)]
    first = module == structure.modules[0]
    return tuple(
        issue
        for issue in issues
        if issue.place in mine or (first and not any(issue.place in known for known in places))
    )


def _issues(
    prefix: str, problems: list[tuple[str, str, str]], severity: Severity = Severity.ERROR
) -> list[StructuralIssue]:
    return [
        StructuralIssue(
            id=f"{prefix}-{number}",
            severity=severity,
            place=place,
            message=message,
            suggestion=suggestion,
            source="check",
        )
        for number, (place, message, suggestion) in enumerate(problems, start=1)
    ]


def refuse_errors(issues: list[StructuralIssue]) -> None:
    """Raise when something does not fit together.

    Raises:
        ValueError: names the first issues, fit to be shown to the model that made them.
    """
    if issues:
        shown = [f"{issue.place}: {issue.message}. {issue.suggestion}" for issue in issues[:20]]
        more = f"\n… and {len(issues) - 20} more" if len(issues) > 20 else ""
        raise ValueError("\n".join(shown) + more)
