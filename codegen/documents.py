"""Checks the documentation a model wrote."""

import re

from core.artifacts.specs import CleanSpec

_WRAPPED = re.compile(
    r"\A\s*(?P<fence>`{3,}|~{3,})(?:md|markdown)?\n(?P<text>.*)\n(?P=fence)\s*\Z", re.DOTALL
)


def check_docs(answer: str, spec: CleanSpec) -> str:
    """Take the document out of an answer.

    Args:
        answer: Markdown, perhaps wrapped in one fence.
        spec: what the document must cover.

    Returns:
        The document, ending in one newline.

    Raises:
        ValueError: requirements or entities without a section of their own.
    """
    wrapped = _WRAPPED.match(answer)
    text = (wrapped["text"] if wrapped else answer).replace("\r\n", "\n").strip()
    headings = re.findall(r"^#{1,6}[ \t]+(.+?)[ \t]*$", text, re.MULTILINE)
    missing = [
        name
        for name in (
            *(requirement.id for requirement in spec.requirements),
            *(entity.name for entity in spec.entities),
        )
        if not any(re.search(rf"\b{re.escape(name)}\b", heading) for heading in headings)
    ]
    if missing:
        raise ValueError(
            f"these have no section of their own: {', '.join(missing)}; give each requirement a "
            "heading `### FR-n: title` and each entity a heading `### Name`"
        )
    return f"{text}\n"
