"""Finds Python functions that promise something and do nothing."""

import ast
import re
from collections.abc import Collection, Iterator

from codegen.source.comments import Comment
from codegen.source.findings import Finding
from codegen.source.stub_words import (
    intends_nothing,
    is_hook,
    left_for_later,
    notes_unfinished,
    stub,
    tells_unfinished,
)
from codegen.source.syntax import python_nodes, unparsed
from core.artifacts.structure import Severity

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_ABSTRACT = frozenset({"abstractmethod", "overload", "abstractproperty", "abstractclassmethod"})
_OPEN_CLASS = re.compile(r"Base|Abstract|Interface|Mixin|Protocol|ABC|Null|Noop|NoOp|Dummy|Fake")
_DECLARED_BY = re.compile(r"fixture|group|command|callback|task|event|listens_for")
_GROUPED_BY = re.compile(r"fixture|group|callback")
"""What only holds others together, and may be empty even where it is relied on."""


def python_stubs(
    tree: ast.Module, comments: list[Comment], promised: Collection[str]
) -> list[Finding]:
    """Functions whose whole body is `pass`, `...`, `raise NotImplementedError` or a TODO."""
    said = {comment.line: comment.text for comment in comments}
    overridden = _overridden(tree)
    findings: list[Finding] = []
    for owner, node in _functions(tree):
        if _excused(node, owner, overridden):
            continue
        first = node.lineno
        inside = [said[line] for line in range(first, _end(node, said) + 1) if line in said]
        what = _empty(node, inside)
        if not what:
            continue
        name = f"{owner.name}.{node.name}" if owner else node.name
        severity = _severity(node, owner, what, promised, inside)
        if severity is not None:
            findings.append(stub(name, what, node.lineno, severity))
    return [*findings, *_left_inside(tree, said)]


def _left_inside(tree: ast.Module, said: dict[int, str]) -> Iterator[Finding]:
    """Functions within functions that say they were never written; empty ones are callbacks."""
    for outer in python_nodes(tree):
        if not isinstance(outer, _Function):
            continue
        for node in outer.body:
            if not isinstance(node, _Function):
                continue
            inside = [
                said[line] for line in range(node.lineno, _end(node, said) + 1) if line in said
            ]
            what = _empty(node, inside)
            docstring = ast.get_docstring(node) or ""
            if (
                what
                and "NotImplementedError" not in what
                and left_for_later(what, inside, docstring)
            ):
                yield stub(f"{outer.name}.{node.name}", what, node.lineno, Severity.ERROR)


def _severity(
    node: _Function,
    owner: ast.ClassDef | None,
    what: str,
    promised: Collection[str],
    inside: list[str],
) -> Severity | None:
    """How bad it is: a method that does nothing may be meant, a promised function never."""
    named = (f"{owner.name}.{node.name}" if owner else node.name) in promised
    relied_on = named or (owner is not None and not {owner.name, node.name}.isdisjoint(promised))
    said = [*inside, ast.get_docstring(node) or ""]
    if "NotImplementedError" in what:
        # It raises when it is called, whatever is said about it.
        if relied_on or owner is None:
            return Severity.ERROR
    elif left_for_later(what, inside, ast.get_docstring(node) or ""):
        return Severity.ERROR
    if intends_nothing(said, promised=named) or _may_be_empty(node, named):
        return None
    if "NotImplementedError" in what:
        return Severity.WARNING
    told = what == "only a docstring" and not relied_on
    inherits = owner is not None and bool(owner.bases)
    return Severity.WARNING if told or inherits else Severity.ERROR


def _may_be_empty(node: _Function, promised: bool) -> bool:
    """Whether its name or a decorator says what it is there for."""
    declared = _GROUPED_BY if promised else _DECLARED_BY
    decorated = any(declared.search(name) for name in _decorators(node))
    return decorated or is_hook(node.name, promised=promised)


def _excused(node: _Function, owner: ast.ClassDef | None, overridden: set[tuple[str, str]]) -> bool:
    """Abstract methods, overloads, protocols, and bases whose subclasses do the work."""
    if _decorators(node) & _ABSTRACT:
        return True
    if owner is None:
        return False
    bases = " ".join(unparsed(base) for base in (*owner.bases, *owner.keywords))
    return bool(
        _OPEN_CLASS.search(owner.name)
        or re.search(r"\b(Protocol|ABC|ABCMeta|Interface)\b", bases)
        or (owner.name, node.name) in overridden
        or any(_ABSTRACT & _decorators(item) for item in owner.body)
    )


def _decorators(node: ast.stmt) -> set[str]:
    """The last names of a function's decorators: of `@app.get("/tasks")` it is `get`."""
    if not isinstance(node, _Function):
        return set()
    called = [item.func if isinstance(item, ast.Call) else item for item in node.decorator_list]
    return {unparsed(item).rpartition(".")[2] for item in called}


def _overridden(tree: ast.Module) -> set[tuple[str, str]]:
    """Methods of classes of this file that a subclass in it defines anew."""
    classes = {node.name: node for node in python_nodes(tree) if isinstance(node, ast.ClassDef)}
    found: set[tuple[str, str]] = set()
    for node in classes.values():
        for base in node.bases:
            owner = unparsed(base).partition("[")[0]
            found |= {(owner, item.name) for item in node.body if isinstance(item, _Function)}
    return found


def _functions(tree: ast.Module) -> Iterator[tuple[ast.ClassDef | None, _Function]]:
    """Functions of the module and methods of its classes; those within functions are their own."""
    pending: list[tuple[ast.ClassDef | None, ast.AST]] = [(None, tree)]
    while pending:
        owner, node = pending.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, _Function):
                yield owner, child
            elif isinstance(child, ast.ClassDef):
                pending.append((child, child))
            elif isinstance(child, ast.stmt):
                if isinstance(child, ast.If) and "TYPE_CHECKING" in unparsed(child.test):
                    continue
                pending.append((owner, child))


def _end(node: _Function, said: dict[int, str]) -> int:
    """The last line of a function, with comments that follow its last statement."""
    end = node.end_lineno or node.lineno
    while end + 1 in said:
        end += 1
    return end


def _empty(node: _Function, comments: list[str]) -> str:
    """What stands in place of a body; empty for a real one."""
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    unfinished = next((text for text in comments if notes_unfinished(text)), "")
    if not body:
        return f"only a docstring and {unfinished!r}" if unfinished else "only a docstring"
    if len(body) > 1:
        return ""
    only = body[0]
    shown = f"only {unparsed(only)[:80]!r}"
    match only:
        case ast.Pass():
            return f"only {unfinished!r}" if unfinished else shown
        case ast.Expr(value=ast.Constant(value=value)) if value is ...:
            return f"only {unfinished!r}" if unfinished else shown
        case ast.Raise(exc=ast.expr() as raised):
            text = unparsed(raised)
            return shown if "NotImplemented" in text or tells_unfinished(text) else ""
        case ast.Return(value=value) if unfinished and _is_nothing(value):
            return f"{shown} with {unfinished!r}"
        case _:
            return ""


def _is_nothing(value: ast.expr | None) -> bool:
    """Whether it is a constant, a list, a dictionary or an empty collection."""
    match value:
        case None | ast.Constant() | ast.List() | ast.Dict():
            return True
        case ast.Call(func=ast.Name(id="dict" | "list" | "set" | "tuple"), args=[], keywords=[]):
            return True
        case _:
            return False
