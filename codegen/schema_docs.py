"""Keeps the part of `docs/docs.md` that describes the data model and the HTTP interface."""

import re

from core.artifacts.schema import Schema, StoredEntity
from core.markdown import table

_BEGIN = "<!-- schema: begin -->"
_END = "<!-- schema: end -->"
_SECTION = re.compile(rf"\n*{re.escape(_BEGIN)}.*?(?:{re.escape(_END)}\n*|\Z)", re.DOTALL)


def update_docs(docs: str, schema: Schema) -> str:
    """Write the schema's section at the end of the docs, in place of an earlier one.

    Args:
        docs: Markdown; what stands outside the section is left as it is.
        schema: what the section describes.
    """
    body = without_schema(docs).strip("\n")
    return f"{body}\n\n{_BEGIN}\n{_section(schema)}\n{_END}\n"


def without_schema(docs: str) -> str:
    """The docs without the schema's section, as stage 2 wrote them."""
    body = _SECTION.sub("\n\n", docs).strip("\n")
    return f"{body}\n"


def _section(schema: Schema) -> str:
    parts = ["## Data model"]
    parts.extend(_entity(entity) for entity in schema.entities)
    if not schema.entities:
        parts.append("Nothing is stored.")
    parts.append("## HTTP interface")
    if schema.endpoints:
        rows = [
            (
                f"`{item.method}`",
                f"`{item.path}`",
                _cell(item.summary),
                _cell(", ".join(item.requirements)),
            )
            for item in schema.endpoints
        ]
        head = ("method", "path", "what it does", "requirements")
        parts.append(table(head, rows).rstrip())
    else:
        parts.append("There is none.")
    return "\n\n".join(parts)


def _entity(entity: StoredEntity) -> str:
    rows: list[tuple[str, ...]] = []
    for field in entity.fields:
        kind = f"choice: {', '.join(field.choices)}" if field.choices else field.type
        rows.append(_row(field.name, kind, field.required, field.description))
    for relation in entity.relations:
        kind = f"{relation.kind} {relation.target}"
        rows.append(_row(relation.name, kind, relation.required, relation.description))
    columns = table(("column", "type", "required", "description"), rows).rstrip()
    return f"### Table {entity.table}\n\nHolds {entity.name}.\n\n{columns}"


def _row(name: str, kind: str, required: bool, description: str) -> tuple[str, ...]:
    return name, _cell(kind), "yes" if required else "no", _cell(description)


def _cell(text: str) -> str:
    """Text inside a table's cell: one line, without what would end the cell or the section."""
    return " ".join(text.split()).replace("|", "\\|").replace("<!--", "&lt;!--")
