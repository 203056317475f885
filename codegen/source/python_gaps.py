"""Finds what is missing in Python that parses: names nobody defines, an end that is not there.

Python reads the first half of most files as a whole one. These checks see what the parser cannot.
"""

import ast
import builtins
from collections.abc import Iterator

from codegen.source.findings import Finding
from codegen.source.syntax import python_nodes, unparsed
from core.artifacts.structure import Severity

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)
_KNOWN = frozenset(dir(builtins)) | {
    "__annotations__",
    "__builtins__",
    "__class__",
    "__file__",
    "__module__",
    "__path__",
    "__qualname__",
    "get_ipython",  # notebooks define it
    "reveal_type",
}
_NO_VALUE = frozenset({"None", "NoReturn", "Never", "typing.NoReturn", "typing.Never"})


_BINDING = (
    ast.Name,
    ast.arg,
    ast.alias,
    ast.ExceptHandler,
    ast.Global,
    ast.Nonlocal,
    ast.stmt,  # of definitions and type aliases
    ast.pattern,
)
"""Kinds of nodes among which are all that bind names; the many others need no closer look."""


def undefined_names(tree: ast.Module) -> list[Finding]:
    """Names that are used and bound nowhere in the file, in no scope of it.

    Nothing is said of a file that can get names unseen: by a star import or by `globals`, or that
    asks for a name and handles its absence.
    """
    bound: set[str] = set()
    used: dict[str, int] = {}
    for node in python_nodes(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
            used.setdefault(node.id, node.lineno)
        elif isinstance(node, _BINDING):
            bound.update(_bound(node))
    if {"*", "NameError"} & bound or {"globals", "exec", "NameError", "vars"} & set(used):
        return []
    return [
        Finding(
            severity=Severity.ERROR,
            code="undefined-name",
            line=line,
            message=f"the name {name!r} is defined nowhere",
            suggestion="Import or define it.",
        )
        for name, line in sorted(used.items(), key=lambda item: item[1])
        if name not in bound and name not in _KNOWN
    ]


def _bound(node: ast.AST) -> Iterator[str]:
    """The names a node binds."""
    match node:
        case ast.Name(id=name):
            yield name
        case ast.arg(arg=name):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
            yield from _type_parameters(node)
        case ast.alias(name=name, asname=alias):
            yield alias or name.partition(".")[0]
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)):
            yield name
        case ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
            yield name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case _:
            yield from _type_parameters(node)


def _type_parameters(node: ast.AST) -> Iterator[str]:
    """`T` of `def f[T]` and `type X[T]`, from Python 3.12 on."""
    for parameter in getattr(node, "type_params", ()):
        yield parameter.name


def missing_end(tree: ast.Module) -> tuple[int, str] | None:
    """Where a file that parses breaks off all the same.

    Returns:
        Line and reason: its last statement is a bare name (`respon`), or its last function says
        that it returns a value and never does. None for a file with an end.
    """
    chain = list(_last(tree))
    if not chain:
        return None
    last = chain[-1]
    if isinstance(last, ast.Expr) and isinstance(last.value, ast.Name | ast.Attribute):
        return last.lineno, f"its last statement is only {unparsed(last)[:80]!r}"
    functions = [node for node in chain if isinstance(node, _Function)]
    if functions and isinstance(chain[0], _Function | ast.ClassDef):
        function = functions[-1]
        returned = unparsed(function.returns) if function.returns else "None"
        if returned.strip("'\"") not in _NO_VALUE and _gives_nothing(function):
            return last.lineno, f"{function.name!r} shall return {returned[:80]!r} and never does"
    return None


def _last(node: ast.AST) -> Iterator[ast.stmt]:
    """The last statement of a module, the last one within it, and so on."""
    while blocks := [child for child in ast.iter_child_nodes(node) if isinstance(child, _BLOCKS)]:
        node = blocks[-1]
        if isinstance(node, ast.stmt):
            yield node


def _gives_nothing(function: _Function) -> bool:
    """Whether a body of real statements neither returns, raises, yields nor goes on for ever."""
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    if not body or isinstance(body[0], ast.Pass):
        return False  # a stub, which is looked for elsewhere
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        return False
    ends = (ast.Raise, ast.Yield, ast.YieldFrom, ast.While, ast.Assert)
    return not any(
        isinstance(node, ends) or (isinstance(node, ast.Return) and node.value is not None)
        for node in ast.walk(function)
    )
