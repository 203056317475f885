"""Finds JavaScript, TypeScript and Go functions that promise something and do nothing."""

import re
from collections.abc import Collection, Iterator
from functools import cache

from tree_sitter import Node, Query, QueryCursor
from tree_sitter_language_pack import get_language

from codegen.source.findings import Finding
from codegen.source.languages import Language
from codegen.source.stub_words import (
    intends_nothing,
    is_hook,
    left_for_later,
    notes_unfinished,
    stub,
    tells_unfinished,
)
from codegen.source.trees import line_of, parse_tree, text_of
from core.artifacts.structure import Severity

_BODIES = """
[
  (function_declaration body: (statement_block) @body)
  (function_expression body: (statement_block) @body)
  (arrow_function body: (statement_block) @body)
  (method_definition body: (statement_block) @body)
]
"""
_GO_BODIES = "[(function_declaration body: (block) @body) (method_declaration body: (block) @body)]"
_OPEN_CLASS = re.compile(r"Base|Abstract|Interface|Mixin|Null|Noop|NoOp|Dummy|Fake|Mock")
_NOTHING_RETURNED = re.compile(
    r"return(?:\s+(?:null|undefined|nil|\{\}|\[\]|''|\"\"|0|true|false|void 0"
    r"|Promise\.resolve\(\)|nil, nil))?\s*;?"
)
_THROWN = re.compile(r"(?:throw\b|panic\(|return\s+Promise\.reject|return\s+errors\.New|console\.)")

_STATIC = re.compile(r"return\s*\(?\s*<([\w.]*)[^<>{}]*>[^<>{}]*</\1>\s*\)?\s*;?")
"""A component of one element without anything that changes."""


@cache
def _bodies(language: Language) -> Query:
    pattern = _GO_BODIES if language is Language.GO else _BODIES
    return Query(get_language(language.value), pattern)


def script_stubs(language: Language, text: str, promised: Collection[str]) -> list[Finding]:
    """Functions with an empty body, only a TODO, or only an error that says so."""
    root = parse_tree(language, text).root_node
    promised = {*promised, *_default(root)} if "default" in promised else promised
    findings: list[Finding] = []
    for body in QueryCursor(_bodies(language)).captures(root).get("body", ()):
        if body.end_byte - body.start_byte > 400 or body.parent is None or body.has_error:
            continue
        what, comments = _empty(body)
        if not what:
            continue
        name, owner = _named(body.parent)
        severity = _severity(name, owner, what, comments, promised)
        if severity is not None:
            shown = f"{owner}.{name}" if owner else name or "a function"
            findings.append(stub(shown, what, line_of(body.parent), severity))
    return findings


def _empty(body: Node) -> tuple[str, list[str]]:
    """What stands in place of a body, empty for a real one; and its comments."""
    statements = [node for node in body.named_children if node.type != "comment"]
    if len(statements) == 1 and statements[0].type == "statement_list":  # Go
        inner = statements[0].named_children
        statements = [node for node in inner if node.type != "comment"]
    comments = [
        text_of(node).strip("/* \n") for node in body.named_children if node.type == "comment"
    ]
    unfinished = next((text for text in comments if notes_unfinished(text)), "")
    if not statements:
        return (f"only {unfinished[:80]!r}" if unfinished else "empty"), comments
    only = text_of(statements[0])
    if len(statements) > 2 or not all(
        _NOTHING_RETURNED.fullmatch(text_of(node)) for node in statements[1:]
    ):
        return "", comments
    if (_THROWN.match(only) or _STATIC.fullmatch(only)) and tells_unfinished(only):
        return f"only {only[:80]!r}", comments
    if len(statements) > 1:
        return "", comments
    if unfinished and _NOTHING_RETURNED.fullmatch(only):
        return f"only {only!r} with {unfinished[:80]!r}", comments
    return "", comments


def _severity(
    name: str, owner: str, what: str, comments: list[str], promised: Collection[str]
) -> Severity | None:
    if _OPEN_CLASS.search(owner) and not what.startswith("only '"):
        return None
    if left_for_later(what, comments):
        return Severity.WARNING if _OPEN_CLASS.search(owner) else Severity.ERROR
    # What is left is an empty body: of a callback without a name it is what is meant.
    named = (f"{owner}.{name}" if owner else name) in promised
    meant = intends_nothing(comments, promised=True) if named else comments
    if not name or meant or is_hook(name, promised=named):
        return None
    if not named and intends_nothing([name]):
        return None
    relied_on = named or not {name, owner}.isdisjoint(promised)
    return Severity.ERROR if relied_on else Severity.WARNING


def _default(root: Node) -> Iterator[str]:
    """What the function or class is called inside the file that its default export is."""
    for node in root.named_children:
        if node.type == "export_statement" and any(
            item.type == "default" for item in node.children
        ):
            given = node.child_by_field_name("value")
            declared = node.child_by_field_name("declaration")
            if given is not None and given.type == "identifier":
                yield text_of(given)
            elif declared is not None:
                yield text_of(declared.child_by_field_name("name"))


def _named(node: Node) -> tuple[str, str]:
    """A function's name, also of the variable or property it is held by, and its class."""
    name = text_of(node.child_by_field_name("name"))
    holder = node.parent
    if (
        not name
        and holder is not None
        and holder.type in {"variable_declarator", "public_field_definition"}
    ):
        name = text_of(holder.child_by_field_name("name"))
    if node.type == "method_declaration":
        owner = re.findall(r"\w+", text_of(node.child_by_field_name("receiver")))
        return name, owner[-1] if owner else ""
    if node.type == "method_definition" and holder is not None and holder.parent is not None:
        if holder.type == "class_body":
            return name, text_of(holder.parent.child_by_field_name("name"))
        return "", ""  # a method of an object that is handed in somewhere
    return name, ""
