"""The nodes of a Python tree, listed once, are those that Python itself walks through."""

import ast
from pathlib import Path

import pytest

from codegen.source import python_gaps
from codegen.source.syntax import python_nodes, python_tree

SOURCES = sorted(Path(python_gaps.__file__).parent.glob("*.py"))
MATCHING = """
match point:
    case {"x": 1, **rest}: print(rest)
    case [first, *others] | (first, others): print(first, others)
    case Point(x=0) as origin: print(origin)
try: pass
except* ValueError as group: print(group)
def f(a, /, b=1, *c, d: int = 2, **e) -> None: ...
"""


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_nodes_of_a_module_come_in_the_order_of_ast_walk(source: Path) -> None:
    tree = python_tree(source.read_text(encoding="utf-8"))
    assert python_nodes(tree) == tuple(ast.walk(tree))


def test_names_bound_by_patterns_and_groups_are_found() -> None:
    tree = python_tree(MATCHING)
    assert python_nodes(tree) == tuple(ast.walk(tree))
    undefined = {finding.message for finding in python_gaps.undefined_names(tree)}
    assert undefined == {f"the name {name!r} is defined nowhere" for name in ("point", "Point")}
