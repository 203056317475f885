"""What pages and style sheets refer to: scripts, style sheets, pictures of the same repository."""

import re

from codegen.source.languages import Language
from codegen.source.names import SourceImport

_COMMENT = {
    Language.HTML: re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL),
    Language.CSS: re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL),
    Language.SCSS: re.compile(r"/\*.*?(?:\*/|\Z)|(?<![:\w])//[^\n]*", re.DOTALL),
}
_HTML = re.compile(
    r"""<(?:script|img|source|iframe|audio|video|embed)\b[^>]*?\bsrc\s*=\s*["']([^"']*)["']"""
    r"""|<link\b[^>]*?\bhref\s*=\s*["']([^"']*)["']""",
    re.IGNORECASE,
)
_STYLE = re.compile(
    r"""@(?:import|use|forward)\s+(?:url\(\s*)?["']([^"']*)["']|url\(\s*["']?([^"')]*)["']?\s*\)""",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#|\{|%|\$|<|@", re.IGNORECASE)
"""Addresses, anchors, and places that a template engine or bundler fills in."""


def link_imports(language: Language, text: str) -> list[SourceImport]:
    """Files that a page or style sheet refers to by a fixed, local path."""
    plain = _COMMENT[language].sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    found: list[SourceImport] = []
    for link in (_HTML if language is Language.HTML else _STYLE).finditer(plain):
        target = (link[1] or link[2] or "").strip()
        if not target or _OUTSIDE.match(target) or any(mark in target for mark in "{}<>"):
            continue
        line = plain.count("\n", 0, link.start()) + 1
        found.append(SourceImport(module=target, kind="link", line=line))
    return found
