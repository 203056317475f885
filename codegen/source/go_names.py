"""Exports and imports of Go files."""

import re
from collections.abc import Iterator
from functools import cache

from tree_sitter import Node, Query, QueryCursor
from tree_sitter_language_pack import get_language

from codegen.source.languages import Language
from codegen.source.names import Exports, SourceExport, SourceImport
from codegen.source.trees import line_of, parse_tree, squeezed, text_of

_USES = """
(selector_expression operand: (identifier) @package field: (field_identifier) @name)
(qualified_type package: (package_identifier) @package name: (type_identifier) @name)
"""
"""`store.New` and `store.Task`; that a variable goes by a package's name is allowed, and rare."""


@cache
def _used() -> Query:
    return Query(get_language("go"), _USES)


def go_exports(text: str) -> Exports:
    """Every name of the file that other packages can use: those with a capital letter.

    Others are listed too, not offered: the files of one folder are one package and use them.
    """
    root = parse_tree(Language.GO, text).root_node
    found: dict[str, SourceExport] = {}
    methods: dict[str, list[str]] = {}
    for node in root.named_children:
        if node.type == "method_declaration":
            receiver = text_of(node.child_by_field_name("receiver"))
            owner = re.findall(r"\w+", receiver.partition("[")[0])
            if owner and text_of(node.child_by_field_name("name"))[:1].isupper():
                methods.setdefault(owner[-1], []).append(_head(node))
            continue
        for item in _declared(node):
            found[item.name] = item.model_copy(update={"offered": item.name[:1].isupper()})
    for name, signatures in methods.items():
        if name in found:
            members = (*found[name].members, *signatures)
            found[name] = found[name].model_copy(update={"members": members})
    return Exports(names=tuple(found.values()), open=root.has_error)


def go_imports(text: str) -> list[SourceImport]:
    """Every imported package, with the names of it that the file uses."""
    root = parse_tree(Language.GO, text).root_node
    used: dict[str, set[str]] = {}
    for _, captures in QueryCursor(_used()).matches(root):
        package, name = text_of(captures["package"][0]), text_of(captures["name"][0])
        if name[:1].isupper():
            used.setdefault(package, set()).add(name)
    found: list[SourceImport] = []
    for declaration in root.named_children:
        if declaration.type != "import_declaration":
            continue
        for spec in _specs(declaration):
            module = text_of(spec.child_by_field_name("path"))[1:-1]
            alias = text_of(spec.child_by_field_name("name"))
            called = alias or module.rpartition("/")[2]
            names = tuple(sorted(used.get(called, ())))
            found.append(SourceImport(module=module, names=names, line=line_of(spec)))
    return found


def _specs(declaration: Node) -> Iterator[Node]:
    for child in declaration.named_children:
        if child.type == "import_spec":
            yield child
        elif child.type == "import_spec_list":
            yield from (spec for spec in child.named_children if spec.type == "import_spec")


def _declared(node: Node) -> Iterator[SourceExport]:
    match node.type:
        case "function_declaration":
            name = text_of(node.child_by_field_name("name"))
            yield SourceExport(
                name=name, kind="function", signature=_head(node), line=line_of(node)
            )
        case "type_declaration":
            for spec in node.named_children:
                yield from _type(spec)
        case "const_declaration" | "var_declaration":
            for spec in node.named_children:
                specs = spec.named_children if spec.type.endswith("_list") else [spec]
                for item in specs:
                    yield from _values(item)
        case _:
            return


def _type(spec: Node) -> Iterator[SourceExport]:
    name, kind = text_of(spec.child_by_field_name("name")), spec.child_by_field_name("type")
    if not name or kind is None:
        return
    fields = [squeezed(text_of(item)) for item in _fields(kind)]
    shown = kind.type.removesuffix("_type")
    yield SourceExport(
        name=name,
        kind="class" if shown == "struct" else "type",
        signature=f"type {name} {shown if shown in {'struct', 'interface'} else text_of(kind)}",
        members=tuple(item for item in fields if item[:1].isupper()),
        line=line_of(spec),
    )


def _fields(kind: Node) -> Iterator[Node]:
    for child in kind.named_children:
        if child.type == "field_declaration_list":
            yield from child.named_children
        elif child.type in {"method_elem", "method_spec"}:
            yield child


def _values(spec: Node) -> Iterator[SourceExport]:
    for name in spec.children_by_field_name("name"):
        if name.type == "identifier":
            yield SourceExport(
                name=text_of(name),
                kind="constant" if spec.type == "const_spec" else "other",
                signature=squeezed(text_of(spec))[:120],
                line=line_of(spec),
            )


def _head(node: Node) -> str:
    body = node.child_by_field_name("body")
    whole = node.text or b""
    text = whole[: body.start_byte - node.start_byte] if body is not None else whole
    return squeezed(text.decode(errors="replace"))
