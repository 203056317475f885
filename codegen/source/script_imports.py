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
    words = [child.type for child in node.children]
    source = node.child_by_field_name("source")
    if source is None:
        clause = next(
            (item for item in node.children if item.type == "import_require_clause"), None
        )
        source = clause.child_by_field_name("source") if clause is not None else None
        if source is None:
            return
    module = text_of(source)[1:-1]
    kind = "type" if "type" in words[:2] else "static"
    if node.type == "import_statement":
        names = [taken for _, (_, taken) in imported_names(node) if taken]
    else:
        names = _passed_on(node)
    yield SourceImport(module=module, names=tuple(names), kind=kind, line=line_of(node))


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
    names: list[str] = []
    holder = call.parent
    while holder is not None and holder.type in {"await_expression", "parenthesized_expression"}:
        holder = holder.parent
    if holder is not None and holder.type == "variable_declarator":
        pattern = holder.child_by_field_name("name")
        if pattern is not None and pattern.type == "object_pattern":
            names = list(_taken(pattern))
    elif holder is not None and holder.type == "member_expression":
        names = [text_of(holder.child_by_field_name("property"))]
    plain = text_of(function) == "require"
    kind = "dynamic" if dynamic else "optional" if _guarded(call) or not plain else "static"
    return SourceImport(
        module=module,
        names=tuple(names) if plain or "then" not in names else (),
        kind=kind,
        line=line_of(call),
    )


def _taken(pattern: Node) -> Iterator[str]:
    """The names on the module's side of `{ a, b: c = 1, ...rest }`."""
    for item in pattern.named_children:
        if item.type == "pair_pattern":
            yield text_of(item.child_by_field_name("key")).strip("\"'")
        elif item.type in {"shorthand_property_identifier_pattern", "object_assignment_pattern"}:
            yield from binding_names(item)


def _guarded(node: Node) -> bool:
    """Whether it stands in a `try`, or in a function that may never run."""
    parent = node.parent
    while parent is not None:
        if parent.type == "try_statement":
            return True
        parent = parent.parent
    return False
