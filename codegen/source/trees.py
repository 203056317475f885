"""Parses text with tree-sitter, and walks what comes out."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser, Tree
from tree_sitter_language_pack import get_language

from codegen.source.languages import SCRIPTS, Language


@cache
def _grammar(language: Language) -> Grammar:
    return get_language(language.value)


@lru_cache(maxsize=8)
def parse_tree(language: Language, text: str) -> Tree:
    """Parse a text; what cannot be parsed stands in the tree as `ERROR` or missing nodes.

    The last few trees are kept, because several checks look at the same text.
    """
    return Parser(_grammar(language)).parse(text.encode(errors="replace"))


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it, in the order of the text; deep trees are no problem."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(reversed(current.children))


def text_of(node: Node | None) -> str:
    """The text of a node as it stands; empty for none."""
    return (node.text or b"").decode(errors="replace") if node is not None else ""


def line_of(node: Node) -> int:
    """The line a node begins in, from 1."""
    return node.start_point.row + 1


def squeezed(text: str) -> str:
    """A text on one line, with single spaces and none inside brackets' edges."""
    line = " ".join(text.split())
    for opening in "([{":
        line = line.replace(f"{opening} ", opening) if opening != "{" else line
    for closing in ")]":
        line = line.replace(f" {closing}", closing).replace(f",{closing}", closing)
    return line


def broken_nodes(tree: Tree, limit: int) -> list[Node]:
    """The first places where a text does not fit the grammar, outermost errors only."""
    found: list[Node] = []
    pending = [tree.root_node]
    while pending and len(found) < limit:
        node = pending.pop()
        if node.is_error or node.is_missing:
            found.append(node)
        elif node.has_error:
            pending.extend(reversed(node.children))
    return found


_RESERVED = (
    "async|case|catch|class|default|delete|enum|export|false|finally|for|function|if|import|in|let"
    "|new|null|return|static|switch|this|throw|true|try|typeof|var|void|while|with|yield"
)
_UNKNOWN_TO_GRAMMARS = re.compile(
    r"""\bimport\((?:"[^"\n]*"|'[^'\n]*')\)"""  # an imported type's: `import("x").Y<Z>`
    rf"|(?<=\bas )(?:{_RESERVED})\b|\b(?:{_RESERVED})(?= as )"  # names in a list of exports
)
_VARIANCE = re.compile(r"\b(?:in\s+out|in|out)(?=\s+[A-Z]\w*\s*(?:extends\b|[,=>]))")
"""TypeScript's `<in T>` and `<out T>`."""


def reads_otherwise(language: Language, text: str) -> bool:
    """Whether a text parses once what its grammar does not know is put in other words."""
    if language not in SCRIPTS:
        return False
    other = _UNKNOWN_TO_GRAMMARS.sub(lambda found: "x" * len(found[0]), text)
    other = _VARIANCE.sub(lambda found: " " * len(found[0]), other)
    return other != text and not parse_tree(language, other).root_node.has_error
