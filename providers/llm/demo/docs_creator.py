"""Answers `docs-creator`: the documentation, as Markdown with fixed headings."""

from collections.abc import Iterable

from core.artifacts.change import Change
from core.artifacts.specs import CleanSpec, Relation, Requirement, SpecEntity, SpecField
from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.literals import LEAD_LENGTH, lead, markdown_line, markdown_text, one_line

_INTERFACES = """\
The application serves a front page at `/`, a JSON interface below `/api`, its description as
OpenAPI at `/openapi.json` and, for people, at `/docs`. Each kind of record has a list that is read
page by page, filtered, searched and sorted, and records can be created, read, replaced and deleted.
A record that does not exist is answered with 404, values that do not fit with 422, and a change
that would break another record with 409."""

_OPERATIONS = """\
`DATABASE_URL` says where the SQLite database is; without it a file in the working folder is used.
Missing tables are made at the start. `/health` answers 200 when the database can be read. There is
no sign-in: run it where only people who may see everything can reach it."""

_KINDS = {"many_to_one": "one", "one_to_one": "exactly one", "many_to_many": "any number of"}


def answer(blocks: PromptBlocks) -> str:
    """Write the documentation of a clean spec, or the sections of it that changed."""
    specs = blocks.model("specs", CleanSpec)
    if "change" in blocks:
        return _changed(specs, blocks.model("change", Change))
    parts = [
        f"# {markdown_line(specs.project_name)}",
        *_overview(specs),
        *_section("## Users", _items(specs.users)),
        "## Requirements",
        *map(_requirement, specs.requirements),
        "## Entities",
        *map(_entity, specs.entities),
        "## Interfaces",
        _INTERFACES,
        "## Operations",
        _OPERATIONS,
        *(part for title, body in _ends(specs).items() for part in _section(f"## {title}", body)),
    ]
    return "\n\n".join(parts) + "\n"


def _overview(specs: CleanSpec) -> tuple[str, str]:
    return "## Overview", markdown_line(lead(specs.summary)) or "A small application."


def _ends(specs: CleanSpec) -> dict[str, str]:
    """What stands behind all else, by title; empty where there is nothing to be said."""
    return {
        "Constraints": _items(specs.constraints),
        "Non-goals": _items(specs.non_goals),
        "Assumptions": _items(specs.assumptions),
        "In the asker's own words": _whole(specs.summary),
    }


def _changed(specs: CleanSpec, change: Change) -> str:
    asked = change.asked
    parts = [
        *(_overview(specs) if "Overview" in asked else ()),
        *(_requirement(item) for item in specs.requirements if item.id in asked),
        *(_entity(item) for item in specs.entities if item.name in asked),
        *(("## Interfaces", _INTERFACES) if "Interfaces" in asked else ()),
    ]
    chapters = {"Users": _items(specs.users), **_ends(specs)} if change.open else {}
    for title, body in chapters.items():
        parts += _section(f"## {title}", body or ("None." if title in change.open else ""))
    return "\n\n".join(parts) + "\n"


def _section(heading: str, body: str) -> list[str]:
    return [heading, body] if body else []


def _items(texts: Iterable[str]) -> str:
    return "\n".join(f"- {line}" for text in texts if (line := markdown_line(text)))


def _whole(summary: str) -> str:
    """What the overview leaves out."""
    return markdown_text(summary) if len(one_line(summary)) > LEAD_LENGTH else ""


def _requirement(requirement: Requirement) -> str:
    parts = [f"### {requirement.id}: {markdown_line(requirement.title)}"]
    if requirement.entities:
        parts.append(f"Concerns: {', '.join(requirement.entities)}.")
    parts.append(f"Priority: {requirement.priority}.")
    parts += _section("It is met when:", _items(requirement.acceptance_criteria))
    if text := markdown_text(requirement.description):
        parts.append(text)
    return "\n\n".join(parts)


def _entity(entity: SpecEntity) -> str:
    parts = [f"### {entity.name}"]
    if text := markdown_text(entity.description):
        parts.append(text)
    lines = [*map(_field, entity.fields), *map(_relation, entity.relations)]
    parts.append("\n".join(lines) or "It has nothing but its id.")
    return "\n\n".join(parts)


def _field(field: SpecField) -> str:
    kind = f"one of {'; '.join(field.choices)}" if field.choices else field.type
    return _item(field.name, markdown_line(kind), field.required, field.description)


def _relation(relation: Relation) -> str:
    kind = f"{_KINDS[relation.kind]} {relation.target}"
    return _item(relation.name, kind, relation.required, relation.description)


def _item(name: str, kind: str, required: bool, description: str) -> str:
    line = f"- `{name}`: {kind}{', required' if required else ''}."
    return f"{line} {markdown_line(description)}".rstrip()
