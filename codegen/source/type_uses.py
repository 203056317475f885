"""Finds the names that components use as types alone, which nothing is left of when they run."""

from collections.abc import Iterator

from tree_sitter import Node

from codegen.source.languages import Language
from codegen.source.svelte_syntax import svelte_scripts
from codegen.source.trees import line_of, parse_tree, text_of, walk

_Use = tuple[str, int]
"""A name and the line it stands in."""

_QUALIFIED = "nested_type_identifier"
_VALUES = frozenset({"identifier", "shorthand_property_identifier"})


def type_uses(text: str) -> frozenset[_Use]:
    """The names, each with its line, that the TypeScript in a component uses as types alone.

    Of a name with dots it is the first part. A name that is a value in the same line is left out.

    Args:
        text: a component of Svelte or Vue.
    """
    types: set[_Use] = set()
    values: set[_Use] = set()
    for script in svelte_scripts(text):
        if script.language is Language.JAVASCRIPT:
            continue
        for node, is_type in _uses(parse_tree(script.language, script.text).root_node):
            (types if is_type else values).add((text_of(node), line_of(node) + script.line))
    return frozenset(types - values)


def _uses(root: Node) -> Iterator[tuple[Node, bool]]:
    """Every name, and whether it is that of a type."""
    for node in walk(root):
        if node.type == "type_identifier":
            yield node, True
        elif node.type in _VALUES:
            yield node, _qualifies_type(node)


def _qualifies_type(node: Node) -> bool:
    """Whether it is the `NodeJS` of `NodeJS.Timeout`, or the `A` of `A.B.C` among types."""
    around = node.parent
    while around is not None and around.type == "nested_identifier":
        around = around.parent
    return around is not None and around.type == _QUALIFIED
