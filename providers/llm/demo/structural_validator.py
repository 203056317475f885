"""Answers `structural-validator`: what in docs and schema would break the code."""

import re
from collections.abc import Iterator

from core.artifacts.answers import IssueList
from core.artifacts.schema import Schema, StoredEntity
from core.artifacts.structure import Severity, StructuralIssue
from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.names import derived_names, is_many, is_reserved
from providers.llm.demo.relations import required_cycle

_Finding = tuple[Severity, str, str, str]


def answer(blocks: PromptBlocks) -> str:
    """List the issues of docs and schema."""
    schema = blocks.model("schema", Schema)
    docs = blocks.text("docs")
    findings = [
        *(finding for entity in schema.entities for finding in _name_clashes(entity)),
        *_circles(schema),
        *_unserved(schema),
        *_undocumented(schema, docs),
    ]
    issues = tuple(
        StructuralIssue(
            id=f"SI-{number}", severity=severity, place=place, message=message, suggestion=advice
        )
        for number, (severity, place, message, advice) in enumerate(findings, start=1)
    )
    return IssueList(issues=issues).model_dump_json()


def _name_clashes(entity: StoredEntity) -> Iterator[_Finding]:
    taken = {field.name for field in entity.fields}
    for field in entity.fields:
        if is_reserved(field.name):
            yield (
                Severity.ERROR,
                entity.name,
                f"the field {field.name!r} has a name that the code needs for itself",
                f"Call it {field.name}_value.",
            )
    for relation in entity.relations:
        derived = derived_names(relation.name, is_many(relation)) - {relation.name}
        for name in sorted(derived):
            if name not in taken and not is_reserved(name):
                continue
            yield (
                Severity.ERROR,
                entity.name,
                f"the relation {relation.name!r} is stored as {name!r}, a name that is taken",
                "Rename the field or the relation.",
            )
        taken |= derived


def _circles(schema: Schema) -> Iterator[_Finding]:
    found = required_cycle(schema.entities)
    if found:
        name, relation = found
        yield (
            Severity.ERROR,
            name,
            f"{name}.{relation.name} closes a circle of required relations, so that no record of "
            "them could ever be made first",
            "Make the relation optional.",
        )


def _unserved(schema: Schema) -> Iterator[_Finding]:
    served = {(endpoint.entity, endpoint.method) for endpoint in schema.endpoints}
    for entity in schema.entities:
        missing = [method for method in ("GET", "POST") if (entity.name, method) not in served]
        if missing:
            yield (
                Severity.WARNING,
                entity.name,
                f"no endpoint serves {entity.name} with {' or '.join(missing)}",
                "Add it, or drop the entity.",
            )


def _undocumented(schema: Schema, docs: str) -> Iterator[_Finding]:
    headings = " ".join(re.findall(r"^#+ .*$", docs, re.MULTILINE))
    for entity in schema.entities:
        if not re.search(rf"\b{re.escape(entity.name)}\b", headings):
            yield (
                Severity.WARNING,
                entity.name,
                f"the docs have no section about {entity.name}",
                f"Add the section `### {entity.name}`.",
            )
