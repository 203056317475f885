"""Finds tests that pass whatever the code does: without a body, or of nothing but constants."""

import ast
import re
from collections.abc import Iterator
from functools import cache

from tree_sitter import Node, Query, QueryCursor
from tree_sitter_language_pack import get_language

from codegen.source.findings import Finding
from codegen.source.languages import Language
from codegen.source.syntax import python_nodes
from codegen.source.trees import line_of, parse_tree, text_of
from core.artifacts.structure import Severity

_CONSTANT = (
    ast.Constant
    | ast.UnaryOp
    | ast.BoolOp
    | ast.Compare
    | ast.unaryop
    | ast.boolop
    | ast.cmpop
    | ast.expr_context
    | ast.Tuple
    | ast.List
)
_CASE = re.compile(
    r"(?:t\.)?(?:test|it)(?:\.(?:only|concurrent|sequential|serial|each\b.*))*", re.DOTALL
)
"""What declares a test that runs; `test.todo` and `test.skip` declare one that does not."""
_NOT_RUN = re.compile(r"\b(?:skip|todo)\b")
_LITERAL = (
    r"(?:true|false|null|undefined|-?\d+(?:\.\d+)?|'[^'\n]*'|\"[^\"\n]*\"|`[^`$]*`|\[\]|\{\})"
)
_LITERALS = rf"\(\s*(?:{_LITERAL}(?:\s*,\s*{_LITERAL})*\s*,?\s*)?\)"
_VACUOUS = re.compile(
    rf"(?:return\s+|await\s+)?(?:{_LITERAL}"
    rf"|(?:t\.)?assert(?:\.(?!fail\b)\w+)*{_LITERALS}"
    rf"|expect{_LITERALS}(?:\.\w+)+(?:{_LITERALS})?"
    rf"|t\.pass{_LITERALS})\s*;?"
)


def python_vacuous_tests(tree: ast.Module) -> list[Finding]:
    """Tests of a file of pytest's whose whole body is assertions of constants.

    Args:
        tree: of the file.
    """
    return [
        _vacuous(node.name, "asserts nothing but constants", node.lineno)
        for node in python_nodes(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test")
        and any(_asserts_constants(item) for item in node.body)
        and all(_asserts_constants(item) or _does_nothing(item) for item in node.body)
    ]


def _does_nothing(statement: ast.stmt) -> bool:
    """Whether it is `pass`, `...` or a docstring: bodies of these alone are stubs anyway."""
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case _:
            return False


def _asserts_constants(statement: ast.stmt) -> bool:
    """Whether it is `assert True` or `self.assertTrue(True)`, or another of such."""
    match statement:
        case ast.Assert(test=test):
            asserted = [test]
        case ast.Expr(
            value=ast.Call(
                func=ast.Attribute(value=ast.Name(id="self"), attr=method), args=[_, *_] as asserted
            )
        ) if method.startswith("assert"):
            pass
        case _:
            return False
    return all(isinstance(node, _CONSTANT) for item in asserted for node in ast.walk(item))


def script_vacuous_tests(language: Language, text: str) -> list[Finding]:
    """Calls of `test` and `it` with a callback that is empty, or asserts constants alone.

    Args:
        language: of the script.
        text: the whole file.
    """
    if not re.search(r"\b(?:test|it)\b", text):
        return []
    root = parse_tree(language, text).root_node
    calls = QueryCursor(_calls(language)).captures(root).get("call", ())
    return [finding for call in calls for finding in _of_call(call)]


@cache
def _calls(language: Language) -> Query:
    return Query(get_language(language.value), "(call_expression arguments: (arguments)) @call")


def go_empty_tests(text: str) -> list[Finding]:
    """Functions that `go test` runs, and that have no statement.

    Args:
        text: the whole file.
    """
    return [
        _vacuous(name, "has an empty body", line_of(node))
        for node in parse_tree(Language.GO, text).root_node.named_children
        if node.type == "function_declaration"
        and re.match(r"Test(?![a-z])", name := text_of(node.child_by_field_name("name")))
        and "testing.T" in text_of(node.child_by_field_name("parameters"))
        and (body := node.child_by_field_name("body")) is not None
        and all(child.type == "comment" for child in body.named_children)
    ]


def _of_call(call: Node) -> Iterator[Finding]:
    given = call.child_by_field_name("arguments")
    arguments = [node for node in given.named_children if node.type != "comment"] if given else []
    if len(arguments) < 2 or arguments[0].type not in {"string", "template_string"}:
        return
    if not _CASE.fullmatch(text_of(call.child_by_field_name("function"))) or call.has_error:
        return
    if any(node.type == "object" and _NOT_RUN.search(text_of(node)) for node in arguments):
        return
    for node in arguments[1:]:
        if node.type in {"arrow_function", "function_expression"} and (what := _nothing_in(node)):
            yield _vacuous(text_of(arguments[0]).strip("'\"`"), what, line_of(call))


def _nothing_in(callback: Node) -> str:
    """What is wrong with the body of a test; empty for a real one."""
    body = callback.child_by_field_name("body")
    if body is None:
        return ""
    statements = [body]
    if body.type == "statement_block":
        statements = [node for node in body.named_children if node.type != "comment"]
    if not statements:
        return "has an empty body"
    constant = all(_VACUOUS.fullmatch(text_of(node)) for node in statements)
    return "asserts nothing but constants" if constant else ""


def _vacuous(name: str, what: str, line: int) -> Finding:
    return Finding(
        severity=Severity.ERROR,
        code="stub",
        line=line,
        message=f"the test {name!r} {what}, and passes whatever the code does",
        suggestion="Call what it is about, and assert what that gives back or changes.",
    )
