"""Imports of Python modules."""

import ast
from collections.abc import Iterator

from codegen.source.names import SourceImport
from codegen.source.python_names import blocks_of
from codegen.source.syntax import python_tree, unparsed

_CAUGHT = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_ENDS = frozenset({"sys.exit", "os._exit", "exit", "quit", "pytest.fail"})


def python_imports(text: str) -> list[SourceImport]:
    """Every import, also those inside functions and conditions."""
    try:
        tree = python_tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return []
    found = list(_imports(tree))
    if "import_module" in text or "__import__" in text:
        found += _called(tree)
    return sorted(found, key=lambda item: item.line)


def _imports(tree: ast.Module) -> Iterator[SourceImport]:
    pending = [(statement, False, False) for statement in tree.body]
    for node, optional, typed in pending:  # which grows meanwhile
        match node:
            case ast.Import() | ast.ImportFrom():
                kind = "type" if typed else "optional" if optional else "static"
                yield from _import(node, kind)
            case ast.Try():
                tried = optional or _has_substitute(node)
                pending += [(inner, tried, typed) for inner in node.body]
                handled = [inner for handler in node.handlers for inner in handler.body]
                rest = [*handled, *node.orelse, *node.finalbody]
                pending += [(inner, optional, typed) for inner in rest]
            case ast.If() if unparsed(node.test).endswith("TYPE_CHECKING"):
                pending += [(inner, optional, True) for inner in node.body]
                pending += [(inner, optional, typed) for inner in node.orelse]
            case _:
                pending += [
                    (inner, optional, typed) for block in blocks_of(node) for inner in block
                ]


def _import(node: ast.Import | ast.ImportFrom, kind: str) -> Iterator[SourceImport]:
    if isinstance(node, ast.Import):
        modules = [(item.name, ()) for item in node.names]
    else:
        names = tuple(item.name for item in node.names)
        modules = [("." * node.level + (node.module or ""), names)]
    for module, taken in modules:
        values = {"module": module, "names": taken, "kind": kind, "line": node.lineno}
        yield SourceImport.model_validate(values)


def _has_substitute(node: ast.Try) -> bool:
    """Whether the program goes on without what its body imports.

    It does not where a handler only raises or ends the program, nor where it passes over an import
    on which the statements below rely.
    """
    handlers = [handler for handler in node.handlers if _handled(handler) & _CAUGHT]
    used_here = bool(node.orelse) or not all(
        isinstance(inner, ast.Import | ast.ImportFrom) for inner in node.body
    )
    return bool(handlers) and not any(_gives_up(item.body, used_here) for item in handlers)


def _gives_up(body: list[ast.stmt], used_here: bool) -> bool:
    match body[-1]:
        case ast.Raise():
            return True
        case ast.Expr(value=ast.Call(func=function)) if unparsed(function) in _ENDS:
            return True
        case _:
            return not used_here and all(isinstance(item, ast.Pass | ast.Expr) for item in body)


def _handled(handler: ast.ExceptHandler) -> set[str]:
    if handler.type is None:
        return {"BaseException"}
    return {part.id for part in ast.walk(handler.type) if isinstance(part, ast.Name)}


def _called(tree: ast.Module) -> Iterator[SourceImport]:
    """What `importlib.import_module("x")` and `__import__("x")` load."""
    tried = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try) and _has_substitute(node)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (module := _literal_module(node)) is not None:
            # A relative one counts from a package that the call names, not from this file.
            optional = id(node) in tried or module.startswith(".")
            kind = "optional" if optional else "dynamic"
            yield SourceImport(module=module, kind=kind, line=node.lineno)


def _literal_module(call: ast.Call) -> str | None:
    if not isinstance(call.func, ast.Name | ast.Attribute) or not call.args:
        return None
    name = call.func.id if isinstance(call.func, ast.Name) else call.func.attr
    first = call.args[0]
    if name not in {"import_module", "__import__"} or not isinstance(first, ast.Constant):
        return None
    return first.value if isinstance(first.value, str) else None
