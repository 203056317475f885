"""Cuts the parts of documents that concern one file or module.

A prompt about one file must not grow with the number of files.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from core.artifacts.schema import Endpoint, Schema, StoredEntity
from core.artifacts.specs import CleanSpec, Requirement, SpecEntity
from core.artifacts.structure import FileContract, FileStructure, Module

_SECTION = re.compile(r"^#{2,6}\s+(.*?)\s*#*\s*$")
"""A heading below the document's title, which names the product and no part of it."""

FILES_SHOWN = 120
"""Files of other modules in one prompt, above which only what modules offer to others is shown."""
_REQUIREMENT = re.compile(r"\bFR-[1-9][0-9]*\b")


def docs_excerpt(
    docs: str,
    *,
    requirements: Collection[str],
    entities: Collection[str],
    limit: int | None = 12_000,
) -> str:
    """Cut the sections of a Markdown document that concern some requirements and entities.

    The overview is always there; a section about another requirement or entity never is.

    Args:
        docs: the document; its sections are headed `### FR-1: …` and `### Entity`.
        requirements: ids such as `FR-1`.
        entities: names of entities.
        limit: characters at the most; a longer excerpt is cut at a section's end. `None` for
            all of it, where the caller cuts it and tells.
    """
    asked, named = set(requirements), {entity.casefold() for entity in entities}
    wanted = [section.text for section in _sections(docs) if section.concerns(asked, named)]
    if limit is None:
        return "\n\n".join(wanted)
    kept: list[str] = []
    size = 0
    for text in wanted:
        if kept and size + len(text) > limit:
            break
        kept.append(text[:limit])
        size += len(text)
    return "\n\n".join(kept)


@dataclass(frozen=True)
class _Section:
    """A section of a document.

    Attributes:
        text: all of it, its heading included.
        requirements: ids in its title.
        words: of its title, without regard to case.
    """

    text: str
    requirements: frozenset[str]
    words: frozenset[str]
    is_overview: bool

    @classmethod
    def titled(cls, title: str, text: str) -> Self:
        return cls(
            text=text,
            requirements=frozenset(_REQUIREMENT.findall(title)),
            words=frozenset(word.casefold() for word in re.findall(r"\w+", title)),
            is_overview=title.strip().casefold() == "overview",
        )

    def concerns(self, requirements: set[str], entities: set[str]) -> bool:
        """Whether it is about one of them; a section about requirements is about these alone."""
        if self.requirements:
            return not self.requirements.isdisjoint(requirements)
        return self.is_overview or not self.words.isdisjoint(entities)


@lru_cache(maxsize=4)
def _sections(docs: str) -> tuple[_Section, ...]:
    """Sections by heading, in order; a `#` inside a fenced block is no heading.

    Those of the last documents are kept: each file's prompt cuts its part out of the same one.
    """
    sections: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in docs.split("\n"):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        heading = None if fenced else _SECTION.match(line)
        if heading:
            sections.append((heading[1], []))
        sections[-1][1].append(line)
    pairs = ((title, "\n".join(lines).strip()) for title, lines in sections)
    return tuple(_Section.titled(title, text) for title, text in pairs if text)


def schema_excerpt(
    schema: Schema, entities: Collection[str], endpoints: Collection[str] = ()
) -> Schema:
    """The part of a schema that concerns some entities and endpoints.

    It holds these entities and their endpoints whole, these endpoints and the entities they serve,
    the entities that all these point to without relations, and the entities that point to them with
    just those relations.

    Args:
        schema: all of it.
        entities: names of entities.
        endpoints: ids of endpoints, such as `GET /api/tasks`.
    """
    named = set(endpoints)

    def is_named(item: Endpoint) -> bool:
        return bool(named) and item.id in named

    wanted = {*entities, *(item.entity for item in schema.endpoints if is_named(item))}
    targets = {
        relation.target
        for entity in schema.entities
        if entity.name in wanted
        for relation in entity.relations
    }
    kept: list[StoredEntity] = []
    for entity in schema.entities:
        pointing = tuple(relation for relation in entity.relations if relation.target in wanted)
        if entity.name in wanted:
            kept.append(entity)
        elif entity.name in targets or pointing:
            kept.append(entity.model_copy(update={"relations": pointing}))
    return Schema(
        entities=tuple(kept),
        endpoints=tuple(
            item
            for item in schema.endpoints
            if not item.entity or item.entity in entities or is_named(item)
        ),
    )


def spec_excerpt(
    spec: CleanSpec, *, requirements: Collection[str], entities: Collection[str]
) -> CleanSpec:
    """A spec in which only some requirements and entities are told in full.

    The others are there by number and title, or by name, so that the numbering stays whole.
    """
    return spec.model_copy(
        update={
            "requirements": tuple(
                item if item.id in requirements else _title_only(item) for item in spec.requirements
            ),
            "entities": tuple(
                item if item.name in entities else SpecEntity(name=item.name)
                for item in spec.entities
            ),
        }
    )


def _title_only(requirement: Requirement) -> Requirement:
    return Requirement(id=requirement.id, title=requirement.title, priority=requirement.priority)


def structure_excerpt(structure: FileStructure, schema: Schema, module: Module) -> FileStructure:
    """The structure as a question about one module needs it.

    Files are there by path, purpose and exports. A module about other entities, to which none of
    this module's points and which points to none of them, is there by name and purpose alone, as
    long as this module imports none of its files. Where more than `FILES_SHOWN` files are left, as
    for the module that puts the application together, other modules are there with their faces
    only: the files that no file of their own module imports, and those that this module imports.

    Args:
        structure: all modules.
        schema: says which entities point to each other.
        module: the module the question is about.
    """
    near = {entity.name for entity in schema_excerpt(schema, module.entities).entities}
    near.update(module.entities)
    imported = {item.path for file in module.files for item in file.imports}

    def concerns(other: Module) -> bool:
        names = set(other.entities)
        return (
            not names
            or not module.entities
            or bool(names & near)
            or any(file.path in imported for file in other.files)
        )

    shown = {other.name: other.files if concerns(other) else () for other in structure.modules}
    if sum(map(len, shown.values())) > FILES_SHOWN:
        shown = {
            name: tuple(file for file in files if file.path in imported or _is_face(file, files))
            for name, files in shown.items()
        }
    return FileStructure(
        modules=tuple(
            other.model_copy(update={"files": tuple(map(_outline, shown[other.name]))})
            for other in structure.modules
        ),
        dependencies=structure.dependencies,
    )


def _is_face(file: FileContract, siblings: tuple[FileContract, ...]) -> bool:
    """Whether a file is for other modules: none of its own module imports it."""
    return not any(item.path == file.path for sibling in siblings for item in sibling.imports)


def _outline(file: FileContract) -> FileContract:
    left_out = ("imports", "cycles", "packages", "requirements", "entities", "endpoints")
    return file.model_copy(update=dict.fromkeys(left_out, ()))
