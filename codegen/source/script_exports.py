"""Exports of JavaScript and TypeScript modules, ECMAScript's and CommonJS's."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from tree_sitter import Node

from codegen.source.languages import Language
from codegen.source.names import Exports, SourceExport
from codegen.source.script_declarations import declared, of_value, wrapped_name
from codegen.source.trees import line_of, parse_tree, text_of

_LAST = "default"


def script_exports(language: Language, text: str, *, declares: bool = False) -> Exports:
    """Every name that can be imported from a module; nothing is certain if it does not parse.

    Args:
        language: JavaScript, TypeScript or TSX.
        text: the whole module.
        declares: whether it only declares types, and exports names without saying so.
    """
    root = parse_tree(language, text).root_node
    module = _Module(root.has_error or declares)
    for node in root.named_children:
        module.read(node)
    return module.exports()


@dataclass
class _Module:
    """Collects what the statements of a module export, and what they bind."""

    open: bool
    found: dict[str, SourceExport] = field(default_factory=dict[str, SourceExport])
    bound: dict[str, SourceExport] = field(default_factory=dict[str, SourceExport])
    imported: dict[str, tuple[str, str]] = field(default_factory=dict[str, tuple[str, str]])
    later: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    stars: list[str] = field(default_factory=list[str])

    def exports(self) -> Exports:
        """All exports, with what was exported by name looked up among what is bound."""
        for name, local, line in self.later:
            self.found[name] = self._known(name, local, line)
        return Exports(names=tuple(self.found.values()), stars=tuple(self.stars), open=self.open)

    def read(self, node: Node) -> None:
        match node.type:
            case "export_statement":
                self._exported(node)
            case "import_statement":
                self.imported |= dict(imported_names(node))
            case "expression_statement" if node.named_children:
                self._common(node.named_children[0])
            case "if_statement" | "statement_block" | "try_statement" | "else_clause":
                for child in node.named_children:
                    self.read(child)
            case _:
                for item in declared(node):
                    self.bound[item.name] = item

    def _known(self, name: str, local: str, line: int) -> SourceExport:
        called = local if name == _LAST else ""
        if local in self.bound:
            update = {"name": name, "local": called}
            return self.bound[local].model_copy(update=update)
        origin, original = self.imported.get(local, ("", ""))
        return SourceExport(name=name, local=called, line=line, origin=origin, original=original)

    def _exported(self, node: Node) -> None:
        source = _string(node.child_by_field_name("source"))
        words = {child.type for child in node.children}
        declaration = node.child_by_field_name("declaration")
        value = node.child_by_field_name("value")
        if declaration is not None:
            for item in declared(declaration):
                self.bound[item.name] = item
                self._add(item, default=_LAST in words)
        elif value is not None:
            if value.type == "identifier":
                self.later.append((_LAST, text_of(value), line_of(node)))
            else:
                self._add(of_value(value, wrapped_name(value) or _LAST), default=True)
        elif clause := next((item for item in node.children if item.type == "export_clause"), None):
            self._listed(clause, source)
        elif star := next(
            (item for item in node.children if item.type == "namespace_export"), None
        ):
            name = text_of(star.named_children[0])
            self.found[name] = SourceExport(name=name, line=line_of(node), origin=source)
        elif source:
            self.stars.append(source)
        elif "=" in words:  # TypeScript's `export = value`
            self.open = True
            self.found[_LAST] = SourceExport(name=_LAST, line=line_of(node))

    def _add(self, item: SourceExport, *, default: bool) -> None:
        if default:
            local = item.name if item.name != _LAST else ""
            item = item.model_copy(update={"name": _LAST, "local": local})
        old = self.found.get(item.name)
        # A function's overloads come first; what is called by them is declared by them.
        self.found[item.name] = old if old and old.signature and old.kind == item.kind else item

    def _listed(self, clause: Node, source: str) -> None:
        for item in clause.named_children:
            local = text_of(item.child_by_field_name("name")).strip("\"'")
            name = text_of(item.child_by_field_name("alias")).strip("\"'") or local
            if item.type != "export_specifier" or not name:
                continue
            if source:
                self.found[name] = SourceExport(
                    name=name, line=line_of(item), origin=source, original=local
                )
            else:
                self.later.append((name, local, line_of(item)))

    def _common(self, node: Node) -> None:
        """`module.exports = …`, `exports.x = …` and their like."""
        if node.type == "call_expression":
            called = text_of(node.child_by_field_name("function"))
            first = text_of(node.child_by_field_name("arguments")).lstrip("( \n")
            if called in {"Object.assign", "Object.defineProperty", "__exportStar"}:
                self.open = self.open or "exports" in first.split(",")[0]
                self.open = self.open or called == "__exportStar"
            return
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if node.type != "assignment_expression" or left is None or right is None:
            return
        target = text_of(left)
        if right.type == "assignment_expression":  # `module.exports = exports.x = …`
            self._common(right)
            while right.type == "assignment_expression":
                right = right.child_by_field_name("right") or right.children[-1]
        if target == "module.exports":
            self._whole(right)
            return
        owner, _, name = target.rpartition(".")
        if owner in {"exports", "module.exports"} and name.isidentifier():
            self._one(name, right)
        elif target.startswith(("exports[", "module.exports[")):
            self.open = True
        elif (whole := self.found.get(_LAST)) and whole.local == owner:
            self._one(name, right)  # `module.exports = app; app.stop = …`

    def _one(self, name: str, value: Node) -> None:
        # A CommonJS module gives itself as default to those that import it.
        self.found.setdefault(_LAST, SourceExport(name=_LAST, offered=False))
        if value.type == "identifier":
            self.later.append((name, text_of(value), line_of(value)))
        else:
            self.found[name] = of_value(value, name)

    def _whole(self, value: Node) -> None:
        if value.type == "object":
            whole = of_value(value, _LAST)
            self.found[_LAST] = whole.model_copy(update={"offered": False})
            for child in value.named_children:
                self._property(child)
            return
        if value.type == "identifier":
            self.found[_LAST] = self._known(_LAST, text_of(value), line_of(value))
            self.later.append((_LAST, text_of(value), line_of(value)))
            kind = self.bound[text_of(value)].kind if text_of(value) in self.bound else "other"
            self.open = self.open or kind in {"other", "constant"}
            return
        found = of_value(value, _LAST)
        self.open = self.open or found.kind == "other"
        name = text_of(value.child_by_field_name("name"))
        self.found[_LAST] = found.model_copy(update={"local": name})

    def _property(self, node: Node) -> None:
        match node.type:
            case "shorthand_property_identifier":
                self.later.append((text_of(node), text_of(node), line_of(node)))
            case "pair":
                key = text_of(node.child_by_field_name("key")).strip("\"'")
                value = node.child_by_field_name("value")
                if value is not None and key.isidentifier():
                    self._one(key, value)
            case "method_definition":
                name = text_of(node.child_by_field_name("name"))
                shown = of_value(node, name)
                self.found[name] = shown.model_copy(update={"kind": "function"})
            case "spread_element":
                self.open = True
            case _:
                return


def imported_names(node: Node) -> Iterator[tuple[str, tuple[str, str]]]:
    """The names an `import` binds, each with its module and its name there."""
    module = _string(node.child_by_field_name("source"))
    for clause in node.named_children:
        if clause.type != "import_clause":
            continue
        for part in clause.named_children:
            if part.type == "identifier":
                yield text_of(part), (module, _LAST)
            elif part.type == "namespace_import":
                yield text_of(part.named_children[-1]), (module, "")
            elif part.type == "named_imports":
                for item in part.named_children:
                    name = text_of(item.child_by_field_name("name")).strip("\"'")
                    yield text_of(item.child_by_field_name("alias")) or name, (module, name)


def _string(node: Node | None) -> str:
    return text_of(node)[1:-1] if node is not None else ""
