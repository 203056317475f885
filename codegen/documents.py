"""Checks the documentation a model wrote."""

import re

from codegen.markdown_answer import extract_markdown
from core.artifacts.specs import CleanSpec
from core.layout import DOCS


def check_docs(answer: str, spec: CleanSpec) -> str:
    """Take the document out of an answer.

    Args:
        answer: Markdown, perhaps wrapped in one fence, with a remark before it.
        spec: what the document must cover.

    Returns:
        The document, ending in one newline.

    Raises:
        ValueError: no document, or requirements or entities without a section of their own.
    """
    text = extract_markdown(answer, DOCS).strip()
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
