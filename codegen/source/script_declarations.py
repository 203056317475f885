"""Names, kinds and signatures of JavaScript and TypeScript declarations."""

import re
from collections.abc import Iterator

from tree_sitter import Node

from codegen.source.names import ExportKind, SourceExport
from codegen.source.trees import line_of, squeezed, text_of

FUNCTIONS = frozenset(
    {
        "function_declaration",
        "generator_function_declaration",
        "function_signature",
        "function_expression",
        "generator_function",
        "arrow_function",
    }
)
CLASSES = frozenset({"class_declaration", "abstract_class_declaration", "class"})
_TYPES = frozenset({"interface_declaration", "type_alias_declaration"})
_VARIABLES = frozenset({"lexical_declaration", "variable_declaration"})
_LITERALS = frozenset(
    [
        "string",
        "template_string",
        "number",
        "true",
        "false",
        "null",
        "undefined",
        "regex",
        "array",
        "object",
        "unary_expression",
        "binary_expression",
        "satisfies_expression",
        "as_expression",
    ]
)
_MARKUP = frozenset({"jsx_element", "jsx_self_closing_element", "jsx_fragment"})
_LONGEST_VALUE = 120


def declared(node: Node) -> Iterator[SourceExport]:
    """What a declaration binds: one name, or those of every variable in it."""
    if node.type == "ambient_declaration":
        for child in node.named_children:
            yield from declared(child)
    elif node.type in _VARIABLES:
        for child in node.named_children:
            if child.type == "variable_declarator":
                yield from _variable(child, text_of(node.children[0]))
    elif (name := node.child_by_field_name("name")) is not None:
        yield from _named(node, text_of(name))


def _named(node: Node, name: str) -> Iterator[SourceExport]:
    if node.type in FUNCTIONS:
        yield _export(node, name, function_kind(node, name), head(node))
    elif node.type in CLASSES:
        yield _export(node, name, "class", head(node), members=tuple(members(node)))
    elif node.type in _TYPES:
        shown = squeezed(text_of(node)) if node.type == "type_alias_declaration" else head(node)
        signature = shown if len(shown) <= 2 * _LONGEST_VALUE else f"type {name}"
        of_type = tuple(members(node))
        yield _export(node, name, "type", signature.rstrip(";"), members=of_type)
    elif node.type == "enum_declaration":
        yield _export(node, name, "constant", f"enum {name}", members=tuple(members(node)))
    elif node.type in {"internal_module", "module"}:
        yield _export(node, name, "other", f"namespace {name}")


def of_value(node: Node, name: str) -> SourceExport:
    """What a value exported under a name is: a function, a class, a literal or something else."""
    while node.type in {"parenthesized_expression", "await_expression"} and node.named_children:
        node = node.named_children[0]
    if node.type in FUNCTIONS:
        return _export(node, name, function_kind(node, name), head(node))
    if node.type in CLASSES:
        return _export(node, name, "class", head(node), members=tuple(members(node)))
    kind: ExportKind = "constant" if node.type in _LITERALS else "other"
    return _export(node, name, kind, "")


def wrapped_name(node: Node) -> str:
    """Name of the component that a call wraps, as in `memo(App)`; empty where there is none."""
    while node.type == "call_expression":
        values = node.child_by_field_name("arguments")
        first = values.named_children[:1] if values is not None else []
        if not first:
            return ""
        node = first[0]
        named = node if node.type == "identifier" else node.child_by_field_name("name")
        if named is not None and text_of(named)[:1].isupper():
            return text_of(named)
    return ""


def head(node: Node) -> str:
    """A declaration as it stands, without its body."""
    body = node.child_by_field_name("body")
    whole = node.text or b""
    text = whole[: body.start_byte - node.start_byte] if body is not None else whole
    return squeezed(text.decode(errors="replace").rstrip()).removesuffix(";").strip()


def function_kind(node: Node, name: str) -> ExportKind:
    """A function with a capital letter that gives markup is a component."""
    if not name[:1].isupper():
        return "function"
    body = node.child_by_field_name("body")
    has_markup = body is not None and re.search(r"<[A-Za-z>]|createElement|\bh\(", text_of(body))
    return "component" if has_markup else "function"


