"""Stage 2 of a changed product: the documentation, section by section."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from codegen.change.scope import SpecScope
from codegen.markdown_answer import extract_markdown
from core.artifacts.change import Change, ItemChange
from core.artifacts.specs import CleanSpec
from core.layout import DOCS

INTERFACES = "Interfaces"
"""The section that tells of all pages and operations, and so of each that changes."""

OVERVIEW = "Overview"
"""The section that tells what the product is, and for whom."""

_LISTS = frozenset({"Requirements", "Entities"})
"""Chapters whose sections are asked for one by one."""

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


def changed_sections(docs: str, scope: SpecScope, general: tuple[ItemChange, ...] = ()) -> Change:
    """What is asked where requirements or entities changed; nothing else is written again.

    Args:
        docs: the document of the build before, without the schema's section.
        scope: what changed of requirements and entities.
        general: answers about the product as a whole that are different; then the overview is
            asked for, and the other chapters may be.
    """
    asked = [] if scope.is_empty else [*sorted(scope.there, key=_order), INTERFACES]
    chapters = [item.title for item in _sections(docs) if item.level == 2 and general]
    asked += [name for name in chapters if name == OVERVIEW]
    return Change(
        items=(*general, *scope.items),
        asked=tuple(asked),
        open=tuple(name for name in chapters if name not in {*asked, *_LISTS}),
    )


def merged_docs(
    docs: str, answer: str, spec: CleanSpec, scope: SpecScope, change: Change | None = None
) -> str:
    """The documentation before, with the sections that were asked about from an answer.

    Args:
        docs: the document of the build before, without the schema's section.
        answer: the model's, as it was given.
        spec: what the document must cover now.
        scope: what changed of requirements and entities.
        change: what was asked, of `changed_sections`.

    Raises:
        ValueError: the answer lacks a section that was asked for.
    """
    change = change or changed_sections(docs, scope)
    asked = set(change.asked)
    may_come = asked | {*change.open}
    before = _sections(docs)
    known = {section.subject for section in before}
    answered = _sections(extract_markdown(answer, DOCS))
    told = {section.subject: section for section in answered if section.subject in may_come}
    new = [
        section
        for section in answered
        if change.open and section.level == 2 and section.subject not in known | _LISTS
    ]
    missing = [name for name in sorted(asked, key=_order) if name not in told]
    missing = [name for name in missing if name != INTERFACES or name in known]
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
    requirements = [told[item.id] for item in spec.requirements if item.id in asked - known]
    entities = [told[item.name] for item in spec.entities if item.name in asked - known]
    whole = _inserted(_inserted(kept, "Requirements", requirements), "Entities", entities)
    whole += new
    return "\n\n".join(section.text for section in whole) + "\n"


def has_sections(docs: str, names: Iterable[str]) -> bool:
    """Whether each of some requirements and entities has a section of its own to be replaced."""
    return {section.subject for section in _sections(docs)} >= set(names)


def without_overview(docs: str) -> str:
    """The document without the section that every file's writer is shown, whatever it is about."""
    sections = _sections(docs)
    return "\n\n".join(item.text for item in sections if item.title != OVERVIEW)


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
