"""Stage 2 of a changed product: the documentation, section by section."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from codegen.change.scope import SpecScope
from codegen.markdown_answer import extract_markdown
from core.artifacts.change import Change
from core.artifacts.specs import CleanSpec
from core.layout import DOCS

INTERFACES = "Interfaces"
"""The section that tells of all pages and operations, and so of each that changes."""

_HEADING = re.compile(r"^(#{1,3})[ \t]+(.+?)[ \t]*#*[ \t]*$")
_REQUIREMENT = re.compile(r"\bFR-[1-9][0-9]*\b")


@dataclass(frozen=True)
class _Section:
    """A heading of the first three levels, and the text up to the next.

    Attributes:
        level: 1 to 3; 0 for what stands before the first heading.
        title: of the heading.
        text: heading included, without empty lines around it.
    """

    level: int
    title: str
    text: str

    @property
    def subject(self) -> str:
        """What it is about: the number of a requirement, else its whole title."""
        found = _REQUIREMENT.match(self.title)
        return found[0] if found and self.level == 3 else self.title.strip("`* ")


def changed_sections(scope: SpecScope) -> Change:
    """What is asked where requirements or entities changed; nothing else is written again."""
    if scope.is_empty:
        return Change()
    return Change(items=scope.items, asked=(*sorted(scope.there, key=_order), INTERFACES))


def merged_docs(docs: str, answer: str, spec: CleanSpec, scope: SpecScope) -> str:
    """The documentation before, with the sections that were asked about from an answer.

    Args:
        docs: the document of the build before, without the schema's section.
        answer: the model's, as it was given.
        spec: what the document must cover now.
        scope: what changed.

    Raises:
        ValueError: the answer lacks a section that was asked for.
    """
    asked = {*scope.there, INTERFACES}
    told = {
        section.subject: section
        for section in _sections(extract_markdown(answer, DOCS))
        if section.subject in asked
    }
    before = _sections(docs)
    there = {section.subject for section in before}
    missing = [name for name in sorted(asked, key=_order) if name not in told]
    missing = [name for name in missing if name != INTERFACES or name in there]
    if missing:
        raise ValueError(
            f"these were asked for and have no section of their own: {', '.join(missing)}; give "
            "each requirement a heading `### FR-n: title`, each entity a heading `### Name`, and "
            f"the interfaces the heading `## {INTERFACES}`"
        )
    kept = [
        told.get(section.subject, section)
        for section in before
        if section.level < 3 or section.subject not in scope.removed
    ]
    requirements = [told[item.id] for item in spec.requirements if item.id in asked - there]
    entities = [told[item.name] for item in spec.entities if item.name in asked - there]
    whole = _inserted(_inserted(kept, "Requirements", requirements), "Entities", entities)
    return "\n\n".join(section.text for section in whole) + "\n"


def has_sections(docs: str, names: Iterable[str]) -> bool:
    """Whether each of some requirements and entities has a section of its own to be replaced."""
    return {section.subject for section in _sections(docs)} >= set(names)


def _inserted(sections: list[_Section], chapter: str, added: list[_Section]) -> list[_Section]:
    """Sections with some more at the end of a chapter; without that chapter, at the very end."""
    starts = [n for n, item in enumerate(sections) if item.level == 2 and item.title == chapter]
    if not starts:
        return [*sections, *added]
    end = starts[0] + 1
    while end < len(sections) and sections[end].level == 3:
        end += 1
    return [*sections[:end], *added, *sections[end:]]


def _sections(docs: str) -> list[_Section]:
    """Sections in order; a `#` inside a fenced block is no heading."""
    found: list[tuple[int, str, list[str]]] = [(0, "", [])]
    fence = ""
    for line in docs.split("\n"):
        mark = line.lstrip()[:3]
        if mark in {"```", "~~~"}:
            fence = "" if fence == mark else fence or mark
        heading = None if fence else _HEADING.match(line)
        if heading:
            found.append((len(heading[1]), heading[2], []))
        found[-1][2].append(line)
    parts = ((level, title, "\n".join(lines).strip("\n")) for level, title, lines in found)
    return [_Section(level, title, text) for level, title, text in parts if text]


def _order(name: str) -> tuple[int, str]:
    return (int(name[3:]), "") if _REQUIREMENT.fullmatch(name) else (10**9, name)
