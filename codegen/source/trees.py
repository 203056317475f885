"""Parses text with tree-sitter, and walks what comes out."""

import re
from collections.abc import Iterator
from functools import cache, lru_cache

from tree_sitter import Language as Grammar
from tree_sitter import Node, Parser, Tree
from tree_sitter_language_pack import get_language

from codegen.source.languages import SCRIPTS, Language

_WITH_MARKUP = SCRIPTS | {Language.HTML}
_PLAIN_TEXT = frozenset({"jsx_text", "text", "attribute_value"})
_SUBSTITUTE = b"\x1a"
"""A character that no code may hold outside of its texts, so that it never mends what is broken."""


@cache
def _grammar(language: Language) -> Grammar:
    return get_language(language.value)


@lru_cache(maxsize=8)
def parse_tree(language: Language, text: str) -> Tree:
    """Parse a text; what cannot be parsed stands in the tree as `ERROR` or missing nodes.

    A `&` that stands for itself in JSX or HTML is read as text; in the tree, `_SUBSTITUTE` stands
    in its place. The last few trees are kept, because several checks look at the same text.
    """
    source = text.encode(errors="replace")
    tree = Parser(_grammar(language)).parse(source)
    if tree.root_node.has_error and b"&" in source and language in _WITH_MARKUP:
        return _with_plain_ampersands(language, source)
    return tree


def _with_plain_ampersands(language: Language, source: bytes) -> Tree:
    """The tree of a text whose `&` need not begin a character reference, every place as it was.

    Compilers and browsers take `<h1>Tips & tricks</h1>` and `<a href="?a=1&b=2">`, the grammars do
    not.
    """
    parser = Parser(_grammar(language))
    # In code `|` may stand wherever `&` may, and nowhere else; in text it is nothing but text.
    alike = parser.parse(source.replace(b"&", b"|"))
    other = bytearray(source)
    for node in walk(alike.root_node):
        if node.type in _PLAIN_TEXT or (node.type == "string" and _is_attribute(node.parent)):
            place = slice(node.start_byte, node.end_byte)
            other[place] = other[place].replace(b"&", _SUBSTITUTE)
    return parser.parse(bytes(other))


def _is_attribute(node: Node | None) -> bool:
    return node is not None and node.type == "jsx_attribute"


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
_PASSED_ON_TYPES = re.compile(r"\bexport\s+type(?=\s*\*)")
"""TypeScript's `export type * from "x"`."""


def reads_otherwise(language: Language, text: str) -> bool:
    """Whether a text parses once what its grammar does not know is put in other words."""
    if language not in SCRIPTS:
        return False
    other = _UNKNOWN_TO_GRAMMARS.sub(lambda found: "x" * len(found[0]), text)
    other = _VARIANCE.sub(lambda found: " " * len(found[0]), other)
    if language is not Language.JAVASCRIPT:
        other = _PASSED_ON_TYPES.sub("export", other)
    return other != text and not parse_tree(language, other).root_node.has_error
