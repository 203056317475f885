"""Writes the files about one kind of record."""

import re
from collections.abc import Sequence
from dataclasses import replace

from providers.llm.demo import paths
from providers.llm.demo.blocks import refuse
from providers.llm.demo.brief import BriefRequirement, requirements_in
from providers.llm.demo.code_names import FactoryNames
from providers.llm.demo.entity_code import (
    aliases_of,
    columns_of,
    inputs_of,
    links_of,
    narrowing_of,
    sample_body,
)
from providers.llm.demo.entity_contracts import shared_types
from providers.llm.demo.entity_view import EntityView
from providers.llm.demo.file_task import FileTask, import_block
from providers.llm.demo.literals import sentence
from providers.llm.demo.planned_tests import Case, entity_cases, is_requirement_case
from providers.llm.demo.source_layout import imported
from providers.llm.demo.templates import render_file


def write_model(task: FileTask) -> str:
    """Write how records are stored."""
    view = task.entity()
    columns, links = columns_of(view), links_of(view)
    lines = "\n".join([*columns, *(f"{link.owner} {link.relationship}" for link in links)])
    needed = [(paths.DATABASE, ["Record"])]
    if links:
        needed.append((paths.LINKS, ["Link", "linked_ids", "relink"]))
    return render_file(
        "model.py",
        e=view,
        columns=columns,
        links=links,
        imports=import_block(
            ["import datetime as dt"] if "dt." in lines else [],
            [
                *_used(
                    lines,
                    "sqlalchemy",
                    ["BigInteger", "DateTime", "ForeignKey", "String", "Text"],
                ),
                *_used(lines, "sqlalchemy.orm", ["Mapped", "mapped_column", "relationship"]),
            ],
            task.imports(needed),
        ),
    )


def write_schema(task: FileTask) -> str:
    """Write what the interface takes and gives."""
    view = task.entity()
    inputs, narrowing = inputs_of(view), narrowing_of(view)
    lines = "\n".join(inputs + narrowing)
    pydantic = ["BaseModel", "ConfigDict", *(["Field"] if " = Field(" in lines else [])]
    return render_file(
        "schema.py",
        e=view,
        inputs=inputs,
        narrowing=narrowing,
        aliases=aliases_of(view),
        imports=import_block(
            [
                *(["import datetime as dt"] if "dt.date" in lines else []),
                *(["from typing import Literal"] if view.aliases else []),
            ],
            [imported("pydantic", pydantic)],
            task.imports([(paths.FIELDS, shared_types(view)), (paths.LISTING, ["ListOptions"])]),
        ),
    )


def write_router(task: FileTask) -> str:
    """Write the endpoints."""
    view = task.entity()
    needed: list[tuple[str, Sequence[str]]] = [
        (paths.DATABASE, ["DatabaseSession"]),
        (paths.FIELDS, ["RecordId"]),
        (paths.LISTING, ["Page", "matching", "page_of"]),
        (paths.model_path(view.entity), [view.record]),
        (paths.RECORDS, ["find", "remove", "save"]),
        (paths.schema_path(view.entity), [view.filters, view.read, view.write]),
    ]
    if view.many_references:
        needed.append((paths.LINKS, ["linked"]))
    return render_file(
        "router.py", e=view, links=links_of(view), imports="\n".join(task.imports(needed))
    )


def write_factory(task: FileTask) -> str:
    """Write what makes records for tests."""
    view = task.entity()
    needed = [(paths.factory_path(target), names) for target, names in view.suppliers.items()]
    return render_file(
        "factory.py",
        e=view,
        sample=sample_body(view),
        imports="\n".join(task.imports(needed)),
    )


def write_tests(task: FileTask) -> str:
    """Write the planned tests, and only those."""
    view = task.entity()
    if not task.tests.tests:
        refuse(
            f"the coder prompt for {task.file.path!r} forgot its planned tests in its data block "
            "'tests'"
        )
    known = entity_cases(view)
    told = requirements_in(task.brief)
    planned = {test.case: test.requirement for test in task.tests.tests}
    cases = [
        _requirement_case(task, view, name, told.get(requirement), requirement)
        if is_requirement_case(name)
        else _known_case(task, known, name, requirement)
        for name, requirement in planned.items()
    ]
    return render_file(
        "test_entity.py", e=view, cases=cases, imports=_test_imports(task, view, cases)
    )


def _known_case(task: FileTask, known: dict[str, Case], name: str, requirement: str) -> Case:
    if name not in known:
        refuse(
            f"the demo model does not know how to write the test {name!r} of {task.file.path!r}; "
            f"it knows {', '.join(known)}"
        )
    case = known[name]
    return replace(case, says=sentence(f"{requirement}: {case.says}"))


def _requirement_case(
    task: FileTask, view: EntityView, name: str, told: BriefRequirement | None, requirement: str
) -> Case:
    """The test of a requirement: what it works on can be kept and found again."""
    concerned = told.entities if told else ()
    subjects = [
        FactoryNames(entity)
        for entity in concerned or (view.entity,)
        if task.offered(paths.factory_path(entity))
    ]
    title = told.title if told else "what it works on is kept and found."
    return Case(
        name=name,
        kind="requirement",
        says=sentence(f"{requirement}: {title}"),
        subjects=tuple(subjects or [FactoryNames(view.entity)]),
    )


def _test_imports(task: FileTask, view: EntityView, cases: list[Case]) -> str:
    body = render_file("test_entity.py", e=view, cases=cases, imports="")
    words = set(re.findall(r"\w+", body))
    entities = {view.entity, *(item.relation.target for item in view.references)}
    entities |= {subject.entity for case in cases for subject in case.subjects}
    factories = map(FactoryNames, entities)
    needed = [
        (paths.factory_path(factory.entity), [name for name in factory.symbols if name in words])
        for factory in factories
    ]
    return "\n".join(task.imports(needed))


def _used(text: str, module: str, names: Sequence[str]) -> list[str]:
    """The import line of those names that a text uses, if it uses any."""
    words = set(re.findall(r"\w+", text))
    used = [name for name in names if name in words]
    return [imported(module, used)] if used else []
