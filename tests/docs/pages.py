"""Reads the project's own documentation: marked parts, code blocks, names in backticks."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (
    "docs/architecture.md",
    "docs/limits.md",
    "docs/verification.md",
    "docs/operations.md",
    "docs/observability.md",
    "docs/deployment.md",
    "docs/troubleshooting.md",
    "docs/people.md",
    "docs/api.md",
    "docs/add-a-stage.md",
    "docs/add-a-provider.md",
    "docs/faults.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
)

_FENCED = re.compile(r"^(`{3,})(\w*)\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def read(page: str) -> str:
    """The text of a page, by its path below the project's folder."""
    return (ROOT / page).read_text(encoding="utf-8")


def marked(page: str, name: str) -> str:
    """What stands between a page's `<!-- name: begin -->` and `<!-- name: end -->`."""
    found = _marks(name).findall(read(page))
    assert len(found) == 1, f"{page} must have one marked part {name!r}"
    return found[0]


def replace_marked(page: str, name: str, text: str) -> None:
    """Write a marked part of a page anew."""
    marked(page, name)  # there is exactly one
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    whole = _marks(name).sub(lambda _: begin + text + end, read(page))
    (ROOT / page).write_text(whole, encoding="utf-8")


def _marks(name: str) -> re.Pattern[str]:
    return re.compile(rf"<!-- {name}: begin -->\n(.*?)<!-- {name}: end -->", re.DOTALL)


def blocks(text: str) -> list[tuple[str, str]]:
    """Language and text of each fenced block."""
    return [(found[2], found[3]) for found in _FENCED.finditer(text)]


def spans(text: str) -> list[str]:
    """What stands in backticks within a line, fenced blocks left out."""
    return _CODE.findall(_FENCED.sub("", text))