def members(node: Node) -> Iterator[str]:
    """Signatures of the public methods and fields of a class, interface or object type."""
    body = node.child_by_field_name("body") or node.child_by_field_name("value")
    if body is None or (body.type.endswith("_type") and body.type != "object_type"):
        return
    for child in body.named_children:
        name = text_of(child.child_by_field_name("name")) or text_of(child)
        hidden = any(text_of(part) in {"private", "protected"} for part in child.children[:2])
        if child.type == "comment" or name.startswith("#") or hidden:
            continue
        shown = head(child) if child.type != "public_field_definition" else _field(child)
        if shown:
            yield shown if len(shown) <= 2 * _LONGEST_VALUE else name
        if name == "constructor":
            yield from _parameter_properties(child)


def binding_names(pattern: Node) -> Iterator[str]:
    """Every name a pattern binds: `{ a, b: [c], ...rest }` binds a, c and rest."""
    pending = [pattern]
    while pending:
        node = pending.pop()
        if node.type in {"identifier", "shorthand_property_identifier_pattern"}:
            yield text_of(node)
        elif node.type == "pair_pattern":
            pending += filter(None, [node.child_by_field_name("value")])
        elif node.type in {"assignment_pattern", "object_assignment_pattern"}:
            pending += filter(None, [node.child_by_field_name("left")])
        else:
            pending += reversed(node.named_children)


def _variable(node: Node, keyword: str) -> Iterator[SourceExport]:
    pattern, value = node.child_by_field_name("name"), node.child_by_field_name("value")
    if pattern is None:
        return
    if pattern.type != "identifier":
        for name in binding_names(pattern):
            yield _export(node, name, "other", "")
        return
    name = text_of(pattern)
    annotation = text_of(node.child_by_field_name("type"))
    if value is None:
        yield _export(node, name, "constant", squeezed(f"{keyword} {name}{annotation}"))
        return
    found = of_value(value, name)
    if found.kind in {"function", "component"}:
        signature = f"{keyword} {name}{annotation} = {found.signature}"
    elif annotation:
        signature = f"{keyword} {name}{annotation}"
    else:
        shown = squeezed(f"{keyword} {name} = {text_of(value)}")
        signature = shown if len(shown) <= _LONGEST_VALUE else f"{keyword} {name}"
    updates = {"signature": squeezed(signature), "line": line_of(node)}
    if found.kind == "other" and name[:1].isupper() and _gives_markup(value):
        updates["kind"] = "component"
    yield found.model_copy(update=updates)


def _gives_markup(value: Node) -> bool:
    """`memo(…)`, `forwardRef(…)`, `styled.div`…`` and the like around a component."""
    return bool(re.match(r"(React\.)?(memo|forwardRef|lazy)\b|styled[.(]", text_of(value)))


def _field(node: Node) -> str:
    name = text_of(node.child_by_field_name("name"))
    value = node.child_by_field_name("value")
    if value is not None and value.type in FUNCTIONS:
        return squeezed(f"{name} = {head(value)}")
    return squeezed(name + text_of(node.child_by_field_name("type")))


def _parameter_properties(constructor: Node) -> Iterator[str]:
    """`constructor(private a: A, public b: B)` makes a field of each such parameter."""
    parameters = constructor.child_by_field_name("parameters")
    for item in parameters.named_children if parameters is not None else ():
        words = {text_of(part) for part in item.children}
        if words & {"public", "readonly"} and not words & {"private", "protected"}:
            pattern = item.child_by_field_name("pattern")
            yield squeezed(text_of(pattern) + text_of(item.child_by_field_name("type")))


def _export(
    node: Node, name: str, kind: ExportKind, signature: str, members: tuple[str, ...] = ()
) -> SourceExport:
    bases = tuple(
        text_of(part)
        for child in node.children
        if child.type in {"class_heritage", "extends_type_clause"}
        for part in child.named_children
        if part.type != "implements_clause"
    )
    return SourceExport(
        name=name or "default",
        kind=kind,
        signature=signature,
        members=members,
        bases=bases,
        line=line_of(node),
    )
