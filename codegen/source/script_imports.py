"""Imports of JavaScript and TypeScript modules, ECMAScript's and CommonJS's."""

from collections.abc import Iterator
from functools import cache

from tree_sitter import Node, Query, QueryCursor
from tree_sitter_language_pack import get_language

from codegen.source.languages import Language
from codegen.source.names import SourceImport
from codegen.source.script_declarations import binding_names
from codegen.source.script_exports import imported_names
from codegen.source.trees import line_of, parse_tree, text_of

_CALLS = """
(call_expression function: (identifier) @called arguments: (arguments . (string) @module)
  (#eq? @called "require")) @call
(call_expression function: (import) arguments: (arguments . (string) @module)) @call
(call_expression function: (member_expression) @called arguments: (arguments . (string) @module)
  (#any-of? @called "require.resolve" "vi.mock" "jest.mock")) @call
"""


@cache
def _calls(language: Language) -> Query:
    return Query(get_language(language.value), _CALLS)


def script_imports(language: Language, text: str) -> list[SourceImport]:
    """Every import: statements, re-exports, `require` and `import()` of a fixed module."""
    root = parse_tree(language, text).root_node
    found = [item for node in root.named_children for item in _stated(node)]
    if "require" in text or "import(" in text or ".mock(" in text:
        for _, captures in QueryCursor(_calls(language)).matches(root):
            call, module = captures["call"][0], captures["module"][0]
            found.append(_called(call, text_of(module)[1:-1]))
    return sorted(found, key=lambda item: item.line)


def _stated(node: Node) -> Iterator[SourceImport]:
    if node.type not in {"import_statement", "export_statement"}:
        return
    source = node.child_by_field_name("source")
    if source is None:
        clause = next(
            (item for item in node.children if item.type == "import_require_clause"), None
        )
        source = clause.child_by_field_name("source") if clause is not None else None
        if source is None:
            return
    module = text_of(source)[1:-1]
    kind = "type" if any(map(_says_type, node.children[:2])) else "static"
    if node.type == "import_statement":
        names = [taken for _, (_, taken) in imported_names(node) if taken]
    else:
        names = _passed_on(node)
    yield SourceImport(module=module, names=tuple(names), kind=kind, line=line_of(node))


def _says_type(node: Node) -> bool:
    """Whether it is the `type` of a statement, which the grammar does not know before a `*`."""
    return node.type == "type" or (node.is_error and text_of(node) == "type")


def _passed_on(node: Node) -> list[str]:
    """What `export { a, b as c } from "./x"` takes."""
    return [
        text_of(item.child_by_field_name("name")).strip("\"'")
        for clause in node.named_children
        if clause.type == "export_clause"
        for item in clause.named_children
        if item.type == "export_specifier"
    ]


def _called(call: Node, module: str) -> SourceImport:
    """A call that loads a module, with the names its result is taken apart into."""
    function = call.child_by_field_name("function")
    dynamic = function is not None and function.type == "import"
    plain = text_of(function) == "require"
    optional = _goes_on(call) or not (plain or dynamic)
    return SourceImport(
        module=module,
        names=tuple(_names_of(call, dynamic)) if plain or dynamic else (),
        kind="optional" if optional else "dynamic" if dynamic else "static",
        line=line_of(call),
    )


def _names_of(call: Node, dynamic: bool) -> Iterator[str]:
    """What is taken at once from what a call loads; from a promise nothing is."""
    holder = call.parent
    awaited = not dynamic
    while holder is not None and holder.type in {"await_expression", "parenthesized_expression"}:
        awaited = awaited or holder.type == "await_expression"
        holder = holder.parent
    if holder is None or not awaited:
        return
    if holder.type == "variable_declarator":
        pattern = holder.child_by_field_name("name")
        if pattern is not None and pattern.type == "object_pattern":
            yield from _taken(pattern)
    elif holder.type == "member_expression":
        yield text_of(holder.child_by_field_name("property"))


def _taken(pattern: Node) -> Iterator[str]:
    """The names on the module's side of `{ a, b: c = 1, ...rest }`."""
    for item in pattern.named_children:
        if item.type == "pair_pattern":
            yield text_of(item.child_by_field_name("key")).strip("\"'")
        elif item.type in {"shorthand_property_identifier_pattern", "object_assignment_pattern"}:
            yield from binding_names(item)


def _goes_on(call: Node) -> bool:
    """Whether the program goes on where the module is not there: in a `try`, or by `.catch()`."""
    node, assigned = call, False
    while (parent := node.parent) is not None:
        assigned = assigned or parent.type == "assignment_expression"
        if parent.type == "member_expression" and _is_caught(parent):
            return True
        body = parent.child_by_field_name("body") if parent.type == "try_statement" else None
        if body is not None and body.start_byte == node.start_byte:
            handler = parent.child_by_field_name("handler")
            if handler is not None and not _gives_up(handler, assigned):
                return True
        node = parent
    return False


def _is_caught(member: Node) -> bool:
    name = text_of(member.child_by_field_name("property"))
    return name == "catch" and member.parent is not None and member.parent.type == "call_expression"


def _gives_up(handler: Node, assigned: bool) -> bool:
    """Whether a `catch` ends in a `throw`, or leaves empty what others below rely on."""
    body = handler.child_by_field_name("body")
    statements = [node for node in body.named_children if node.type != "comment"] if body else []
    if not statements:
        return assigned
    return statements[-1].type == "throw_statement" or text_of(statements[-1]).startswith(
        "process.exit"
    )
