"""The prompt builder's brief: its form, and what the coder reads out of it again."""

import re
from dataclasses import dataclass

from providers.llm.demo.literals import one_line

_LINE = re.compile(r"^- (?P<id>FR-[1-9][0-9]*) \((?P<entities>[A-Za-z0-9, ]*)\): (?P<title>.+)$")


@dataclass(frozen=True)
class BriefRequirement:
    """A requirement as a brief tells it.

    Attributes:
        id: such as `FR-1`.
        entities: entities it concerns.
        title: on one line.
    """

    id: str
    entities: tuple[str, ...]
    title: str

    def line(self) -> str:
        """The requirement as a line of a brief."""
        return f"- {self.id} ({', '.join(self.entities)}): {one_line(self.title)}"


def requirements_in(brief: str) -> dict[str, BriefRequirement]:
    """Requirements a brief tells of, by id; a brief without any tells of none."""
    found = (_LINE.match(line) for line in brief.split("\n"))
    return {
        match["id"]: BriefRequirement(
            id=match["id"],
            entities=tuple(name for name in match["entities"].split(", ") if name),
            title=match["title"],
        )
        for match in found
        if match
    }
