"""Answers `prompt-builder`: a brief for the coder about one file, in plain text."""

import html
import re

from core.artifacts.schema import Schema
from core.artifacts.structure import FileContract
from providers.llm.demo.blocks import PromptBlocks
from providers.llm.demo.brief import BriefRequirement
from providers.llm.demo.documents import FileIndex, ModuleTests, ProjectFacts
from providers.llm.demo.literals import one_line

_HEADING = re.compile(r"^#{1,6} (?P<id>FR-[1-9][0-9]*): (?P<title>.+)$")
_CONCERNS = re.compile(r"^Concerns: (?P<entities>[A-Za-z0-9, ]+)\.$")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")


def answer(blocks: PromptBlocks) -> str:
    """Write a brief."""
    project = blocks.model("project", ProjectFacts)
    file = blocks.model("file", FileContract)
    schema = blocks.model("schema", Schema)
    neighbours = blocks.model("neighbours", FileIndex)
    tests = blocks.model("tests", ModuleTests)
    requirements = requirements_of(blocks.text("docs"), file)
    parts = [
        f"Write `{file.path}` of {one_line(project.name)}: {one_line(file.purpose)}",
        _listed("It must serve", [item.line() for item in requirements]),
        _listed("It is about", [f"- {entity.name}" for entity in schema.entities]),
        _listed(
            "It offers", [f"- {item.name}: {item.signature or item.kind}" for item in file.exports]
        ),
        _listed(
            "It may import",
            [f"- {item.path}: {', '.join(item.symbols) or 'as a whole'}" for item in file.imports],
        ),
        _listed("Its neighbours", [f"- {item.path}: {item.purpose}" for item in neighbours.files]),
        _listed("Its tests are", [f"- {test.case} for {test.requirement}" for test in tests.tests]),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _listed(heading: str, lines: list[str]) -> str:
    return "\n".join([f"{heading}:", *lines]) if lines else ""


def requirements_of(docs: str, file: FileContract) -> list[BriefRequirement]:
    """What the docs say about the requirements a file serves."""
    found: dict[str, BriefRequirement] = {}
    current = ""
    for line in docs.split("\n"):
        if heading := _HEADING.match(line):
            current = heading["id"]
            title = html.unescape(_ESCAPED.sub(r"\1", heading["title"]))
            found.setdefault(current, BriefRequirement(id=current, entities=(), title=title))
        elif line.startswith("#"):
            current = ""
        elif current and (concerns := _CONCERNS.match(line)):
            entities = tuple(concerns["entities"].split(", "))
            found[current] = BriefRequirement(current, entities, found[current].title)
    return [found[number] for number in file.requirements if number in found]
